#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Maybe(Option<u8>);

type Perhaps = Option<String>;

#[ffi]
struct Alias(Perhaps);

#[ffi]
struct Unit(());

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
