#![allow(unused)]

use ffihost::ffi;

#[ffi]
union Bits {
    float: f32,
    int: u32,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
