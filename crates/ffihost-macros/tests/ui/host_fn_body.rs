#![allow(unused)]

use ffihost::{HostError, ffi, ffi_event, ffi_host};

#[ffi_host]
async fn fetch(id: String) -> Result<String, HostError> {
    Ok(id)
}

#[ffi_event]
fn on_changed(id: String) {
    drop(id);
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
