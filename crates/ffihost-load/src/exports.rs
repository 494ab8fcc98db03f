//! The exports of a library, by their names.

use crate::LoadError;
use ffihost_abi::signature::{free_request_cbor, release, request_cbor};
use ffihost_abi::{names, signature};
use ffihost_schema as schema;
use ffihost_schema::Receiver;
use std::path::Path;

/// What a method is started by.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// A request of a context, or of a handle in it.
    Bound(request_cbor),
    Free(free_request_cbor),
    /// Of handles of that name.
    Release(String, release),
}

/// The exports that are called, each under its name and with the type that the table of exports gives it.
macro_rules! exports {
    ($($name:ident),+ $(,)?) => {
        #[derive(Clone, Debug)]
        pub(crate) struct Exports {
            $(pub(crate) $name: signature::$name,)+
            pub(crate) methods: Vec<(String, Start)>,
        }

        impl Exports {
            /// # Safety
            ///
            /// As for [`find`](Self::find).
            unsafe fn with(find: &Find<'_>, methods: Vec<(String, Start)>) -> Result<Self, LoadError> {
                // SAFETY: the caller's contract.
                unsafe { Ok(Self { $($name: find.symbol(stringify!($name))?,)+ methods }) }
            }
        }
    };
}

exports! {
    create_cbor,
    abi_hash,
    close,
    cancel,
    register_host_fn_with,
    host_fn_registered,
    host_complete,
    add_event_listener_cbor,
    remove_event_listener,
    stats,
}

impl Exports {
    /// Finds all that `surface` says there is.
    ///
    /// # Safety
    ///
    /// `library` was made by ffihost, and `surface` is its descriptor: so each symbol has the type that `ffihost.h` says.
    pub(crate) unsafe fn find(
        library: &'static libloading::Library,
        surface: &schema::Library,
        file: &Path,
    ) -> Result<Self, LoadError> {
        let find = Find { library, prefix: &surface.name, file };
        let cbor = |request: &&schema::Request| request.formats.cbor;
        let request = |request: &schema::Request| {
            let name = names::cbor(&request.name);
            // SAFETY: the caller's contract.
            let start = unsafe {
                match request.receiver {
                    Receiver::Free => Start::Free(find.symbol(&name)?),
                    Receiver::Context | Receiver::Handle(_) => Start::Bound(find.symbol(&name)?),
                }
            };
            Ok((request.name.clone(), start))
        };
        let release = |handle: &schema::Handle| {
            let name = names::release(&handle.name);
            // SAFETY: the caller's contract.
            let release = unsafe { find.symbol(&name)? };
            Ok((name, Start::Release(handle.name.clone(), release)))
        };
        if !surface.constructor.formats.cbor {
            return Err(LoadError::NoCbor { file: file.to_owned(), name: surface.name.clone() });
        }
        let methods = surface.requests.iter().filter(cbor).map(request).chain(surface.handles.iter().map(release));
        let methods = methods.collect::<Result<_, _>>()?;
        // SAFETY: the caller's contract.
        unsafe { Self::with(&find, methods) }
    }
}

struct Find<'a> {
    library: &'static libloading::Library,
    prefix: &'a str,
    file: &'a Path,
}

impl Find<'_> {
    /// # Safety
    ///
    /// The symbol has this type.
    unsafe fn symbol<T: Copy>(&self, name: &str) -> Result<T, LoadError> {
        let name = format!("{}_{name}", self.prefix);
        // SAFETY: the caller's contract; the library is never unloaded.
        let symbol = unsafe { self.library.get::<T>(name.as_bytes()) };
        symbol.map(|symbol| *symbol).map_err(|_| LoadError::NoExport { file: self.file.to_owned(), name })
    }
}
