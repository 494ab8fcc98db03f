#![allow(unused)]

use ffihost::{HostError, ffi, ffi_host};

#[ffi_host]
async fn fetch() -> Result<(), HostError>;

mod other {
    #[ffihost::ffi_host]
    async fn fetch(id: u8) -> Result<(), ffihost::HostError>;
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
