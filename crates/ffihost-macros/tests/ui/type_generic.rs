#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct Page<T> {
    items: Vec<T>,
}

#[ffi]
struct Name<'a> {
    text: &'a str,
}

#[ffi]
enum Either<A> where A: Clone {
    Left(A),
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
