#![allow(unused)]

use ffihost::ffi;

#[ffi(destructor)]
fn one(app: &App, code: u8) -> u8 {
    code
}

#[ffi(destructor)]
async fn two() {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
