//! A context of a library, as something to serve: the one [`Service`], whatever way the library's functions are called.

use super::callbacks::{self, Registration, heard, replied};
use crate::DecodeError;
use crate::abi::types::FFIHostFnOptions;
use crate::abi::{Callback, UserData};
use crate::sync::Mutex;
use crate::wire::cbor::Reader;
use ffihost_ipc::{HostFunction, Listener, Refusal, Reply, Service, Status, Terms, Token};
use ffihost_schema as schema;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The functions of one context, as `ffihost.h` has them, by whatever way they are called.
#[doc(hidden)]
pub trait Functions: Send + Sync + 'static {
    /// Requests and releases by their names, and of a release the handle's; the others know them by their places here.
    fn methods(&self) -> Vec<(&str, Option<&str>)>;

    /// Starts a request with CBOR arguments. One that is refused is not called back.
    fn start(&self, method: usize, payload: &[u8], callback: Callback) -> Result<(), Status>;

    /// Cancels the request that was started with this address as userData, if it still runs.
    fn cancel(&self, user_data: usize);

    /// Releases a handle, once.
    fn release(&self, method: usize, handle: u64) -> Result<(), Status>;

    /// Adds a listener, and gives the ticket that it is removed by.
    fn listen(&self, event: &str, callback: Callback) -> Result<u64, Status>;

    /// Removes a listener. BUSY, if it may still be called.
    fn unlisten(&self, ticket: u64) -> Result<(), Status>;

    /// Whether a host function of that name is registered, by anybody.
    fn is_registered(&self, name: &str) -> bool;

    /// Registers a host function, or takes it back.
    ///
    /// # Safety
    ///
    /// The options are as `ffihost.h` says.
    unsafe fn register(&self, name: &str, options: &FFIHostFnOptions) -> Result<(), Status>;

    /// Answers a call.
    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status>;
}

/// A context of a library, as something to serve.
#[derive(Clone)]
pub struct Served<F> {
    inner: Arc<Inner>,
    functions: Arc<F>,
}

/// How a method is done.
#[derive(Clone, Copy)]
enum Method {
    /// It calls back later.
    Asynchronous,
    /// It calls back before it has been started, and may wait before.
    Synchronous,
    /// It releases a handle.
    Release,
}

struct Inner {
    surface: schema::Library,
    descriptor: Vec<u8>,
    methods: HashMap<String, (usize, Method)>,
    functions: Arc<dyn Functions>,
    /// What listeners were added with, until they are removed.
    listeners: Mutex<HashMap<u64, Arc<Listener>>>,
    /// The names that are registered from here.
    registered: Mutex<HashSet<String>>,
}

impl<F> fmt::Debug for Served<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("library", &self.inner.surface.name).finish_non_exhaustive()
    }
}

impl<F> Deref for Served<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.functions
    }
}

impl<F: Functions> Served<F> {
    /// A context of the library that the descriptor describes.
    #[doc(hidden)]
    pub fn new(surface: schema::Library, descriptor: Vec<u8>, functions: F) -> Self {
        let how = |name, handle: Option<_>| match surface.requests.iter().find(|request| request.name == name) {
            _ if handle.is_some() => Method::Release,
            Some(request) if request.asynchronous => Method::Asynchronous,
            _ => Method::Synchronous,
        };
        let methods = functions.methods().into_iter().enumerate();
        let methods = methods.map(|(at, (name, handle))| (name.to_owned(), (at, how(name, handle)))).collect();
        let functions = Arc::new(functions);
        let (listeners, registered) = (Mutex::default(), Mutex::default());
        let any = Arc::<F>::clone(&functions);
        Self {
            inner: Arc::new(Inner { surface, descriptor, methods, functions: any, listeners, registered }),
            functions,
        }
    }
}

impl<F> Served<F> {
    /// What a server says of it.
    pub fn terms(&self, token: Option<Token>) -> Terms {
        let schema::Library { name, version, hash, .. } = self.surface();
        let descriptor = self.inner.descriptor.clone();
        Terms { library: name.clone(), version: version.clone(), abi_hash: *hash, descriptor, token }
    }

    /// What it offers and asks for.
    pub fn surface(&self) -> &schema::Library {
        &self.inner.surface
    }
}

impl Inner {
    /// Starts a request; its reply is kept until it calls back.
    fn start(&self, method: usize, payload: &[u8], reply: Reply) -> u64 {
        let user_data = callbacks::keep(reply);
        if let Err(status) = self.functions.start(method, payload, Callback::new(replied, UserData(user_data)))
            && let Some(reply) = callbacks::take(user_data)
        {
            reply.refuse(&refused(status));
        }
        user_data.addr() as u64
    }

    fn release(&self, method: usize, payload: &[u8]) -> Result<(), Refusal> {
        let handle = released(payload).map_err(|error| Refusal::new(error.status(), error.to_string()))?;
        self.functions.release(method, handle).map_err(refused)
    }

    fn unknown(&self, what: &str, name: &str) -> Refusal {
        Refusal::new(Status::InvalidArgument, format!("{} has no {what} named `{name}`", self.surface.name))
    }
}

/// A text for a status that something was refused with.
fn refused(status: Status) -> Refusal {
    Refusal::new(status, format!("the library refused it: {}", status.name()))
}

/// The handle that a release names.
fn released(payload: &[u8]) -> Result<u64, DecodeError> {
    Reader::new(payload, payload.len()).only(|reader| {
        let mut handle = None;
        reader.map(|key, value| match key {
            "handle" => value.unsigned().map(|number| handle = Some(number)).map_err(|error| error.at(key)),
            _ => value.skip(),
        })?;
        handle.ok_or_else(|| DecodeError::new("missing").at("handle"))
    })
}

impl<F: Functions> Service for Served<F> {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        let inner = &self.inner;
        match inner.methods.get(method) {
            Some((at, Method::Asynchronous)) => return inner.start(*at, payload, reply),
            Some((at, Method::Synchronous)) => {
                // It may wait for whatever its author likes.
                let (inner, at, payload) = (Arc::clone(inner), *at, payload.to_owned());
                tokio::task::spawn_blocking(move || inner.start(at, &payload, reply));
            }
            Some((at, Method::Release)) => match inner.release(*at, payload) {
                Ok(()) => reply.done(),
                Err(refusal) => reply.refuse(&refusal),
            },
            None => reply.refuse(&inner.unknown("request", method)),
        }
        0
    }

    fn cancel(&self, ticket: u64) {
        if let Ok(number @ 1..) = usize::try_from(ticket) {
            self.functions.cancel(number);
        }
    }

    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal> {
        if !self.surface().events.iter().any(|known| known.name == event) {
            return Err(self.inner.unknown("event", event));
        }
        let listener = Arc::new(listener);
        // What it points to is dropped after the listener was removed.
        let user_data = UserData(Arc::as_ptr(&listener).cast_mut().cast());
        let ticket = self.functions.listen(event, Callback::new(heard, user_data)).map_err(refused)?;
        self.inner.listeners.lock().insert(ticket, listener);
        Ok(ticket)
    }

    fn unlisten(&self, ticket: u64) {
        let removed = self.functions.unlisten(ticket);
        let listener = self.inner.listeners.lock().remove(&ticket);
        // A context that has ended calls nobody; one that may still call keeps what it calls with.
        if let Some(listener) = listener
            && removed == Err(Status::Busy)
        {
            let _for_ever = Arc::into_raw(listener);
        }
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<(), Refusal> {
        if !self.surface().host_fns.iter().any(|known| known.name == name) {
            return Err(self.inner.unknown("host function", name));
        }
        if self.functions.is_registered(name) && !self.inner.registered.lock().contains(name) {
            let text = "the process that serves the library has registered it itself";
            return Err(Refusal::new(Status::Busy, text));
        }
        let options = Registration::options(function, Arc::clone(&self.inner.functions));
        // SAFETY: userData lives until it is released.
        if let Err(status) = unsafe { self.functions.register(name, &options) } {
            // SAFETY: what was refused is not released.
            unsafe { Registration::released(options.user_data) };
            return Err(refused(status));
        }
        self.inner.registered.lock().insert(name.to_owned());
        Ok(())
    }

    fn unregister(&self, name: &str) {
        let was_ours = self.inner.registered.lock().remove(name);
        if was_ours {
            // SAFETY: nothing is registered.
            let _gone_with_its_context = unsafe { self.functions.register(name, &Registration::none()) };
        }
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status> {
        self.functions.complete(call, ret, payload)
    }
}
