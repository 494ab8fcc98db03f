#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi]
async fn run(app: &App) {
    let _ = app;
}

fn main() {}
