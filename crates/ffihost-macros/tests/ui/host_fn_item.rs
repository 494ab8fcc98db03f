#![allow(unused)]

use ffihost::{ffi, ffi_event, ffi_host};

#[ffi_host]
struct Fetch;

#[ffi_event]
enum Changed {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
