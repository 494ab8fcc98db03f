//! Calls that are made on threads of their own, and how they settle.

use super::library::Library;
use super::{ASK, Context, Told, futures_block_on, show};
use ffihost::{Host, HostError};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};

static SETTLED: Mutex<Vec<mpsc::Sender<String>>> = Mutex::new(Vec::new());

/// `settle_elsewhere`: asks on a thread that outlives the request, synchronously if the question says so, and tells the test how
/// that settled.
pub(super) async fn settle_elsewhere(_: &Library, question: Vec<u8>) -> Result<(), String> {
    let host = Host::current().expect("in a context");
    std::thread::spawn(move || {
        let outcome = match question.starts_with(b"sync") {
            true => host.call_sync(&ASK, question),
            false => futures_block_on(host.call("ask", question)),
        };
        tell_settled(outcome);
    });
    Ok(())
}

pub(super) fn tell_settled(outcome: Result<Vec<u8>, HostError<Vec<u8>>>) {
    let shown = outcome.map_or_else(|error| show(&error), |bytes| String::from_utf8_lossy(&bytes).into_owned());
    SETTLED.lock().expect("not poisoned").retain(|sender| sender.send(shown.clone()).is_ok());
}

/// Tells how calls settle that are made on threads of their own, whosoever.
pub fn settled_elsewhere() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    SETTLED.lock().expect("not poisoned").push(sender);
    receiver
}

/// Has these questions asked on threads of their own, one when the one before has reached the host; tells how they settle.
pub fn settle_elsewhere_each(ctx: Context, questions: &[&str]) -> Receiver<String> {
    let receiver = settled_elsewhere();
    for (asked, question) in (1..).zip(questions) {
        assert_eq!(ctx.run("settle_elsewhere", question), Told::ok(""));
        ctx.wait_for("the host is asked", |stats| stats.host_calls == asked);
    }
    receiver
}
