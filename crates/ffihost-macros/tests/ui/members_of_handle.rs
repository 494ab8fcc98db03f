#![allow(unused)]

use ffihost::{Handle, ffi};

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

#[ffi(handle)]
struct Cursor;

#[ffi]
impl Cursor {
    #[ffi(constructor)]
    async fn new() -> Self {
        Self
    }

    #[ffi(destructor)]
    async fn end(&self) {}

    fn release(&self) {}

    fn next_cbor(&self) {}

    fn all() -> Vec<Self> {
        Vec::new()
    }

    fn merge(&self, other: Self) {}

    fn size(cursors: Vec<Handle<Cursor>>) {}

    #[ffi(formats(native))]
    const MAX: u32 = 1;

    const PAIR: (u8, u8) = (1, 2);
}

use Cursor as Walker;

#[ffi]
impl Walker {
    fn other(&self) {}
}

#[ffi]
fn cursor_next(cursor: &Cursor) {}

#[ffi]
impl Cursor {
    fn next(&self) {}
}

fn main() {}
