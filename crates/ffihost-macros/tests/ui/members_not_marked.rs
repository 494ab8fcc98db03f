#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

struct Cursor;

#[ffi]
impl Cursor {
    fn next(&self, n: u32) -> u32 {
        n
    }

    async fn later(&self) {}

    fn all() -> u32 {
        1
    }
}

#[ffi]
struct Point {
    x: u8,
}

#[ffi]
impl Point {
    const ZERO: u8 = 0;
}

fn main() {}
