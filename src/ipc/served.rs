//! A context of a library, as something to serve: the one [`Service`], whatever way the library's functions are called.

use super::callbacks::{self, Listening, Registration, Waiting, delivered, replied};
use super::handles::{self, Handles, Types};
use crate::DecodeError;
use crate::abi::types::FFIHostFnOptions;
use crate::abi::{Callback, UserData};
use crate::sync::Mutex;
use crate::wire::cbor::Reader;
use ffihost_ipc::{
    ClientHandles, HandleRef, HostFunction, Listener, Refusal, Reply, ServerInfo, Service, Status, Token,
};
use ffihost_schema as schema;
use std::collections::HashMap;
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

    /// Removes a listener. OK: it is not running, and never will be again. BUSY: it is removed, and its last delivery still
    /// runs; whoever asks again learns when that has ended. UNKNOWN_TOKEN: it was removed before. INVALID_CTX: the context has
    /// ended, and calls nobody.
    fn unlisten(&self, ticket: u64) -> Result<(), Status>;

    /// Registers a host function, and returns what it is taken back by. BUSY, if it is for a client and the host has one.
    ///
    /// # Safety
    ///
    /// The options are as `ffihost.h` says, with a function in them.
    unsafe fn register(&self, name: &str, options: &FFIHostFnOptions, origin: Origin) -> Result<u64, Status>;

    /// Takes this very registration back, if it still is one.
    fn unregister(&self, name: &str, registration: u64);

    /// Answers a call.
    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status>;
}

/// Whose a host function is. What the host registers replaces a client's, and no client replaces it or takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program's in which the library runs.
    Host,
    /// A client's.
    Client,
}

/// A context of a library, as something to serve.
pub struct Served<F> {
    inner: Arc<Inner>,
    functions: Arc<F>,
    /// Whose the host functions are that are registered through this.
    origin: Origin,
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

/// Listeners by their tickets, and the userData that they were added with.
#[derive(Default)]
struct Listeners {
    present: HashMap<u64, UserData>,
    /// Removed while their last deliveries ran: to be asked for again.
    leaving: Vec<(u64, UserData)>,
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
    /// The listeners that may be called.
    listeners: Mutex<Listeners>,
}

impl<F> Clone for Served<F> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), functions: Arc::clone(&self.functions), origin: self.origin }
    }
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
        };
        Self { inner: Arc::new(inner), functions, origin: Origin::Client }
    }
}

impl<F> Served<F> {
    /// What a server says of it.
    pub fn server_info(&self, token: Option<Token>) -> ServerInfo {
        let schema::Library { name, version, hash, .. } = self.surface();
        let descriptor = self.inner.descriptor.clone();
        ServerInfo { library: name.clone(), version: version.clone(), abi_hash: *hash, descriptor, token }
    }

    /// The same context for the host itself: the host functions that are registered through this are the host's own.
    #[must_use]
    pub fn of_host(&self) -> Self {
        Self { origin: Origin::Host, ..self.clone() }
    }

    /// What it offers and asks for.
    pub fn surface(&self) -> &schema::Library {
        &self.inner.surface
    }
}

impl Inner {
    /// Removes a listener, and asks again for those that were still running when they were removed. No lock is held while the
    /// library is asked.
    fn unlisten(&self, ticket: u64) {
        let mut removed = {
            let mut listeners = self.listeners.lock();
            let present = listeners.present.remove(&ticket).map(|user_data| (ticket, user_data));
            listeners.leaving.drain(..).chain(present).collect::<Vec<_>>()
        };
        removed.retain(|(ticket, user_data)| {
            // Every other status means that it is not called again.
            let runs = self.functions.unlisten(*ticket) == Err(Status::Busy);
            if !runs {
                callbacks::let_go_of_listener(user_data.0);
            }
            runs
        });
        self.listeners.lock().leaving.append(&mut removed);
    }

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
        if !reply.take_handle(HandleRef { kind, number }) {
            return Err(Refusal::new(Status::UnknownToken, "this connection does not have that handle"));
        }
        self.functions.release(kind, number).map_err(refused)
    }

    fn unknown(&self, what: &str, name: &str) -> Refusal {
        Refusal::new(Status::InvalidArgument, format!("{} has no {what} named `{name}`", self.surface.name))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Listeners { present, leaving } = std::mem::take(self.listeners.get_mut());
        for (ticket, user_data) in present.into_iter().chain(leaving) {
            // A delivery that still runs has its share, and one that begins finds nothing.
            let _also_if_it_runs = self.functions.unlisten(ticket);
            callbacks::let_go_of_listener(user_data.0);
        }
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
            && let Err(error) = takes.check(0, payload, reply.client_handles())
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
        let user_data = callbacks::keep_listener(Listening { listener, lends: lends.clone() });
        let added = self.functions.listen(event, Callback::new(delivered, UserData(user_data)));
        let ticket = added.map_err(|status| {
            // What was refused is not called.
            callbacks::let_go_of_listener(user_data);
            refused(status)
        })?;
        self.inner.listeners.lock().present.insert(ticket, UserData(user_data));
        Ok(ticket)
    }

    fn unlisten(&self, ticket: u64) {
        self.inner.unlisten(ticket);
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<u64, Refusal> {
        let known = self.inner.host_fns.get(name).ok_or_else(|| self.inner.unknown("host function", name))?;
        let functions = Arc::clone(&self.inner.functions);
        let (lends, takes) = (known.lends.clone(), known.takes.clone());
        let options = Registration { function, lends, takes, functions }.options();
        // SAFETY: userData lives until it is released.
        unsafe { self.functions.register(name, &options, self.origin) }.map_err(|status| {
            // SAFETY: what was refused is not released.
            unsafe { Registration::released(options.user_data) };
            match status {
                Status::Busy => Refusal::new(status, "the process that serves the library has registered it itself"),
                _ => refused(status),
            }
        })
    }

    fn unregister(&self, name: &str, registration: u64) {
        self.functions.unregister(name, registration);
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8], client: ClientHandles<'_>) -> Result<(), Status> {
        if let Some(takes) = self.inner.types.answer_to(call)
            && let Err(error) = takes.check(ret, payload, client)
        {
            self.functions.complete(call, Status::Decode.code(), error.to_string().as_bytes())?;
            return Err(Status::Decode);
        }
        self.functions.complete(call, ret, payload)
    }

    fn release(&self, handle: HandleRef) {
        handles::release(&*self.functions, handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffihost_ipc::Client;
    use std::sync::mpsc;
    use std::thread::{self, JoinHandle};

    /// A library with an event that lends a handle. While its first listener is removed, a delivery to it begins and waits.
    struct Slow {
        /// What the first removal returns.
        status: Status,
        added: Mutex<Vec<Callback>>,
        removals: Mutex<Vec<u64>>,
        delivery: Mutex<Option<JoinHandle<()>>>,
        entered: (mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>),
        go_on: Mutex<mpsc::Receiver<()>>,
    }

    impl Functions for Slow {
        fn methods(&self) -> Vec<(&str, Option<&str>)> {
            vec![("thing_release", Some("Thing"))]
        }

        fn start(&self, _: usize, _: &[u8], _: Callback) -> Result<(), Status> {
            Err(Status::InvalidArgument)
        }

        fn cancel(&self, _: usize) {}

        /// The delivery is here: what it lends has not been sent, as the client has gone.
        fn release(&self, _: usize, _: u64) -> Result<(), Status> {
            self.entered.0.send(()).expect("the test waits");
            self.go_on.lock().recv().expect("the test lets it go on");
            Ok(())
        }

        fn listen(&self, _: &str, callback: Callback) -> Result<u64, Status> {
            let mut added = self.added.lock();
            added.push(callback);
            Ok(added.len() as u64)
        }

        fn unlisten(&self, ticket: u64) -> Result<(), Status> {
            let mut removals = self.removals.lock();
            removals.push(ticket);
            if removals.len() > 1 {
                return Ok(());
            }
            let callback = self.added.lock()[0];
            let delivery = thread::spawn(move || callback.call(Status::Ok, b"\xa1\x65thing\x07"));
            self.entered.1.lock().recv().expect("it is delivered");
            *self.delivery.lock() = Some(delivery);
            Err(self.status)
        }

        unsafe fn register(&self, _: &str, _: &FFIHostFnOptions, _: Origin) -> Result<u64, Status> {
            Err(Status::InvalidArgument)
        }

        fn unregister(&self, _: &str, _: u64) {}

        fn complete(&self, _: u64, _: i32, _: &[u8]) -> Result<(), Status> {
            Err(Status::UnknownToken)
        }
    }

    fn surface() -> schema::Library {
        let thing =
            schema::Field { name: "thing".into(), docs: String::new(), ty: schema::Type::Handle("Thing".into()) };
        let (name, docs) = ("found".to_owned(), String::new());
        let formats = schema::Formats { native: false, cbor: true };
        let layout = schema::Layout { size: 8, align: 8, offsets: vec![0] };
        let constructor = schema::Constructor {
            docs: String::new(),
            params: Vec::new(),
            error: None,
            formats,
            layout: layout.clone(),
        };
        schema::Library {
            name: "slow".into(),
            docs: String::new(),
            version: "1".into(),
            pointer_width: 64,
            hash: 0,
            formats,
            serve: true,
            constructor,
            structs: Vec::new(),
            enums: Vec::new(),
            handles: Vec::new(),
            requests: Vec::new(),
            host_fns: Vec::new(),
            events: vec![schema::Event { name, docs, params: vec![thing], layout }],
            constants: Vec::new(),
        }
    }

    /// A client that listens, and goes without a goodbye. Its removal has been asked for when this returns.
    async fn listen_and_go(served: &Served<Slow>) {
        let removals = served.removals.lock().len();
        let client = Client::in_process(Arc::new(served.clone()), served.server_info(None), async {}).await;
        let client = client.expect("it takes everybody");
        let _events = client.listen("found").await.expect("there is such an event");
        client.abort();
        while served.removals.lock().len() == removals {
            tokio::task::yield_now().await;
        }
    }

    fn what_a_slow_delivery_uses_outlives_it(status: Status) {
        let (entered, go_on) = (mpsc::sync_channel(1), mpsc::sync_channel(1));
        let slow = Slow {
            status,
            added: Mutex::default(),
            removals: Mutex::default(),
            delivery: Mutex::default(),
            entered: (entered.0, Mutex::new(entered.1)),
            go_on: Mutex::new(go_on.1),
        };
        let served = Served::new(surface(), vec![0xf6], slow);
        // Each listener has a share of this.
        let handles = served.inner.events["found"].clone().expect("it can hold handles");
        let nobody = Arc::strong_count(&handles);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            listen_and_go(&served).await;
            assert_eq!(Arc::strong_count(&handles), nobody + 1, "freed while a delivery runs");
            go_on.0.send(()).expect("it waits");
            let delivery = served.delivery.lock().take().expect("it has begun");
            delivery.join().expect("no panic");
            listen_and_go(&served).await;
            assert_eq!(Arc::strong_count(&handles), nobody, "kept for ever");
        });
        let late = served.added.lock()[0];
        late.call(Status::Ok, b"\xa1\x65thing\x07");
    }

    #[test]
    fn a_listener_that_still_runs_is_freed_when_it_has_ended() {
        what_a_slow_delivery_uses_outlives_it(Status::Busy);
    }

    #[test]
    fn a_listener_that_runs_though_the_context_has_ended_is_not_freed() {
        what_a_slow_delivery_uses_outlives_it(Status::InvalidCtx);
    }
}
