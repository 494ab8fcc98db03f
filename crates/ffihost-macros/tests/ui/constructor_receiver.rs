#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn one(app: &App) -> App {
    App
}

fn main() {}
