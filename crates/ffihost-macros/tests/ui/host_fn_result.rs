#![allow(unused)]

use ffihost::{ffi, ffi_host};

#[ffi_host]
async fn nothing(id: String);

#[ffi_host]
async fn a_value(id: String) -> u32;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
