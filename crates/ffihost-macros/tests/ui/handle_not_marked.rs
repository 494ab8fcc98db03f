#![allow(unused)]

use ffihost::ffi;

struct Cursor;

#[ffi]
async fn next(cursor: &Cursor) {
    let _ = cursor;
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
