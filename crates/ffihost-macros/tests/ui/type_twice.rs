#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Profile {
    a: u8,
}

mod other {
    #[ffihost::ffi]
    enum Profile {
        A,
    }
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
