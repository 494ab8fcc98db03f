#![allow(unused)]

use ffihost::ffi;

#[ffi(handle)]
struct Cursor;

#[ffi]
async fn next(app: &App, cursor: Cursor) {
    let _ = (app, cursor);
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
