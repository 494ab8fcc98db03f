#![allow(unused)]

use ffihost::ffi;

use std::collections::{HashMap, LinkedList};

#[ffi]
struct Parts {
    a: (u8, u8),
    b: [(u8, u8); 4],
}

#[ffi]
struct Collections {
    c: HashMap<u32, String>,
    d: LinkedList<String>,
    e: Option<Option<u8>>,
    f: Result<u8, u8>,
    g: (),
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
