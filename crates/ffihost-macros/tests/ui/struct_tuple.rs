#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Pair((u8, u8), Vec<(u8, u8)>);

#[ffi]
enum Either {
    Both(u8, (u8, u8)),
}

#[ffi]
async fn walk(app: &App, pair: Pair, either: Either) {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
