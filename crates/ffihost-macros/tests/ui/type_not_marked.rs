#![allow(unused)]

use ffihost::ffi;

struct Plain {
    a: u8,
}

#[ffi]
struct Outer {
    plain: Plain,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
