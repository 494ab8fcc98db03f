#![allow(unused)]

use ffihost::ffi;

#[ffi(destructor)]
async fn one(app: &App) {
    let _ = app;
}

#[ffi(destructor)]
async fn two(app: &App) {
    let _ = app;
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
