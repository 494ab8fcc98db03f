#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Numbers {
    c: u128,
    d: Vec<i128>,
    e: [u128; 2],
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
