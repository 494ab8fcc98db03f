#![allow(unused)]

use ffihost::ffi;
use std::sync::Arc;

/// Types that are converted, and are no representations.
macro_rules! converted {
    ($($name:ident as $type:ty),*) => {$(
        impl From<&$name> for $type {
            fn from(_: &$name) -> Self {
                unimplemented!()
            }
        }

        impl From<$type> for $name {
            fn from(_: $type) -> Self {
                $name
            }
        }
    )*};
}

converted!(Shared as Arc<str>, Unmarked as Plain, Missing as Option<u8>);

#[ffi(as = Arc<str>)]
struct Shared;

struct Plain;

#[ffi(as = Plain)]
struct Unmarked;

#[ffi(as = Option<u8>)]
struct Missing;

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn create() -> Result<App, String> {
    Ok(App)
}

fn main() {}
