#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Numbers {
    a: usize,
    b: isize,
    c: u128,
    d: Vec<i128>,
    e: char,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
