#![allow(unused)]

use ffihost::ffi;

#[ffi]
mod inner {}

#[ffi]
static COUNT: u32 = 1;

#[ffi]
type Id = u64;

#[ffi]
use std::collections::HashMap as Map;

#[ffi]
trait Storage {}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
