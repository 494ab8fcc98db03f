//! What only a library with events needs: listeners and the event thread.
//!
//! Nothing names it but what `#[ffi_event]` and `exports!` put into a section of the library's file, so a library that has no
//! event does not link it. It has no listener either, as the host may only listen to events that the library has.

use super::hub::Hub;
use super::listeners::Removal;
use crate::Format;
use crate::abi::{Callback, section};
use crate::options::Options;
use std::io;
use std::time::Instant;

/// The events of a context: a [`Hub`], in a library that has any.
pub(crate) trait Events: Send + Sync {
    /// Where they are emitted.
    fn hub(&self) -> &Hub;

    /// Adds a listener, and starts the event thread with the first; all of that thread runs inside of `around`. None after an
    /// abandonment.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    fn add(&self, event: &str, format: Format, callback: Callback, around: Around) -> io::Result<Option<u64>>;

    /// Removes a listener. With `wait`, not before a delivery that is under way has ended.
    fn remove(&self, id: u64, wait: bool) -> Removal;

    /// Delivers what is queued, ends the event thread, and waits for that, but no longer than until `deadline`.
    /// False if a listener still runs then.
    fn finish(&self, deadline: Instant) -> bool;

    /// Removes every listener, and refuses those that come later: no delivery begins after this. What is queued is dropped by
    /// the event thread, since its drops may be an author's, and what comes later is dropped and counted.
    fn abandon(&self);

    /// Whether this is the event thread, until its very end.
    fn is_event_thread(&self) -> bool;

    /// How many listeners there are.
    fn listeners(&self) -> usize;
}

/// What the event thread runs inside of.
pub(crate) type Around = Box<dyn FnOnce(&mut dyn FnMut()) + Send>;

/// Makes the events of a context.
#[derive(Debug)]
pub struct Support(fn(&Options) -> Box<dyn Events>);

/// What the attributes name.
pub static SUPPORT: Support = Support(|options| Box::new(Hub::new(options)));

section! {
    elf: "ffihost_events", start: "__start_ffihost_events", stop: "__stop_ffihost_events",
    apple: "__ffihost_events", windows: ".ffie",
    Option<&Support> = None
}

/// The events of a new context; none if no library in this file has an event.
pub(crate) fn events(options: &Options) -> Option<Box<dyn Events>> {
    let (start, stop) = section();
    let count = (stop.addr() - start.addr()) / size_of::<Option<&Support>>();
    // SAFETY: the linker defines both as the bounds of one section, which holds nothing but such references, and what pads it
    // is zeros, which are none.
    let named: &'static [Option<&'static Support>] = unsafe { std::slice::from_raw_parts(start.cast(), count) };
    named.iter().find_map(|support| *support).map(|Support(make)| make(options))
}

/// Says that the library has an event, if it has: what the attributes emit.
#[doc(hidden)]
#[macro_export]
macro_rules! __events {
    () => {};
    ($($event:literal),+) => {
        const _: () = {
            $crate::__placed!(
                elf: "ffihost_events", windows: ".ffie",
                __SUPPORT: ::std::option::Option<&'static $crate::export::Support> =
                    ::std::option::Option::Some(&$crate::export::SUPPORT)
            );
        };
    };
}
