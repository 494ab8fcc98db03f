//! What `macro_rules!` passes on comes in groups that cannot be seen.

#![deny(warnings)]

use ffihost::{HostError, ffi, ffi_event, ffi_host};

struct App;

#[ffi(handle)]
struct Cursor;

#[ffi]
#[derive(Clone)]
struct Point {
    x: u8,
}

macro_rules! library {
    ($name:literal, $state:ty) => {
        ffihost::library!($name, $state);
    };
}

macro_rules! items {
    (
        $vis:vis $state:path, $handle:path, $point:ty, $text:ty, $bytes:ty, $list:ty, $reference:ty, $unit:ty,
        $result:ty, $host_result:ty, $count:ty = $value:expr
    ) => {
        #[ffi]
        $vis struct Fields {
            point: $point,
            points: Vec<$point>,
            maybe: Option<$point>,
        }

        #[ffi]
        enum Data {
            One($point),
            Several { points: Vec<$point> },
        }

        #[ffi]
        const COUNT: $count = $value;

        #[ffi]
        impl $handle {
            const FIRST: $count = $value;

            fn of_text(text: $text) -> Self {
                let _ = text;
                Cursor
            }

            fn same(&self, point: $point) -> $point {
                point
            }
        }

        #[ffi]
        const NAME: $text = "name";

        #[ffi(constructor)]
        async fn open(name: $text) -> $result {
            let _ = name;
            Ok(App)
        }

        #[ffi(destructor)]
        async fn close(app: &$state) {
            let _ = app;
        }

        #[ffi]
        fn list(app: &$state, text: $text, bytes: $bytes, list: $list, reference: $reference) -> $unit {
            let _ = (app, text, bytes, list, reference);
        }

        #[ffi]
        async fn next(cursor: &$handle, text: $text, point: $point) -> $point {
            let _ = (cursor, text);
            point
        }

        #[ffi_host]
        async fn ask(text: $text, bytes: $bytes, list: $list, reference: $reference, point: $point) -> $host_result;

        #[ffi_event]
        fn on_asked(text: $text, list: $list);
    };
}

library!("fragments", App);

items!(
    pub(crate) App, Cursor, Point, &str, &[u8], &[Point], &Point, (), Result<App, String>, Result<Point, HostError>,
    u8 = 3
);

fn main() {}
