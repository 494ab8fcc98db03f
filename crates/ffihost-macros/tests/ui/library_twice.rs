#![allow(unused)]

use ffihost::ffi;

ffihost::library!("y", App);

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
