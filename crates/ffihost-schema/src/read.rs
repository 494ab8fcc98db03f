//! Reading descriptors, out of compiled files or from the running library, and comparing them.
//!
//! From the bytes up: `cbor` reads in place; `piece` splits a section; `item`, with `shape` and `info`, makes a part of the
//! `model` of each piece; `gather` finds out which pieces make up a library; `document` puts them together and reads that;
//! `check` looks whether they go together, which makes a [`Checked`] of a [`Library`]; `hashes` has a hash of each
//! item with the types that `reached` finds in it; `file` finds the section in a compiled file. Upon the model: `diff` compares two
//! of it, `cddl` writes one down for people with CBOR.
//!
//! Files are hostile until they are read: whatever is in them gives a library or a [`ReadError`], in time and memory that
//! its size justifies.

mod cbor;
mod cddl;
mod check;
mod diff;
mod document;
mod error;
#[cfg(feature = "read")]
mod file;
#[cfg(feature = "read")]
mod gather;
mod hashes;
mod info;
mod item;
mod model;
mod piece;
mod reached;
mod shape;
mod types;

pub use self::cddl::cddl;
pub use self::check::Checked;
pub use self::diff::{Change, ChangeKind, Effect, Semver, Step, diff, semver};
pub use self::document::assemble;
pub use self::error::ReadError;
#[cfg(feature = "read")]
pub use self::file::{documents_in_file, libraries_in_file};
pub use self::model::*;
pub use self::piece::{Piece, split};
