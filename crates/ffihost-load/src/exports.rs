//! The exports of a library, by their names.

use crate::LoadError;
use ffihost::abi::types::{FFICallBack, FFIHostFnOptions, FFIStats};
use ffihost_schema as schema;
use ffihost_schema::Receiver;
use heck::ToSnakeCase;
use std::ffi::{c_char, c_int, c_void};
use std::path::Path;

type Given = Option<FFICallBack>;

/// An asynchronous or synchronous request of a context, or of a handle in it.
pub(crate) type RequestFn = unsafe extern "C" fn(*mut c_void, Given, *mut c_void, *const u8, usize) -> c_int;
/// A request without a context.
pub(crate) type FreeRequestFn = unsafe extern "C" fn(Given, *mut c_void, *const u8, usize) -> c_int;
pub(crate) type ReleaseFn = unsafe extern "C" fn(*mut c_void, u64) -> c_int;

/// What a method is started by.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    Bound(RequestFn),
    Free(FreeRequestFn),
    /// Of handles of that name.
    Release(String, ReleaseFn),
}

#[derive(Clone, Debug)]
pub(crate) struct Exports {
    pub(crate) create: unsafe extern "C" fn(*const u8, usize, Given, *mut c_void, *mut *mut c_void) -> c_int,
    pub(crate) close: unsafe extern "C" fn(*mut c_void, Given, *mut c_void) -> c_int,
    pub(crate) cancel: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
    pub(crate) register: unsafe extern "C" fn(*mut c_void, *const c_char, *const FFIHostFnOptions) -> c_int,
    pub(crate) registered: unsafe extern "C" fn(*mut c_void, *const c_char) -> c_int,
    pub(crate) complete: unsafe extern "C" fn(*mut c_void, u64, c_int, *const c_char, usize) -> c_int,
    pub(crate) listen: unsafe extern "C" fn(*mut c_void, *const c_char, Given, *mut c_void) -> u64,
    pub(crate) unlisten: unsafe extern "C" fn(*mut c_void, u64) -> c_int,
    pub(crate) stats: unsafe extern "C" fn(*mut c_void, *mut FFIStats) -> c_int,
    pub(crate) methods: Vec<(String, Start)>,
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
            let name = format!("{}_cbor", request.name);
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
            let name = format!("{}_release", handle.name.to_snake_case());
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
        unsafe {
            Ok(Self {
                create: find.symbol("create_cbor")?,
                close: find.symbol("close")?,
                cancel: find.symbol("cancel")?,
                register: find.symbol("register_host_fn_with")?,
                registered: find.symbol("host_fn_registered")?,
                complete: find.symbol("host_complete")?,
                listen: find.symbol("add_event_listener_cbor")?,
                unlisten: find.symbol("remove_event_listener")?,
                stats: find.symbol("stats")?,
                methods,
            })
        }
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
