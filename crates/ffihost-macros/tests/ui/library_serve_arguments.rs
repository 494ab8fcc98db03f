#![allow(unused)]

use ffihost::ffi;

ffihost::library!("app", App, serve(peers = 3));

pub struct App;

#[ffi(constructor)]
pub async fn create() -> Result<App, String> {
    Ok(App)
}

fn main() {}
