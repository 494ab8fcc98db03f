//! The functions of a context, by whatever way they are called.

use crate::abi::Callback;
use crate::abi::types::FFIHostFnOptions;
use ffihost_ipc::Status;

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
