//! What differs between two versions of a library, and which hosts of the old one the new one breaks.
//!
//! The question is always the same: a host was built for the old library and is given the new one. Does it still work?
//!
//! A *native* host was compiled against the old C binding: it breaks when a symbol is gone, a signature or a struct differs,
//! a tag means something else. A *CBOR* host speaks of parameters, fields and variants by name, so it bears more: unknown
//! keys are ignored, missing ones are none where none is possible, numbers may get wider. There the direction counts. What
//! hosts *send* must still be read by the library, and what they *receive* must still be read by them; [`usage`] finds out
//! which types go which way.
//!
//! Types are the same if their names are: one that was renamed counts as another type, which is the safe thing to say.
//!
//! The hash changes with every change of the ABI, compatible or not, so a binding that checks it must be generated again
//! anyway. What is said here is for hosts that do not check it, for those who ship host and library apart, and for whoever
//! has to tell what a new version asks of its users.

mod accepts;
mod compare;
mod items;
mod semver;
mod types;
mod usage;

pub use self::semver::{Semver, Step, semver};

use super::model::{Formats, Library};
use serde::Serialize;
use std::fmt;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What kind of difference it is.
    pub kind: ChangeKind,
    /// What differs, for people: "request `login`, parameter `req`".
    pub path: String,
    /// What it means to hosts that were compiled against the old C binding.
    pub native: Effect,
    /// What it means to hosts that speak CBOR, in the same process or over a socket.
    pub cbor: Effect,
    /// Why, in a sentence.
    pub why: String,
}

/// Kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The new library has it, the old one had not.
    Added,
    /// The old library had it, the new one has not.
    Removed,
    /// Both have it, and it is not the same.
    Changed,
    /// Both have the same, in another order.
    Reordered,
    /// No change of the ABI: docs, versions.
    Note,
}

/// What a difference means to a host of the old library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It goes on working.
    Compatible,
    /// It may not.
    Breaking,
}

impl Change {
    /// Whether hosts of these formats go on working.
    pub fn is_compatible(&self, hosts: Formats) -> bool {
        !(hosts.native && self.native == Effect::Breaking || hosts.cbor && self.cbor == Effect::Breaking)
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Reordered => "reordered",
            Self::Note => "note",
        })
    }
}

/// Compares two versions of a library. The order is that of the items: the library, its constructor, types, requests, host
/// functions, events, constants.
///
/// # Examples
///
/// ```no_run
/// use ffihost_schema::{Formats, Library, diff};
///
/// fn is_drop_in(old: &Library, new: &Library) -> bool {
///     let all_hosts = Formats { native: true, cbor: true };
///     diff(old, new).iter().all(|change| change.is_compatible(all_hosts))
/// }
/// ```
pub fn diff(old: &Library, new: &Library) -> Vec<Change> {
    let mut differ = compare::Differ::new(old, new);
    items::library(&mut differ);
    items::constructor(&mut differ);
    types::structs(&mut differ);
    types::enums(&mut differ);
    types::newtypes(&mut differ);
    types::kinds(&mut differ);
    items::requests(&mut differ);
    items::host_fns(&mut differ);
    items::events(&mut differ);
    items::constants(&mut differ);
    differ.into_changes()
}
