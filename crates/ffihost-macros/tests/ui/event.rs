#![allow(unused)]

use ffihost::{ffi, ffi_event};

#[ffi_event]
async fn one(id: String);

#[ffi_event]
fn two(id: String) -> bool;

#[ffi_event(queued = 3)]
fn three(id: String);

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
