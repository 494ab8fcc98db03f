#![allow(unused)]

use ffihost::ffi;

#[ffi]
enum Never {}

#[ffi]
enum Level {
    Low = 1,
    High = 5,
}

#[ffi]
enum Point {
    Brackets {},
    Parentheses(),
}

#[ffi]
fn height(level: Level, point: Point) -> Never {
    loop {}
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
