#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi]
impl App {
    #[ffi(constructor)]
    fn open(&self) -> Result<Self, String> {
        Ok(Self)
    }

    fn version(&self) {}

    fn copy(&self) -> Self {
        Self
    }

    #[ffi(destructor)]
    async fn end(&self) -> u8 {
        1
    }
}

fn main() {}
