#![allow(unused)]

use ffihost::ffi;

struct Plain;

#[ffi]
async fn get(app: &App) -> Result<Plain, String> {
    let _ = app;
    Ok(Plain)
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
