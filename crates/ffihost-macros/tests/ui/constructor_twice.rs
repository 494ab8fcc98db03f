#![allow(unused)]

use ffihost::ffi;

#[ffi(constructor)]
async fn again() -> Result<App, String> {
    Ok(App)
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
