//! What starts each request of the libraries in this file: the attributes put it into a section.

use crate::abi::section;
use crate::abi::served::{Row, Start};
use crate::status::Status;

section! {
    elf: "ffihost_rows", start: "__start_ffihost_rows", stop: "__stop_ffihost_rows",
    apple: "__ffihost_rows", windows: ".ffir",
    Option<&Row> = Some(&NONE)
}

/// Of no library.
static NONE: Row = Row { module: "", name: "", start: Start::Release("", |_, _| Err(Status::UnknownToken)) };

/// The rows of all libraries in this file.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    let (start, stop) = section();
    let count = (stop.addr() - start.addr()) / size_of::<Option<&Row>>();
    // SAFETY: the linker defines both as the bounds of one section, which holds nothing but such references, and what pads it
    // is zeros, which are none.
    let rows: &'static [Option<&'static Row>] = unsafe { std::slice::from_raw_parts(start.cast(), count) };
    rows.iter().filter_map(|row| *row)
}

/// Puts a row into the section: what the attributes emit.
#[doc(hidden)]
#[macro_export]
macro_rules! __row {
    ($row:expr) => {
        const _: () = {
            static __ROW: $crate::export::Row = $row;
            $crate::__placed!(
                elf: "ffihost_rows", windows: ".ffir",
                __POINTER: ::std::option::Option<&'static $crate::export::Row> = ::std::option::Option::Some(&__ROW)
            );
        };
    };
}
