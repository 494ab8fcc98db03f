//! The unit tests of the library of the example `login`: the library alone, without its host.

#[path = "../login/library.rs"]
mod library;

use library::{Login, OPTIONS};

ffihost::library!("login", Login, options = OPTIONS);
