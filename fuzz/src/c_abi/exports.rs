//! The libraries that are fuzzed, and their C ABI as `ffihost.h` declares it: of the same functions, one whose closes end by
//! themselves, and one with short limits whose code may block.

use ffihost_test_host::{Create, Exports, Request};
use std::ops::Deref;

/// The exports of a library.
#[derive(Debug)]
pub(crate) struct Api {
    every: &'static Exports,
    pub(crate) create: Create,
    pub(crate) requests: &'static [Request],
    pub(crate) sync_requests: &'static [Request],
    /// Requests, of each kind the last ones, that block until the host lets go.
    pub(crate) blocking: &'static [Request],
}

impl Deref for Api {
    type Target = Exports;

    fn deref(&self) -> &Exports {
        self.every
    }
}

macro_rules! library {
    (
        $module:ident, $prefix:literal, $options:expr,
        requests: [$($request:ident),*], blocking: [$($blocking:ident),*],
        sync_requests: [$($sync:ident),*], sync_blocking: [$($sync_blocking:ident),*],
    ) => {
        mod $module {
            use super::super::library::*;
            use super::*;

            ffihost::exports! {
                prefix: $prefix,
                state: State,
                options: $options,
                constructor: construct,
                destructor: destruct,
                requests: { $($request: $request,)* $($blocking: $blocking),* },
                sync_requests: { $($sync: $sync,)* $($sync_blocking: $sync_blocking),* },
                host_fns: ["ask", "other"],
                events: ["happened"],
            }

            mod c {
                ffihost_test_host::exports!(
                    $prefix,
                    create: [create],
                    requests: [$($request,)* $($blocking,)* $($sync,)* $($sync_blocking),*]
                );
            }

            pub(super) static API: Api = Api {
                every: c::EXPORTS,
                create: c::create,
                requests: &[$(c::$request,)* $(c::$blocking),*],
                sync_requests: &[$(c::$sync,)* $(c::$sync_blocking),*],
                blocking: &[$(c::$blocking,)* $(c::$sync_blocking),*],
            };
        }
    };
}

macro_rules! libraries {
    ($($requests:tt)*) => {
        library!(patient, "fuzzed", PATIENT, $($requests)* blocking: [],
            sync_requests: [now, ask_now, reply_bomb_now], sync_blocking: [],);
        library!(hasty, "hasty_fuzzed", HASTY, $($requests)* blocking: [block, block_elsewhere],
            sync_requests: [now, ask_now, reply_bomb_now], sync_blocking: [block_now],);
    };
}

libraries! {
    requests: [
        ask, ask_other, ask_text, ask_with_deadline, ask_patiently, ask_twice, ask_and_drop, ask_elsewhere, ask_sync, echo,
        fail, panics, never, sleep, emit, ask_bomb, ask_bomb_and_drop, reply_bomb, never_bomb, emit_bomb
    ],
}

/// The library whose closes end by themselves.
pub(crate) static PATIENT_API: &Api = &patient::API;
/// The one with short limits.
pub(crate) static HASTY_API: &Api = &hasty::API;
