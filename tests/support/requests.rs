//! The library's requests: most ask the host in one way or another.

use super::library::Library;
use super::{ASK, futures_block_on, futures_poll_once, panic_on_purpose, show};
use ffihost::{Host, HostError};
use std::time::Duration;

fn shown(outcome: Result<Vec<u8>, HostError<Vec<u8>>>) -> Result<Vec<u8>, String> {
    outcome.map_err(|error| show(&error))
}

/// `ask`: awaits the host function `ask` with the request's bytes.
pub(super) async fn ask(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call(&ASK, question).await)
}

/// `ask_by_name`: the same, looking the function up by its name.
pub(super) async fn ask_by_name(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call("ask", question).await)
}

/// `ask_with_deadline`: with a deadline of as many milliseconds as the request says.
pub(super) async fn ask_with_deadline(_: &Library, milliseconds: Vec<u8>) -> Result<Vec<u8>, String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().expect("a number");
    let call = Host::current().expect("in a context").call(&ASK, "?");
    shown(call.deadline(Duration::from_millis(milliseconds)).await)
}

/// `ask_patiently`: waits when there are too many.
pub(super) async fn ask_patiently(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call(&ASK, question).wait_for_room().await)
}

/// `ask_when_registered`: waits for the registration, but no longer than as many milliseconds as the request says.
pub(super) async fn ask_when_registered(_: &Library, milliseconds: Vec<u8>) -> Result<Vec<u8>, String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().expect("a number");
    let call = Host::current().expect("in a context").call(&ASK, "?").wait_for_registration();
    shown(call.deadline(Duration::from_millis(milliseconds)).await)
}

/// `ask_text`: the answer has to be UTF-8.
pub(super) async fn ask_text(_: &Library, question: Vec<u8>) -> Result<String, String> {
    let call = Host::current().expect("in a context").call_as::<_, String, Vec<u8>>(&ASK, question);
    call.await.map_err(|error| show(&error))
}

/// `ask_elsewhere`: from a thread that is not the FFI thread.
pub(super) async fn ask_elsewhere(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = Host::current().expect("in a context");
    let asked = tokio::task::spawn_blocking(move || futures_block_on(host.call("ask", question)));
    shown(asked.await.expect("it does not panic"))
}

/// `ask_sync`: needs an inline answer.
pub(super) async fn ask_sync(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call_sync(&ASK, question))
}

/// `ask_sync_elsewhere`: the same from a thread that is not the FFI thread.
pub(super) async fn ask_sync_elsewhere(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = Host::current().expect("in a context");
    let asked = tokio::task::spawn_blocking(move || host.call_sync(&ASK, question));
    shown(asked.await.expect("it does not panic"))
}

/// `ask_and_drop`: polls the call once, then drops it.
pub(super) async fn ask_and_drop(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = Host::current().expect("in a context").call(&ASK, question);
    let polled = futures_poll_once(&mut call);
    drop(call);
    match polled {
        Some(outcome) => shown(outcome),
        None => Ok(b"dropped".to_vec()),
    }
}

/// `move_call`: begins the call here, and awaits it on another thread.
pub(super) async fn move_call(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = Host::current().expect("in a context").call("ask", question);
    if let Some(outcome) = futures_poll_once(&mut call) {
        return shown(outcome);
    }
    shown(tokio::task::spawn_blocking(move || futures_block_on(call)).await.expect("it does not panic"))
}

/// `drop_call_elsewhere`: begins the call here, and drops it on another thread.
pub(super) async fn drop_call_elsewhere(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = Host::current().expect("in a context").call("ask", question);
    if let Some(outcome) = futures_poll_once(&mut call) {
        return shown(outcome);
    }
    tokio::task::spawn_blocking(move || drop(call)).await.expect("it does not panic");
    Ok(b"dropped".to_vec())
}

/// `sleep`: takes as many milliseconds as the request says.
pub(super) async fn sleep(_: &Library, milliseconds: Vec<u8>) -> Result<(), String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().map_err(|_| "not a number".to_owned())?;
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Ok(())
}

/// `echo`: at once.
pub(super) async fn echo(_: &Library, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    Ok(bytes)
}

/// `fail`: with its declared error.
pub(super) async fn fail(_: &Library, bytes: Vec<u8>) -> Result<(), Vec<u8>> {
    Err(bytes)
}

/// `panics`: with the request as its message.
pub(super) async fn panics(_: &Library, message: Vec<u8>) -> Result<(), String> {
    tokio::task::yield_now().await;
    panic_on_purpose(String::from_utf8_lossy(&message).into_owned())
}

/// `block`: keeps the FFI thread for as many milliseconds as the request says.
pub(super) async fn block(_: &Library, milliseconds: Vec<u8>) -> Result<(), String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().map_err(|_| "not a number".to_owned())?;
    std::thread::sleep(Duration::from_millis(milliseconds));
    Ok(())
}

/// `emit`: one event with these bytes.
pub(super) async fn emit(_: &Library, bytes: Vec<u8>) -> Result<(), String> {
    Host::current().expect("in a context").emit("happened", bytes).map_err(|error| error.to_string())
}

/// `name_now_async`: the name of the context.
pub(super) async fn name_now_async(library: &Library, _: Vec<u8>) -> Result<String, String> {
    Ok(library.name.clone())
}

/// `name_now`: the name of the context, on the caller's thread.
pub(super) fn name_now(library: &Library, bytes: &[u8]) -> Result<String, String> {
    match bytes {
        b"panic" => panic_on_purpose("told to panic"),
        b"ask" => Host::current()
            .expect("in a context")
            .call_sync(&ASK, "sync".to_owned())
            .map_err(|error| show(&error))
            .map(|answer: Vec<u8>| String::from_utf8_lossy(&answer).into_owned()),
        _ => Ok(library.name.clone()),
    }
}
