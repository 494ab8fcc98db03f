//! What the fuzz targets `cbor_requests` and `native_requests` do with their bytes; `fuzz/replay/replay.rs` does the same with
//! the corpus.
//!
//! The bytes are a script: requests to the library of `examples/my_timer`, through its C ABI, in one format or the other. The
//! arguments are made well and then spoiled ([`cbor`], [`native`]), or the script's bytes as they are. Whatever the script
//! says, this has to hold:
//!
//! - A refused request never calls back, an accepted one exactly once, with a status that `docs/abi.md` lists.
//! - Arguments that another decoder takes give what the author's function returns when it is called directly; those that it
//!   refuses give `FFI_RET_DECODE`. Where formats leave room, either will do.
//! - `msg` is never NULL; a result and a declared error decode, whole.
//! - Every echo is an event, once. Every context is destroyed, and has as many handles as were given and not released.
//!
//! Pointers point to what they say: that is the one thing which the contract leaves to the host.

mod bytes;
mod c;
mod cbor;
mod host;
mod native;
mod session;
mod value;

use bytes::Bytes;
use session::Session;

/// Requests in one script, at most.
const REQUESTS: usize = 12;

/// Plays a script whose arguments are CBOR.
pub(crate) fn run_cbor(script: &[u8]) {
    play(script, cbor::request);
}

/// Plays a script whose arguments are C values.
pub(crate) fn run_native(script: &[u8]) {
    play(script, native::request);
}

fn play(script: &[u8], request: fn(&mut Session, &mut Bytes<'_>)) {
    let mut script = Bytes::new(script);
    let mut session = Session::new(&mut script);
    for _ in 0..REQUESTS {
        if script.is_over() {
            break;
        }
        request(&mut session, &mut script);
    }
    session.end();
}
