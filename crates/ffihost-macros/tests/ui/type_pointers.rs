#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Pointers {
    a: *const u8,
    b: fn(u8) -> u8,
    f: &'static str,
    g: &'static [u8],
    h: Box<dyn Fn()>,
}

#[ffi]
struct Shared {
    c: Box<u8>,
    d: std::rc::Rc<Numbers>,
    e: std::sync::Arc<std::sync::Mutex<u8>>,
}

struct Numbers;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
