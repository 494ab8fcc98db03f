//! Keeping the FFI thread until the test lets go.

use super::library::Library;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex};

static LET_GO: (Mutex<BTreeSet<Vec<u8>>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

/// `hold`: keeps the FFI thread until the test lets go of this name.
pub(super) async fn hold(_: &Library, name: Vec<u8>) -> Result<(), String> {
    let (names, changed) = &LET_GO;
    let names = names.lock().expect("not poisoned");
    drop(changed.wait_while(names, |names| !names.contains(&name)).expect("not poisoned"));
    Ok(())
}

/// Ends every `hold` of this name.
pub fn let_go(name: &str) {
    LET_GO.0.lock().expect("not poisoned").insert(name.as_bytes().to_vec());
    LET_GO.1.notify_all();
}
