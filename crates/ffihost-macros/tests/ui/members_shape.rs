#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

trait Named {
    fn name(&self) -> String;
}

#[ffi]
impl Named for App {
    fn name(&self) -> String {
        String::new()
    }
}

struct Of<T>(T);

#[ffi]
impl Of<u8> {
    fn get(&self) -> u8 {
        self.0
    }
}

#[ffi]
impl<T> Of<T>
where
    T: Copy,
{
    fn twice(&self) {}
}

#[ffi(handle)]
impl App {
    fn one(&self) {}
}

#[ffi(formats(native))]
impl App {
    fn two(&self) {}
}

macro_rules! more {
    () => {};
}

#[ffi]
impl App {
    more!();

    #[ffi(skip)]
    more!();

    #[ffi]
    fn marked(&self) {}

    #[ffi(skip, formats(native))]
    fn skipped(&self) {}

    #[ffi(as = String)]
    fn converted(&self) {}

    #[ffi = "skip"]
    fn said(&self) {}
}

fn main() {}
