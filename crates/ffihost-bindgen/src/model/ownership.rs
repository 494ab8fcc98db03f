//! Who owns what crosses, and by which symbol it is released.

use super::names::release;
use super::types::Class;

/// How the receiver of a value has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// It is the receiver's: numbers.
    Copied,
    /// It is the giver's, until the call that passes it returns: whatever has pointers in it.
    Borrowed,
    /// The library counts it, and the receiver releases it, see [`Release`]: handles.
    Counted,
}

impl Ownership {
    pub(crate) fn of(class: Class) -> Self {
        match class {
            Class::Unit | Class::Scalar | Class::Number => Self::Copied,
            Class::Handle => Self::Counted,
            Class::Text | Class::Bytes | Class::Option | Class::List | Class::Map | Class::Record | Class::Tagged => {
                Self::Borrowed
            }
        }
    }
}

/// How a handle is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// What is exported: `my_app_cursor_release`.
    pub(crate) symbol: String,
    /// The same as the name of a request: `cursor_release`.
    pub(crate) request: String,
}

impl Release {
    pub(crate) fn of(library: &str, handle: &str) -> Self {
        let request = release(handle);
        Self { symbol: format!("{library}_{request}"), request }
    }
}
