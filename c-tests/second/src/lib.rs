//! A second library with another prefix, so that a test can have two in one process. It warns about requests that still run.

use ffihost::{Host, HostFn, Options};
use std::time::Duration;

static ASK: HostFn = HostFn::new("ask");

/// The library's state.
#[derive(Debug)]
pub struct Second {
    name: Vec<u8>,
}

async fn construct(name: Vec<u8>) -> Result<Second, String> {
    Ok(Second { name })
}

/// `name`: what the context was created with.
async fn name(second: &Second, _: Vec<u8>) -> Result<Vec<u8>, String> {
    Ok(second.name.clone())
}

/// `ask`: awaits the host function `ask` with the request's bytes.
async fn ask(_: &Second, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = Host::current().map_err(|error| error.to_string())?;
    host.call(&ASK, question).await.map_err(|error| format!("{error:?}"))
}

/// `never`: does not end by itself.
async fn never(_: &Second, _: Vec<u8>) -> Result<(), String> {
    std::future::pending().await
}

/// `name_now`: what the context was created with, on the caller's thread.
fn name_now(second: &Second, _: &[u8]) -> Result<Vec<u8>, String> {
    Ok(second.name.clone())
}

ffihost::exports! {
    prefix: "second",
    state: Second,
    options: Options::new()
        // Grace passes where a program waits for it; nothing that a close waits for then takes as long as the linger.
        .grace(Duration::from_millis(30))
        .linger(Duration::from_secs(3_600))
        .stale_warning(Duration::from_millis(5)),
    constructor: construct,
    requests: { name: name, ask: ask, never: never },
    sync_requests: { name_now: name_now },
    host_fns: ["ask"],
    events: ["happened"],
}
