//! A context of a loaded library, as something that can be served.

use crate::Library;
use crate::exports::{Exports, Request, Start};
use crate::once::once;
use ffihost::abi::types::FFIStats;
use ffihost::ipc::callbacks::{Registration, heard, keep, replied, take};
use ffihost::ipc::{HostFunction, Listener, Refusal, Reply, Service, Status, Terms, Token};
use ffihost_schema as schema;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::ffi::{CString, c_int, c_void};
use std::fmt;
use std::sync::Arc;

/// A context of a loaded library.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    surface: schema::Library,
    descriptor: Vec<u8>,
    exports: Exports,
    ctx: Ctx,
    /// What listeners were added with, until they are removed.
    listeners: Mutex<HashMap<u64, Arc<Listener>>>,
    /// The names that are registered from here.
    registered: Mutex<HashSet<String>>,
}

/// A context's handle: a number, for any thread.
#[derive(Clone, Copy)]
struct Ctx(*mut c_void);

// SAFETY: `ffihost.h` lets any thread use a ctx, which is a number and no address.
unsafe impl Send for Ctx {}
// SAFETY: as above.
unsafe impl Sync for Ctx {}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("library", &self.0.surface.name).finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) fn new(library: Library, ctx: *mut c_void) -> Self {
        let Library { surface, descriptor, exports } = library;
        let (listeners, registered) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { surface, descriptor, exports, ctx: Ctx(ctx), listeners, registered }))
    }

    /// What a server says of it.
    pub fn terms(&self, token: Option<Token>) -> Terms {
        let schema::Library { name, version, hash, .. } = &self.0.surface;
        let descriptor = self.0.descriptor.clone();
        Terms { library: name.clone(), version: version.clone(), abi_hash: *hash, descriptor, token }
    }

    /// What it offers and asks for.
    pub fn surface(&self) -> &schema::Library {
        &self.0.surface
    }

    /// What it has done and is doing; none if it was closed.
    pub fn stats(&self) -> Option<FFIStats> {
        let mut stats = FFIStats { size: size_of::<FFIStats>(), ..FFIStats::default() };
        // SAFETY: ctx is a number, and the struct is as large as it says.
        let ret = unsafe { (self.0.exports.stats)(self.0.ctx.0, &raw mut stats) };
        (ret == 0).then_some(stats)
    }

    /// Closes it: what runs is given the library's grace period. False if the library did not stop in time.
    pub async fn close(&self) -> bool {
        let (callback, closed) = once();
        // SAFETY: ctx is a number, and the callback's userData lives until it is called.
        let ret = unsafe { (self.0.exports.close)(self.0.ctx.0, Some(callback.function), callback.user_data) };
        if ret != 0 {
            callback.discard();
            return false;
        }
        closed.await.0 == 0
    }

    fn start(&self, request: Request, payload: &[u8], reply: Reply) -> u64 {
        let user_data = keep(reply);
        let (req, len) = (payload.as_ptr(), payload.len());
        // SAFETY: the symbol is that of a request in CBOR; the payload lives during the call, and userData is a number.
        let ret = unsafe {
            match request.start {
                Start::Bound(start) => start(self.0.ctx.0, Some(replied), user_data, req, len),
                Start::Free(start) => start(Some(replied), user_data, req, len),
            }
        };
        if ret != 0
            && let Some(reply) = take(user_data)
        {
            reply.end(ret, refused(ret).as_bytes());
        }
        user_data.addr() as u64
    }

    fn release(&self, name: &str, payload: &[u8], reply: Reply) {
        #[derive(serde::Deserialize)]
        struct Released {
            handle: u64,
        }
        match ciborium::from_reader::<Released, _>(payload) {
            Ok(Released { handle }) => {
                // SAFETY: the symbol is that of a release; any number may be passed.
                let ret = unsafe { self.0.exports.releases[name](self.0.ctx.0, handle) };
                match ret {
                    0 => reply.done(),
                    ret => reply.end(ret, refused(ret).as_bytes()),
                }
            }
            Err(_) => reply.refuse(&Refusal::new(Status::Decode, "a map with the number `handle` is needed")),
        }
    }
}

/// A text for a status that an export returned.
fn refused(ret: c_int) -> String {
    Status::from_code(ret).map_or_else(
        || format!("the library refused it: {ret}"),
        |status| format!("the library refused it: {}", status.name()),
    )
}

fn status(ret: c_int) -> Result<(), Status> {
    match ret {
        0 => Ok(()),
        ret => Err(Status::from_code(ret).unwrap_or(Status::InvalidArgument)),
    }
}

impl Service for Context {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        match self.0.exports.requests.get(method) {
            Some(request) if request.asynchronous => self.start(*request, payload, reply),
            Some(request) => {
                // It runs before it returns, and may wait for whatever its author likes.
                let (context, request, payload) = (self.clone(), *request, payload.to_owned());
                tokio::task::spawn_blocking(move || context.start(request, &payload, reply));
                0
            }
            None if self.0.exports.releases.contains_key(method) => {
                self.release(method, payload, reply);
                0
            }
            None => {
                let text = format!("{} has no request named `{method}`", self.0.surface.name);
                reply.refuse(&Refusal::new(Status::InvalidArgument, text));
                0
            }
        }
    }

    fn cancel(&self, ticket: u64) {
        if let Ok(number) = usize::try_from(ticket)
            && number != 0
        {
            // SAFETY: both are numbers. That it is not known any more is no error.
            let _not_any_more =
                unsafe { (self.0.exports.cancel)(self.0.ctx.0, std::ptr::without_provenance_mut(number)) };
        }
    }

    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal> {
        let unknown =
            || Refusal::new(Status::InvalidArgument, format!("{} has no event named `{event}`", self.0.surface.name));
        if !self.0.surface.events.iter().any(|known| known.name == event) {
            return Err(unknown());
        }
        let name = CString::new(event).map_err(|_| unknown())?;
        let listener = Arc::new(listener);
        let user_data = Arc::as_ptr(&listener).cast_mut().cast();
        // SAFETY: the name lives during the call, and the listener until it was removed.
        let ticket = unsafe { (self.0.exports.listen)(self.0.ctx.0, name.as_ptr(), Some(heard), user_data) };
        if ticket == 0 {
            return Err(Refusal::new(Status::Closing, "the library takes no listeners any more"));
        }
        self.0.listeners.lock().insert(ticket, listener);
        Ok(ticket)
    }

    fn unlisten(&self, ticket: u64) {
        // SAFETY: both are numbers.
        let ret = unsafe { (self.0.exports.unlisten)(self.0.ctx.0, ticket) };
        let listener = self.0.listeners.lock().remove(&ticket);
        // A context that has ended calls nobody; one that may still call keeps what it calls with.
        if let Some(listener) = listener
            && ret == Status::Busy.code()
        {
            let _for_ever = Arc::into_raw(listener);
        }
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<(), Refusal> {
        if !self.0.surface.host_fns.iter().any(|known| known.name == name) {
            let text = format!("{} has no host function named `{name}`", self.0.surface.name);
            return Err(Refusal::new(Status::InvalidArgument, text));
        }
        let c_name = CString::new(name).map_err(|_| Refusal::new(Status::InvalidArgument, "a name holds a zero"))?;
        // SAFETY: the name lives during the call.
        let taken = unsafe { (self.0.exports.registered)(self.0.ctx.0, c_name.as_ptr()) } == 1;
        if taken && !self.0.registered.lock().contains(name) {
            return Err(Refusal::new(Status::Busy, "the process that serves the library has registered it itself"));
        }
        let inner = Arc::clone(&self.0);
        let complete = move |call, status: Status, text: &[u8]| {
            // Nobody else knows of the call, so it is open.
            let _settled = inner.complete(call, status.code(), text);
        };
        let options = Registration::options(function, Box::new(complete));
        // SAFETY: name and options live during the call; userData lives until it is released.
        let ret = unsafe { (self.0.exports.register)(self.0.ctx.0, c_name.as_ptr(), &raw const options) };
        if ret != 0 {
            // SAFETY: what was refused is not released by the library.
            unsafe { Registration::refused(&options) };
            return Err(Refusal::new(Status::from_code(ret).unwrap_or(Status::InvalidArgument), refused(ret)));
        }
        self.0.registered.lock().insert(name.to_owned());
        Ok(())
    }

    fn unregister(&self, name: &str) {
        let Ok(c_name) = CString::new(name) else { return };
        let was_ours = self.0.registered.lock().remove(name);
        if was_ours {
            let options = Registration::none();
            // SAFETY: name and options live during the call.
            let _gone_with_its_context =
                unsafe { (self.0.exports.register)(self.0.ctx.0, c_name.as_ptr(), &raw const options) };
        }
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status> {
        self.0.complete(call, ret, payload)
    }
}

impl Inner {
    fn complete(&self, call: u64, ret: c_int, payload: &[u8]) -> Result<(), Status> {
        // SAFETY: the payload lives during the call.
        status(unsafe { (self.exports.complete)(self.ctx.0, call, ret, payload.as_ptr().cast(), payload.len()) })
    }
}
