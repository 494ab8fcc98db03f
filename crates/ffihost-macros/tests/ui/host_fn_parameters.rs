#![allow(unused)]

use ffihost::{HostError, ffi, ffi_host};

#[ffi_host]
async fn one(mut a: u8, (b, c): (u8, u8)) -> Result<(), HostError>;

#[ffi_host]
async fn two(&self, a: usize) -> Result<(), HostError>;

#[ffi_host]
async fn three(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8) -> Result<(), HostError>;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
