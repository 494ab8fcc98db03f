#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
fn one() -> Result<App, String> {
    Ok(App)
}

fn main() {}
