#![allow(unused)]

use ffihost::ffi;

#[ffi]
async fn one(app: &App, (a, b): (u8, u8)) {}

#[ffi]
async fn two(app: &App, _: u8) {}

#[ffi]
async fn three(app: &App, ref c: u8) {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
