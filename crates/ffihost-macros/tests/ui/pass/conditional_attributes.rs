//! Attributes that are there on a condition, and change no layout.

#![deny(warnings)]

use ffihost::ffi;

ffihost::library!("conditional_attributes", App);

struct App;

#[ffi(constructor)]
async fn open() -> Result<App, String> {
    Ok(App)
}

#[ffi]
#[cfg_attr(all(), derive(Clone, PartialEq))]
struct Point {
    #[cfg_attr(not(windows), doc = "From left to right.")]
    x: f64,
    #[cfg_attr(all(), allow(dead_code))]
    y: f64,
}

#[ffi]
enum Shape {
    #[cfg_attr(any(), deprecated)]
    Nothing,
    #[cfg_attr(all(), allow(clippy::large_enum_variant))]
    At(#[cfg_attr(any(), deprecated)] Point),
}

#[ffi]
fn move_to(app: &App, #[cfg_attr(all(), allow(unused_variables))] point: Point) {
    let _ = app;
}

fn main() {}
