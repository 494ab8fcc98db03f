#![allow(unused)]

use ffihost::ffi;

#[ffi]
async fn fetch(app: &App, #[cfg(unix)] id: String) {}

#[ffi]
struct Some {
    a: u8,
    #[cfg(windows)]
    b: u8,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
