#![allow(unused)]

use ffihost::ffi;

#[ffi(handle)]
struct Cursor {
    rows: std::rc::Rc<u8>,
}

#[ffi(handle)]
struct Typed<T>(T);

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
