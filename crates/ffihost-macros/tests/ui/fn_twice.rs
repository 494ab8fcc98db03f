#![allow(unused)]

use ffihost::ffi;

#[ffi]
async fn login(app: &App) {}

mod other {
    use ffihost::ffi;

    #[ffi]
    async fn login(app: &super::App) {}
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
