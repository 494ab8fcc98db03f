#![allow(unused)]

ffihost::library!("my_app");

fn main() {}
