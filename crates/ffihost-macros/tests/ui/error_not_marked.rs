#![allow(unused)]

use ffihost::ffi;

#[ffi]
enum Broken {
    Bad,
}

#[ffi]
async fn get(app: &App) -> Result<u8, Broken> {
    let _ = app;
    Err(Broken::Bad)
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
