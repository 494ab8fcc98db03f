//! The defaults of what is limited, and what no option changes.

use core::time::Duration;

/// The longest name, in bytes: of a host function or an event as it is registered, of an item of a descriptor, of a method
/// on a wire.
pub const NAME: usize = 255;

/// Contexts of a library at once; then `create` returns `FFI_RET_BUSY`.
pub const CONTEXTS: u32 = 1_024;
/// Host calls in flight per context, the default and the most that can be set; then the call ends as overloaded.
pub const HOST_CALLS: u32 = 65_536;
/// Requests per context that wait to be started; then the request returns `FFI_RET_BUSY`.
pub const REQUESTS_QUEUED: u32 = 16_384;
/// Bytes of a request or an answer; then it is refused with `FFI_RET_TOO_LARGE`.
pub const PAYLOAD: usize = 64 << 20;
/// Bytes of what a declared error says for people; a longer text is cut.
pub const ERROR_TEXT: usize = 64 << 10;
/// Events per context that wait for the event thread; then the library's policy decides.
pub const EVENTS_QUEUED: u32 = 1_024;
/// How long a host function may run on the FFI thread before that is reported.
pub const SLOW_HOST_FN: Duration = Duration::from_millis(10);
/// How long running requests may go on after a close, or after the shutdown of a server; then they are cancelled.
pub const GRACE: Duration = Duration::from_millis(1_500);

/// Bytes of a frame on a wire; then it is refused with `FFI_RET_TOO_LARGE` and the connection ends.
pub const FRAME: u32 = 16 << 20;
/// Connections of a server at once; a further one is closed at once.
pub const CONNECTIONS: usize = 1_024;
/// Requests in flight of a connection; a further one is answered with `FFI_RET_BUSY`.
pub const IN_FLIGHT: u32 = 1_024;
/// Listeners and registrations of a connection; a further one is answered with `FFI_RET_BUSY`.
pub const SUBSCRIPTIONS: usize = 1_024;
/// Bytes that wait for one client to read them; then an answer is replaced by `FFI_RET_TOO_LARGE` and events are missed.
pub const OUTPUT: usize = 64 << 20;
/// How long a client may send nothing; then its connection ends.
pub const IDLE: Duration = Duration::from_secs(300);
