#![allow(unused)]

use ffihost::ffi;

#[ffi]
const SIZE: usize = 1;

#[ffi]
const NAMES: [&str; 1] = [""];

#[ffi]
const _: u8 = 1;

#[ffi(error)]
const ERROR: u8 = 1;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
