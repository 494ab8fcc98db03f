#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App, formats(native));

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

#[ffi(formats(cbor))]
async fn run(app: &App) {
    let _ = app;
}

fn main() {}
