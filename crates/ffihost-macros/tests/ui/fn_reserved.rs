#![allow(unused)]

use ffihost::ffi;

#[ffi]
async fn destroy(app: &App) {}

#[ffi]
fn version() -> String {
    String::new()
}

#[ffi]
fn list_cbor() -> String {
    String::new()
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
