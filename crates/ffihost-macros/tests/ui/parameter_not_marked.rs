#![allow(unused)]

use ffihost::ffi;

struct Plain {
    a: u8,
}

#[ffi]
async fn put(app: &App, plain: Plain) {
    let _ = (app, plain.a);
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
