#![allow(unused)]

ffihost::library!("my_app", App, limits = 3, formats());

struct App;

fn main() {}
