#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Fields {
    #[cfg(unix)]
    a: u8,
    #[cfg_attr(unix, cfg(target_os = "linux"))]
    b: u8,
    #[cfg_attr(unix, allow(dead_code), cfg_attr(not(windows), cfg(target_os = "linux")))]
    c: u8,
    #[cfg_attr(unix, allow(dead_code))]
    d: u8,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
