//! Whose the host functions are that are registered in a loaded library.
//!
//! The C ABI knows a registration by its name only, and not whose it is. So what is registered through this crate is noted here,
//! under the lock that is held while the library is told; there is no other way to the context of a loaded library. What is
//! released meanwhile was registered here too: the end of a connection, which calls nothing.

use ffihost::ipc::{Origin, Status};
use parking_lot::Mutex;
use std::collections::HashMap;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Registered(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    latest: u64,
    by_name: HashMap<String, (Origin, u64)>,
}

impl Registered {
    /// Registers by `register`, and returns what that is taken back by. BUSY, if it is for a client, and the name is
    /// registered, but not for a client.
    pub(crate) fn register(
        &self,
        name: &str,
        origin: Origin,
        is_registered: impl FnOnce() -> bool,
        register: impl FnOnce() -> Result<(), Status>,
    ) -> Result<u64, Status> {
        let mut names = self.0.lock();
        let is_a_clients = names.by_name.get(name).is_some_and(|(of, _)| *of == Origin::Client);
        if origin == Origin::Client && !is_a_clients && is_registered() {
            return Err(Status::Busy);
        }
        register()?;
        names.latest += 1;
        let number = names.latest;
        names.by_name.insert(name.to_owned(), (origin, number));
        Ok(number)
    }

    /// Takes a registration back by `unregister`, if it was not replaced.
    pub(crate) fn unregister(&self, name: &str, number: u64, unregister: impl FnOnce()) {
        let mut names = self.0.lock();
        if names.by_name.get(name).is_some_and(|(_, there)| *there == number) {
            names.by_name.remove(name);
            unregister();
        }
    }
}
