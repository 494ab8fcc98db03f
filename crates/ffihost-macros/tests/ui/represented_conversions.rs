#![allow(unused)]

use ffihost::ffi;
use std::sync::Arc;

#[ffi(as = String)]
struct Neither(u8);

#[ffi(as = String)]
struct OneWay(u8);

impl From<&OneWay> for String {
    fn from(_: &OneWay) -> Self {
        String::new()
    }
}

struct Silent;

#[ffi(as = u8)]
struct WithoutText(u8);

impl From<&WithoutText> for u8 {
    fn from(it: &WithoutText) -> Self {
        it.0
    }
}

impl TryFrom<u8> for WithoutText {
    type Error = Silent;

    fn try_from(_: u8) -> Result<Self, Silent> {
        Err(Silent)
    }
}

#[ffi]
struct Uses {
    neither: Neither,
    one_way: Vec<OneWay>,
    without_text: Option<WithoutText>,
}

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn create() -> Result<App, String> {
    Ok(App)
}

fn main() {}
