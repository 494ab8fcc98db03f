#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Meters(f64);

#[ffi]
struct Nothing;

#[ffi]
struct Empty {}

#[ffi]
async fn walk(app: &App, far: Meters, nothing: Nothing, empty: Empty) {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
