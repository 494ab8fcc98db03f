#![allow(unused)]

use ffihost::ffi;

ffihost::library!("timer", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
