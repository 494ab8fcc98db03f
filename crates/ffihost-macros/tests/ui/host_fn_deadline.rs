#![allow(unused)]

use ffihost::{HostError, ffi, ffi_host};

#[ffi_host(deadline = "ten")]
async fn one() -> Result<(), HostError>;

#[ffi_host(deadline = 10)]
async fn two() -> Result<(), HostError>;

#[ffi_host(deadline)]
async fn three() -> Result<(), HostError>;

#[ffi_host(timeout = "1s")]
async fn four() -> Result<(), HostError>;

#[ffi_host(deadline = "1s", deadline = "2s")]
async fn five() -> Result<(), HostError>;

#[ffi_host(deadline = "1s")]
fn six() -> Result<(), HostError>;

#[ffi_host(deadline = "0s")]
async fn seven() -> Result<(), HostError>;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
