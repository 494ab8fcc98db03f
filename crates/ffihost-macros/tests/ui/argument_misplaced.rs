#![allow(unused)]

use ffihost::ffi;

#[ffi(error)]
async fn a(app: &App) {}

#[ffi(handle)]
enum B {
    C,
}

#[ffi(constructor)]
struct D {
    e: u8,
}

#[ffi(formats(native))]
struct F {
    g: u8,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
