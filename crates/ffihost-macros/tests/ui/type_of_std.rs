#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Std {
    a: std::path::PathBuf,
    b: std::time::Duration,
    c: std::time::SystemTime,
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
