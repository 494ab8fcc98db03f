//! A timer: a whole library, written by hand against the runtime. Its host is `host.c`, beside this file.
//!
//! Bytes cross as they are here, in these layouts; text is UTF-8, integers are little-endian:
//!
//! | what | bytes |
//! |---|---|
//! | `my_timer_create` | the timer's name |
//! | `my_timer_echo` | u32 delay in milliseconds, then the message |
//! | … its result | u32 length of the message, the message, the timer's name |
//! | `my_timer_read_clock` | nothing |
//! | … its result | one line of text for people |
//! | `my_timer_name` | nothing |
//! | … its result | the timer's name |
//! | `fetch_clock`, the host's | nothing |
//! | … its result | u64 milliseconds since 1970 |
//! | `on_echo_fired`, the event | the message |
//!
//! Every error is one line of text for people.

use ffihost::{DecodeError, Format, FromHost, Host, HostError, HostFn, ToHost};
use std::time::Duration;

/// Implemented by the host.
static FETCH_CLOCK: HostFn = HostFn::new("fetch_clock");

ffihost::exports! {
    prefix: "my_timer",
    state: Timer,
    constructor: Timer::create,
    requests: { echo: Timer::echo, read_clock: Timer::read_clock },
    sync_requests: { name: Timer::name },
    host_fns: ["fetch_clock"],
    events: ["on_echo_fired"],
}

struct Timer {
    name: String,
}

impl Timer {
    async fn create(name: Vec<u8>) -> Result<Self, String> {
        Ok(Self { name: text(name)? })
    }

    /// Sleeps, tells whoever listens, and returns the message with the timer's name.
    async fn echo(&self, request: Vec<u8>) -> Result<Echo, String> {
        let (delay_ms, message) = request.split_first_chunk().ok_or("echo needs a delay of 4 bytes and a message")?;
        let message = text(message.to_vec())?;
        tokio::time::sleep(Duration::from_millis(u32::from_le_bytes(*delay_ms).into())).await;
        Host::current().and_then(|host| host.emit("on_echo_fired", &message)).map_err(|error| error.to_string())?;
        Ok(Echo { message, timer: self.name.clone() })
    }

    /// Asks the host what time it is.
    async fn read_clock(&self, _: Vec<u8>) -> Result<String, String> {
        let Clock(milliseconds) = fetch_clock().await.map_err(|error| error.to_string())?;
        Ok(format!("{} read {milliseconds} ms since 1970", self.name))
    }

    /// The name, on the caller's thread.
    fn name(&self, _: &[u8]) -> Result<String, String> {
        Ok(self.name.clone())
    }
}

async fn fetch_clock() -> Result<Clock, HostError<String>> {
    Host::current().map_err(HostError::widen)?.call_as(&FETCH_CLOCK, ()).await
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// What `echo` returns.
struct Echo {
    message: String,
    timer: String,
}

impl ToHost for Echo {
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        let length = u32::try_from(self.message.len()).expect("a request is never as large as 4 GiB");
        take(&[&length.to_le_bytes(), self.message.as_bytes(), self.timer.as_bytes()].concat());
    }
}

/// What `fetch_clock` answers.
struct Clock(u64);

impl FromHost for Clock {
    fn from_host(_: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        let wrong = |_| DecodeError::new(format_args!("a clock is 8 bytes, there are {}", bytes.len()));
        bytes.try_into().map(u64::from_le_bytes).map(Self).map_err(wrong)
    }
}
