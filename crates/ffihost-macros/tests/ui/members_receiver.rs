#![allow(unused)]

use ffihost::{Handle, ffi};
use std::sync::Arc;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

#[ffi(handle)]
struct Cursor;

#[ffi]
impl App {
    fn change(&mut self) {}

    fn end(self) {}
}

#[ffi]
impl Cursor {
    fn change(&mut self) {}

    fn end(self) {}

    fn count(self: Arc<Self>) {}

    fn lend<'a>(&'a self, text: &'a str) {}

    const fn size(&self) -> u32 {
        1
    }

    unsafe fn any<T>(&self) {}
}

fn main() {}
