#![allow(unused)]

use ffihost::ffi;

#[ffi]
async fn fetch(app: &App, id: String) -> Result<String, String>;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
