#![allow(unused)]

use ffihost::{ffi, ffi_host};

#[ffi(error)]
enum Broken {
    Bad,
}

#[ffi_host]
async fn fetch(id: String) -> Result<u8, Broken>;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
