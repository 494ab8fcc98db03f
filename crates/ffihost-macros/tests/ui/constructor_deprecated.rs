#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
#[deprecated(note = "use another one")]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
