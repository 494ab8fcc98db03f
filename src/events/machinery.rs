//! What only a library with events needs: listeners and the event thread.
//!
//! Nothing names it but what `#[ffi_event]` and `exports!` put into a section of the library's file, so a library that has no
//! event does not link it. It has no listener either, as the host may only listen to events that the library has.

use super::hub::{Around, Hub, Removal};
use crate::Format;
use crate::abi::{Callback, section};
use std::io;
use std::time::Instant;

/// The operations of a hub that need a listener.
#[derive(Debug)]
pub struct Machinery {
    pub(crate) add: fn(&Hub, &str, Format, Callback, Around) -> io::Result<u64>,
    pub(crate) remove: fn(&Hub, u64, bool) -> Removal,
    pub(crate) finish: fn(&Hub, Instant) -> bool,
}

/// What the attributes name.
pub static MACHINERY: Machinery = Machinery { add: Hub::add, remove: Hub::remove, finish: Hub::finish };

section! {
    elf: "ffihost_events", start: "__start_ffihost_events", stop: "__stop_ffihost_events",
    apple: "__ffihost_events", windows: ".ffie",
    Option<&Machinery> = None
}

/// None if no library in this file has an event.
pub(crate) fn machinery() -> Option<&'static Machinery> {
    let (start, stop) = section();
    let count = (stop.addr() - start.addr()) / size_of::<Option<&Machinery>>();
    // SAFETY: the linker defines both as the bounds of one section, which holds nothing but such references, and what pads it
    // is zeros, which are none.
    let named: &'static [Option<&'static Machinery>] = unsafe { std::slice::from_raw_parts(start.cast(), count) };
    named.iter().find_map(|machinery| *machinery)
}

/// Says that the library has an event, if it has: what the attributes emit.
#[doc(hidden)]
#[macro_export]
macro_rules! __events {
    () => {};
    ($($event:literal),+) => {
        const _: () = {
            #[used]
            #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = "ffihost_events"))]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__ffihost_events"))]
            #[cfg_attr(windows, unsafe(link_section = ".ffie$m"))]
            static __MACHINERY: ::std::option::Option<&'static $crate::export::Machinery> =
                ::std::option::Option::Some(&$crate::export::MACHINERY);
        };
    };
}
