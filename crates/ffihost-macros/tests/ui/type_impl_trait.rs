#![allow(unused)]

use ffihost::ffi;

#[ffi]
fn all(app: &App, items: impl Iterator<Item = u8>) -> impl Clone {
    let _ = (app, items);
}

#[ffi]
fn one(item: &dyn std::fmt::Debug, other: &mut u8, text: Option<&str>) -> &'static str {
    ""
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

fn main() {}
