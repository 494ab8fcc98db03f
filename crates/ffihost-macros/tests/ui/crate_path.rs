#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App, crate = self::bridge);

struct App;

#[ffi(constructor, crate = "ffihost")]
async fn open() -> Result<App, String> {
    Ok(App)
}

#[ffi(crate = ffihost, crate = ffihost)]
async fn twice(app: &App) {}

fn main() {}
