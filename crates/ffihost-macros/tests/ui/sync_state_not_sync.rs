#![allow(unused)]

use ffihost::ffi;

#[ffi]
fn count(app: &Cellular) -> u32 {
    app.count.get()
}

struct Cellular {
    count: std::cell::Cell<u32>,
}

ffihost::library!("x", Cellular);

#[ffi(constructor)]
async fn open() -> Result<Cellular, String> {
    Err(String::new())
}

fn main() {}
