#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Std {
    a: std::ffi::OsString,
    b: std::time::Instant,
}

#[ffi]
struct Borrowed {
    a: std::borrow::Cow<'static, str>,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
