#![allow(unused)]

use ffihost::ffi;

struct Timer;

impl Timer {
    #[ffi]
    async fn echo(&self, message: String) -> String {
        message
    }
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
