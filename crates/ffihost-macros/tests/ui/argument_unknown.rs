#![allow(unused)]

use ffihost::ffi;

#[ffi(errors)]
enum A {
    B,
}

#[ffi(name = "x")]
async fn c(app: &App) {}

#[ffi(formats(xml))]
async fn d(app: &App) {}

#[ffi(formats)]
async fn e(app: &App) {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
