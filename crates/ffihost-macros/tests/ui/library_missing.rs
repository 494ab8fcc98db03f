#![allow(unused)]

use ffihost::ffi;

#[ffi]
struct A {
    b: u8,
}

#[ffi]
async fn c(a: A) -> A {
    a
}

fn main() {}
