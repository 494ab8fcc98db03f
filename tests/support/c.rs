//! The C ABI of the library.

use ffihost_test_host::{ByHand, Create, Exports, Library, Request};

macro_rules! requests {
    ($($name:ident),* $(,)?) => {
        ffihost_test_host::exports!("t", create: [create], requests: [$($name),*]);

        /// A request by name.
        pub fn request(name: &str) -> Request {
            match name {
                $(stringify!($name) => $name,)*
                other => panic!("no request {other}"),
            }
        }
    };
}

requests! {
    ask, ask_by_name, ask_with_deadline, ask_patiently, ask_when_registered, ask_text, ask_elsewhere, ask_sync, ask_sync_elsewhere, ask_and_drop, ask_bomb, settle_elsewhere, move_call, drop_call_elsewhere, sleep, echo, fail, odd, odd_now, panics, block, hold, script, emit, name_now_async, name_now
}

/// The library, as its host knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct T;

impl Library for T {
    fn exports(self) -> &'static Exports {
        EXPORTS
    }
}

impl ByHand for T {
    const CREATE: Create = create;

    fn request(name: &str) -> Request {
        request(name)
    }
}
