//! The library: its state, what makes and ends it, and its exports.

use super::bombs::ask_bomb;
use super::holds::hold;
use super::limits::OPTIONS;
use super::odd::{odd, odd_now};
use super::requests::{
    ask, ask_and_drop, ask_by_name, ask_elsewhere, ask_patiently, ask_sync, ask_sync_elsewhere, ask_text,
    ask_when_registered, ask_with_deadline, block, drop_call_elsewhere, echo, emit, fail, move_call, name_now,
    name_now_async, panics, sleep,
};
use super::scripts::script;
use super::settled::{settle_elsewhere, tell_settled};
use super::{ASK, futures_block_on, futures_poll_once, panic_on_purpose, show};
use ffihost::Host;
use std::sync::mpsc;

/// The library's state.
#[derive(Debug)]
pub struct Library {
    pub(super) name: String,
}

impl Drop for Library {
    fn drop(&mut self) {
        if self.name == "panics in drop" {
            panic_on_purpose("the state panics when it is dropped");
        }
    }
}

async fn construct(name: Vec<u8>) -> Result<Library, String> {
    let name = String::from_utf8(name).map_err(|error| error.to_string())?;
    match name.as_str() {
        "fails" => Err("told to fail".to_owned()),
        "panics" => panic_on_purpose("told to panic"),
        "hangs" => std::future::pending().await,
        "asks" => {
            match Host::current().expect("in a context").call(&ASK, "constructor").wait_for_registration().await {
                Ok(answer) => Ok(Library { name: String::from_utf8_lossy(&answer).into_owned() }),
                Err(error) => Err(show(&error)),
            }
        }
        _ => Ok(Library { name }),
    }
}

async fn destruct(library: &Library) {
    match library.name.as_str() {
        "asks in destructor" => {
            let _ = Host::current().expect("in a context").call(&ASK, "destructor").await;
        }
        "asks elsewhere in destructor" => leave_a_call_behind(),
        "hangs in destructor" => std::future::pending().await,
        "panics in destructor" => panic_on_purpose("the destructor panics"),
        _ => {}
    }
}

/// Has a call made on another thread, which the FFI thread learns of and has no time to make; how it settles is told as that of
/// `settle_elsewhere`.
fn leave_a_call_behind() {
    let host = Host::current().expect("in a context");
    let (posted, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let mut call = host.call("ask", "left behind");
        assert!(futures_poll_once(&mut call).is_none(), "it waits for the FFI thread");
        posted.send(()).expect("the destructor waits");
        tell_settled(futures_block_on(call));
    });
    wait.recv().expect("it is posted");
}

ffihost::exports! {
    prefix: "t",
    state: Library,
    options: OPTIONS,
    constructor: construct,
    destructor: destruct,
    requests: {
        ask: ask,
        ask_by_name: ask_by_name,
        ask_with_deadline: ask_with_deadline,
        ask_patiently: ask_patiently,
        ask_when_registered: ask_when_registered,
        ask_text: ask_text,
        ask_elsewhere: ask_elsewhere,
        ask_sync: ask_sync,
        ask_sync_elsewhere: ask_sync_elsewhere,
        ask_and_drop: ask_and_drop,
        ask_bomb: ask_bomb,
        settle_elsewhere: settle_elsewhere,
        move_call: move_call,
        drop_call_elsewhere: drop_call_elsewhere,
        sleep: sleep,
        echo: echo,
        fail: fail,
        odd: odd,
        panics: panics,
        block: block,
        hold: hold,
        script: script,
        emit: emit,
        name_now_async: name_now_async,
    },
    sync_requests: { name_now: name_now, odd_now: odd_now },
    host_fns: ["ask", "other"],
    events: ["happened"],
}
