#![allow(unused)]

use ffihost::ffi;

#[ffi]
unsafe fn one(app: &App) {}

#[ffi]
extern "C" fn two(app: &App) {}

#[ffi]
const fn three(app: &App) {}

#[ffi]
async fn four<T>(app: &App, value: T) {}

#[ffi]
async fn five<'a>(app: &'a App, value: &'a str) {}

#[ffi]
fn six(value: u8)
where
    u8: Copy,
{
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
