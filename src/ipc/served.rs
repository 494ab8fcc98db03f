//! A context of a library, as something to serve: the one [`Service`], whatever way the library's functions are called.

use super::callbacks::{self, Listening, Registration, Waiting, heard, replied};
use super::handles::{self, Handles, Types};
use crate::DecodeError;
use crate::abi::types::FFIHostFnOptions;
use crate::abi::{Callback, UserData};
use crate::sync::Mutex;
use crate::wire::cbor::Reader;
use ffihost_ipc::{Borrower, HostFunction, Lent, Listener, Refusal, Reply, Service, Status, Terms, Token};
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

/// A request, or the release of a handle.
struct Method {
    /// Its place.
    at: usize,
    how: How,
    /// If its arguments can hold handles.
    takes: Option<Arc<Handles>>,
    /// If its outcome can hold handles.
    lends: Option<Arc<Handles>>,
}

enum How {
    /// It calls back later.
    Asynchronous,
    /// It calls back before it has been started, and may wait before.
    Synchronous,
    /// It releases a handle.
    Release,
}

/// A host function.
struct Function {
    /// If a call can hold handles.
    lends: Option<Arc<Handles>>,
    /// If an answer can.
    takes: Option<Arc<Handles>>,
}

struct Inner {
    surface: schema::Library,
    descriptor: Vec<u8>,
    methods: HashMap<String, Method>,
    events: HashMap<String, Option<Arc<Handles>>>,
    host_fns: HashMap<String, Function>,
    types: Arc<Types>,
    functions: Arc<dyn Functions>,
    /// What listeners were added with, until they are removed.
    listeners: Mutex<HashMap<u64, Arc<Listening>>>,
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
        let functions = Arc::new(functions);
        let any = Arc::<F>::clone(&functions);
        let types = Arc::new(Types::new(&surface, any.clone()));
        let method = |(at, (name, releases)): (usize, (&str, Option<&str>))| {
            let request = surface.requests.iter().find(|request| request.name == name);
            let how = match request {
                _ if releases.is_some() => How::Release,
                Some(request) if request.asynchronous => How::Asynchronous,
                _ => How::Synchronous,
            };
            let takes = request.and_then(|request| types.arguments(&parameters(request)));
            let lends = request.and_then(|request| types.outcome(&request.result, request.error.as_ref()));
            (name.to_owned(), Method { at, how, takes, lends })
        };
        let host_fn = |host_fn: &schema::HostFn| {
            let takes = types.outcome(&host_fn.result, host_fn.error.as_ref());
            (host_fn.name.clone(), Function { lends: types.arguments(&host_fn.params), takes })
        };
        let inner = Inner {
            methods: functions.methods().into_iter().enumerate().map(method).collect(),
            events: surface.events.iter().map(|one| (one.name.clone(), types.arguments(&one.params))).collect(),
            host_fns: surface.host_fns.iter().map(host_fn).collect(),
            types,
            surface,
            descriptor,
            functions: any,
            listeners: Mutex::default(),
            registered: Mutex::default(),
        };
        Self { inner: Arc::new(inner), functions }
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
    fn start(&self, method: usize, payload: &[u8], request: Waiting) -> u64 {
        let user_data = callbacks::keep(request);
        if let Err(status) = self.functions.start(method, payload, Callback::new(replied, UserData(user_data)))
            && let Some(Waiting { reply, .. }) = callbacks::take(user_data)
        {
            reply.refuse(&refused(status));
        }
        user_data.addr() as u64
    }

    fn release(&self, kind: usize, payload: &[u8], reply: &Reply) -> Result<(), Refusal> {
        let number = released(payload).map_err(|error| Refusal::new(error.status(), error.to_string()))?;
        if !reply.take_back(Lent { kind, number }) {
            return Err(Refusal::new(Status::UnknownToken, "this connection does not have that handle"));
        }
        self.functions.release(kind, number).map_err(refused)
    }

    fn unknown(&self, what: &str, name: &str) -> Refusal {
        Refusal::new(Status::InvalidArgument, format!("{} has no {what} named `{name}`", self.surface.name))
    }
}

/// All parameters of a request, the receiver first.
fn parameters(request: &schema::Request) -> Vec<schema::Field> {
    let mut all = request.params.clone();
    if let schema::Receiver::Handle(handle) = &request.receiver {
        let (name, ty) = (request.receiver_name.clone(), schema::Type::Handle(handle.clone()));
        all.insert(0, schema::Field { name, docs: String::new(), ty });
    }
    all
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
            "handle" => {
                handle = Some(value.unsigned().map_err(|error| DecodeError::of_cbor(error).at(key))?);
                Ok(())
            }
            _ => value.skip().map_err(DecodeError::of_cbor),
        })?;
        handle.ok_or_else(|| DecodeError::new("missing").at("handle"))
    })
}

impl<F: Functions> Service for Served<F> {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        let inner = &self.inner;
        let Some(Method { at, how, takes, lends }) = inner.methods.get(method) else {
            reply.refuse(&inner.unknown("request", method));
            return 0;
        };
        if let Some(takes) = takes
            && let Err(error) = takes.check(0, payload, reply.borrower())
        {
            reply.refuse(&Refusal::new(error.status(), error.to_string()));
            return 0;
        }
        let at = *at;
        let request = |reply| Waiting { reply, lends: lends.clone() };
        match how {
            How::Asynchronous => return inner.start(at, payload, request(reply)),
            How::Synchronous => {
                // It may wait for whatever its author likes.
                let (inner, payload, request) = (Arc::clone(inner), payload.to_owned(), request(reply));
                tokio::task::spawn_blocking(move || inner.start(at, &payload, request));
            }
            How::Release => match inner.release(at, payload, &reply) {
                Ok(()) => reply.done(),
                Err(refusal) => reply.refuse(&refusal),
            },
        }
        0
    }

    fn cancel(&self, ticket: u64) {
        if let Ok(number @ 1..) = usize::try_from(ticket) {
            self.functions.cancel(number);
        }
    }

    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal> {
        let lends = self.inner.events.get(event).ok_or_else(|| self.inner.unknown("event", event))?;
        let listener = Arc::new(Listening { listener, lends: lends.clone() });
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
        let known = self.inner.host_fns.get(name).ok_or_else(|| self.inner.unknown("host function", name))?;
        if self.functions.is_registered(name) && !self.inner.registered.lock().contains(name) {
            let text = "the process that serves the library has registered it itself";
            return Err(Refusal::new(Status::Busy, text));
        }
        let functions = Arc::clone(&self.inner.functions);
        let (lends, takes) = (known.lends.clone(), known.takes.clone());
        let options = Registration { function, lends, takes, functions }.options();
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

    fn complete(&self, call: u64, ret: i32, payload: &[u8], client: Borrower<'_>) -> Result<(), Status> {
        if let Some(takes) = self.inner.types.answer_to(call)
            && let Err(error) = takes.check(ret, payload, client)
        {
            self.functions.complete(call, Status::Decode.code(), error.to_string().as_bytes())?;
            return Err(Status::Decode);
        }
        self.functions.complete(call, ret, payload)
    }

    fn release(&self, lent: Lent) {
        handles::release(&*self.functions, lent);
    }
}
