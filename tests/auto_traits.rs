//! What may be sent where.

use ffihost::{Call, Host, HostError, HostFn, Options, Stats, Status};
use std::cell::Cell;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}
fn is_copy<T: Copy>() {}
fn is_unpin<T: Unpin>() {}

#[test]
fn auto_traits() {
    is_send::<Host>();
    is_sync::<Host>();
    is_copy::<Host>();
    is_sync::<HostFn>();
    is_send::<Call<'static, Vec<u8>, Vec<u8>, String>>();
    is_unpin::<Call<'static, Vec<u8>, Vec<u8>, String>>();
    is_send::<HostError<Vec<u8>>>();
    is_sync::<HostError<Vec<u8>>>();
    is_copy::<Options>();
    is_copy::<Stats>();
    is_copy::<Status>();
    // A call is as Send as its arguments: this compiles for a type that is not, as long as nobody sends it.
    struct NotSend(Cell<u8>);
    impl ffihost::ToHost for NotSend {
        type Owned = [u8; 1];

        fn into_owned(self) -> [u8; 1] {
            [self.0.get()]
        }

        fn to_host(&self, _: ffihost::Format, take: &mut dyn FnMut(&[u8])) {
            take(&[self.0.get()]);
        }
    }
    is_unpin::<Call<'static, NotSend, Vec<u8>, Vec<u8>>>();
}
