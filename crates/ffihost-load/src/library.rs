//! A library in memory.

use crate::context::{Context, Loaded};
use crate::exports::Exports;
use crate::once::once;
use ffihost_schema as schema;
use ffihost_schema::{ReadError, Status};
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;

/// A library that was loaded, and stays so.
#[derive(Debug)]
pub struct Library {
    surface: schema::Library,
    /// The surface, as it is told.
    descriptor: Vec<u8>,
    exports: Exports,
}

/// Why a library was not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are the file, the name, and the cause")]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {file}: {error}", file = .file.display())]
    File { file: PathBuf, error: std::io::Error },
    /// There is no library of ffihost in it.
    #[error("{file}: {error}", file = .file.display())]
    Surface { file: PathBuf, error: ReadError },
    /// There are several.
    #[error("{file} holds {}: say which", .names.join(", "), file = .file.display())]
    Which { file: PathBuf, names: Vec<String> },
    /// There is none of that name.
    #[error("there is no {name} in {file}, but {}", .names.join(", "), file = .file.display())]
    NotInIt { file: PathBuf, name: String, names: Vec<String> },
    /// The system does not load it: it was built for another machine, or something that it needs is missing.
    #[error("cannot load {file}: {error}", file = .file.display())]
    Load { file: PathBuf, error: libloading::Error },
    /// The constructor is not exported in CBOR.
    #[error("{name} in {file} is built without the CBOR format, which a generic caller needs", file = .file.display())]
    NoCbor { file: PathBuf, name: String },
    /// A symbol is missing that the descriptor promises.
    #[error("{file} does not export {name}: was it stripped?", file = .file.display())]
    NoExport { file: PathBuf, name: String },
    /// The code in it says to be another interface than its file does.
    #[error("{file} describes the interface {described:016x}, and its code says {running:016x}", file = .file.display())]
    Hash { file: PathBuf, described: u64, running: u64 },
}

/// Why a context was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The constructor's declared error, in CBOR.
    #[error("the constructor failed")]
    Declared(Vec<u8>),
    /// Everything else, with the library's text.
    #[error("{} ({text})", status_name(*.ret))]
    Failed {
        /// The status.
        ret: c_int,
        /// The library's text, or what it returned.
        text: String,
    },
}

fn status_name(ret: c_int) -> String {
    Status::from_code(ret).map_or_else(|| format!("status {ret}"), |status| status.name().to_owned())
}

impl Library {
    /// Loads a library: the one in the file, or the one of that name.
    ///
    /// # Safety
    ///
    /// The file is a library that ffihost made, and its code is trusted: it runs in this process from now on.
    pub unsafe fn open(file: &Path, name: Option<&str>) -> Result<Self, LoadError> {
        let (surface, descriptor) = surface(file, name)?;
        let load_error = |error| LoadError::Load { file: file.to_owned(), error };
        // A name without a folder would be looked for in the system's.
        let path = std::path::absolute(file).map_err(|error| LoadError::File { file: file.to_owned(), error })?;
        // SAFETY: the caller's contract.
        let library = Box::leak(Box::new(unsafe { libloading::Library::new(path) }.map_err(load_error)?));
        // SAFETY: as above, and the surface was read out of this very file.
        let exports = unsafe { Exports::find(library, &surface, file)? };
        // SAFETY: as above.
        let running = unsafe { (exports.abi_hash)() };
        if running != surface.hash {
            return Err(LoadError::Hash { file: file.to_owned(), described: surface.hash, running });
        }
        Ok(Self { surface, descriptor, exports })
    }

    /// The same, for a program whose user names the file, as `ffihost serve` does.
    ///
    /// # Trust
    ///
    /// What [`open`](Self::open) asks for cannot be checked by anybody: the system runs a library's code as it loads it, and
    /// that may do anything. So somebody's word is needed. `open` takes that of a programmer who writes `unsafe`; this takes
    /// that of the person who says which file to run, exactly as a shell does with a program. Call it with nothing else:
    /// not with a path that came over a network, out of a file that others may write, or from a search.
    ///
    /// What can be checked is: the file has a descriptor, the symbols that it promises are there, and its code says to be of
    /// the same interface. That finds mistakes, not malice.
    ///
    /// # Errors
    ///
    /// As with [`open`](Self::open).
    pub fn open_trusted(file: &Path, name: Option<&str>) -> Result<Self, LoadError> {
        // SAFETY: whoever named the file has said that it is such a library and is trusted, as documented above.
        unsafe { Self::open(file, name) }
    }

    /// What it offers and asks for.
    pub fn surface(&self) -> &schema::Library {
        &self.surface
    }

    /// Makes a context: `args` is the constructor's map in CBOR.
    pub async fn create(self, args: &[u8]) -> Result<Context, CreateError> {
        let (callback, created) = once();
        // The ctx is a number, and goes to whichever thread this is awaited on.
        let (ret, ctx) = {
            let mut ctx = ptr::null_mut();
            // SAFETY: the arguments live during the call, and the callback's userData until it is called.
            let ret = unsafe {
                (self.exports.create_cbor)(
                    args.as_ptr(),
                    args.len(),
                    Some(callback.function),
                    callback.user_data,
                    &raw mut ctx,
                )
            };
            (ret, ctx.addr())
        };
        let (ret, payload) = match ret {
            0 => created.await,
            refused => {
                callback.discard();
                (refused, b"the library refused the call".to_vec())
            }
        };
        match ret {
            0 => Ok(Context::new(
                self.surface,
                self.descriptor,
                Loaded { exports: self.exports, ctx, registered: Arc::default() },
            )),
            1 => Err(CreateError::Declared(payload)),
            ret => Err(CreateError::Failed { ret, text: String::from_utf8_lossy(&payload).into_owned() }),
        }
    }
}

/// What a library is, and the document that says so.
fn surface(file: &Path, name: Option<&str>) -> Result<(schema::Library, Vec<u8>), LoadError> {
    let surface_error = |error| LoadError::Surface { file: file.to_owned(), error };
    let bytes = std::fs::read(file).map_err(|error| LoadError::File { file: file.to_owned(), error })?;
    let documents = schema::documents_in_file(&bytes).map_err(surface_error)?;
    let read = |document: Vec<u8>| schema::Library::from_document(&document).map(|library| (library, document));
    let mut libraries = documents.into_iter().map(read).collect::<Result<Vec<_>, _>>().map_err(surface_error)?;
    let names: Vec<String> = libraries.iter().map(|(library, _)| library.name.clone()).collect();
    libraries.retain(|(library, _)| name.is_none_or(|name| library.name == name));
    match (libraries.pop(), libraries.is_empty()) {
        (Some(library), true) => Ok(library),
        (None, _) if name.is_some() => {
            let name = name.unwrap_or_default().to_owned();
            Err(LoadError::NotInIt { file: file.to_owned(), name, names })
        }
        _ => Err(LoadError::Which { file: file.to_owned(), names }),
    }
}
