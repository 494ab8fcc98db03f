#![allow(unused)]

use ffihost::ffi;

ffihost::library!("x", App);

struct App;
struct Other;

#[ffi(constructor)]
async fn one() -> Result<Other, String> {
    Ok(Other)
}

fn main() {}
