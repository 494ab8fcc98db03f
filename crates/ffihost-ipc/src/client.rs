//! The client: requests to a library that is served, events from it, and host functions for it.

mod call;
mod connection;
mod error;
mod events;
mod handshake;
mod in_process;
mod options;
mod request;
mod session;
mod subscription;

pub use self::call::{Call, Registration};
pub use self::error::{ConnectError, RequestError};
pub use self::events::{DeliveredEvent, Events};
pub use self::options::{Backoff, Options};

#[cfg(feature = "typed")]
pub(crate) use self::handshake::Check;
pub(crate) use self::request::OutgoingRequest;
#[cfg(feature = "typed")]
pub(crate) use self::request::Stale;

use self::connection::Shared;
use self::request::Outcome;
use self::subscription::Subscription;
use crate::Address;
use crate::contain::{Contained, discard};
use std::fmt;
use std::sync::Arc;
#[cfg(feature = "typed")]
use std::sync::Weak;
use std::time::Duration;
use tokio::sync::oneshot;

/// A client of a library that is served, by another process or by this one. Clones share one connection, which ends when the
/// last of them is dropped.
///
/// # Threading
///
/// [`connect`](Self::connect) is called inside of a tokio runtime, where it starts a task. Any thread may use the client.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use ffihost_ipc::{Client, client::Options};
///
/// let timer = Client::connect(&"unix:/run/timer.sock".parse()?, Options::default()).await?;
/// println!("{} {}", timer.library(), timer.version());
/// let name = timer.request("name", b"\xa0").await?;
/// # let _ = name;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    last: Arc<CloseOnDrop>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

/// Ends the connection when the last client is dropped.
pub(crate) struct CloseOnDrop(Arc<Shared>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.update(|session| session.goodbye());
    }
}

impl Client {
    /// Connects, and waits for the server's part of the handshake.
    ///
    /// # Errors
    ///
    /// If no server listens at the address, or if the server refuses the client: because of the interface's hash, the token or a
    /// limit. The first connection is tried once, also with [`Options::reconnect`].
    pub async fn connect(address: &Address, options: Options) -> Result<Self, ConnectError> {
        connection::start(address.clone(), options, None).await.map(Self::of)
    }

    /// The same, but that each server's library is compared with the one that the client was made for.
    #[cfg(feature = "typed")]
    pub(crate) async fn connect_to(address: &Address, options: Options, check: Check) -> Result<Self, ConnectError> {
        connection::start(address.clone(), options, Some(check)).await.map(Self::of)
    }

    fn of(shared: Arc<Shared>) -> Self {
        Self { last: Arc::new(CloseOnDrop(Arc::clone(&shared))), shared }
    }

    /// The name of the library.
    pub fn library(&self) -> &str {
        &self.shared.welcome.library
    }

    /// The version of the library, as it was when the client connected first.
    pub fn version(&self) -> &str {
        &self.shared.welcome.version
    }

    /// The hash of the library's interface, as it was when the client connected first.
    pub fn abi_hash(&self) -> u64 {
        self.shared.welcome.abi_hash
    }

    /// Makes a request. `payload` is a map of its arguments in CBOR, and the result is CBOR too.
    ///
    /// # Errors
    ///
    /// [`RequestError::Declared`] with the error that the request declares, in CBOR; another [`RequestError`] for every other
    /// failure.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the request.
    pub async fn request(&self, method: &str, payload: &[u8]) -> Result<Vec<u8>, RequestError> {
        self.send(&OutgoingRequest { method, payload, ..OutgoingRequest::default() }).await?.result()
    }

    /// Makes a request with a deadline. When `timeout` has passed the server cancels the request, which fails with TIMED_OUT.
    pub async fn request_within(
        &self,
        timeout: Duration,
        method: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, RequestError> {
        let request = OutgoingRequest { method, payload, timeout: Some(timeout), ..OutgoingRequest::default() };
        self.send(&request).await?.result()
    }

    /// Makes a request that may run twice. A client that reconnects sends it again if the connection ended before the answer
    /// came.
    pub async fn request_idempotent(&self, method: &str, payload: &[u8]) -> Result<Vec<u8>, RequestError> {
        let request = OutgoingRequest { method, payload, retry: true, ..OutgoingRequest::default() };
        self.send(&request).await?.result()
    }

    pub(crate) async fn send(&self, request: &OutgoingRequest<'_>) -> Result<Outcome, RequestError> {
        let (reply, outcome) = oneshot::channel();
        let opened = self.shared.update(|session| session.request(request, reply));
        let _cancel = CancelOnDrop { shared: &self.shared, id: opened? };
        outcome.await.map_err(|_| RequestError::Disconnected)
    }

    /// Adds a listener of an event. Dropping the [`Events`] removes it.
    ///
    /// # Errors
    ///
    /// [`RequestError::Failed`] if there is no such event, or if the server has no room for one more listener.
    pub async fn listen(&self, event: &str) -> Result<Events, RequestError> {
        let (subscription, events) = Subscription::listener(event);
        let id = self.open(subscription).await?;
        Ok(Events::new(Arc::clone(&self.shared), id, events))
    }

    /// Registers a host function, until the [`Registration`] is dropped. The client's task calls `function`, which must not
    /// block; it may keep the [`Call`] and answer it later, on any thread.
    ///
    /// # Errors
    ///
    /// [`RequestError::Failed`] if the library has no such host function, or if the server's process has registered it.
    pub async fn register(
        &self,
        name: &str,
        function: impl Fn(Call) + Send + Sync + 'static,
    ) -> Result<Registration, RequestError> {
        // Contained, since this client, its task or a running call may be what drops it.
        let function = Contained::new("the drop of a host function", function);
        let id = self
            .open(Subscription::registration(
                name,
                Arc::new(move |call| {
                    function(call);
                }),
            ))
            .await?;
        Ok(Registration::new(Arc::clone(&self.shared), id))
    }

    async fn open(&self, subscription: Subscription) -> Result<u64, RequestError> {
        let (reply, opened) = oneshot::channel();
        let id = self.shared.update(|session| session.open(subscription, reply)).map_err(|(error, _unopened)| error)?;
        let unless_open = CancelOnDrop { shared: &self.shared, id };
        match opened.await {
            Ok(Outcome { ret: 0, .. }) => {
                unless_open.keep();
                Ok(id)
            }
            Ok(Outcome { ret, payload, .. }) => Err(RequestError::failed(ret, &payload)),
            Err(_) => Err(RequestError::Disconnected),
        }
    }

    /// Closes the connection: the server answers the requests in flight, and this waits until the connection has ended.
    pub async fn close(self) {
        self.shared.update(|session| session.goodbye());
        self.shared.ended().await;
    }
}

/// Support for the module `typed`.
#[cfg(feature = "typed")]
impl Client {
    /// A reference that does not keep the connection open.
    pub(crate) fn downgrade(&self) -> Weak<CloseOnDrop> {
        Arc::downgrade(&self.last)
    }

    pub(crate) fn upgrade(last: &Weak<CloseOnDrop>) -> Option<Self> {
        last.upgrade().map(|last| Self { shared: Arc::clone(&last.0), last })
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Sends a request and ignores its outcome. Does not block, and sends nothing if the connection has ended.
    pub(crate) fn send_detached(&self, request: &OutgoingRequest<'_>) {
        let (reply, _nobody_waits) = oneshot::channel();
        let _the_connection_has_ended = self.shared.update(|session| session.request(request, reply));
    }
}

impl Client {
    /// Ends the connection at once, without a goodbye; what is in flight fails with [`RequestError::Disconnected`].
    pub fn abort(&self) {
        self.shared.abort();
    }
}

/// Names in the log what has panicked when something is cancelled.
const CANCELLED: &str = "the drop of what was cancelled";

/// Cancels what is open under an id when it is dropped, unless [`keep`](Self::keep) was called.
struct CancelOnDrop<'a> {
    shared: &'a Arc<Shared>,
    id: u64,
}

impl CancelOnDrop<'_> {
    fn keep(self) {
        let _kept = std::mem::ManuallyDrop::new(self);
    }
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        discard(CANCELLED, self.shared.update(|session| session.cancel(self.id)));
    }
}
