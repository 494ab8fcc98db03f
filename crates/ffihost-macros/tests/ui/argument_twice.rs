#![allow(unused)]

use ffihost::ffi;

#[ffi(error, error)]
enum A {
    B,
}

#[ffi(handle, error)]
struct C;

#[ffi(formats(native), formats(cbor))]
async fn d(app: &App) {}

#[ffi]
#[ffi]
struct E {
    a: u8,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
