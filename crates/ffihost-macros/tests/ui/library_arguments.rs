#![allow(unused)]

ffihost::library!(#[cfg(unix)] "my_app", App, limits = 3, formats());

struct App;

fn main() {}
