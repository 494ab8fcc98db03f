#![allow(unused)]

use ffihost::ffi;

ffihost::library!("app", App, formats(native), serve, serve);

pub struct App;

#[ffi(constructor)]
pub async fn create() -> Result<App, String> {
    Ok(App)
}

fn main() {}
