//! What can be wrong with a file or a descriptor.

use std::cmp::Ordering;

/// Why a surface could not be read. Each text says what is wrong, where, and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Neither ELF, Mach-O, PE nor an archive of such.
    #[error("not a compiled library ({reason}): give the .so, .dylib, .dll or .a file that cargo built")]
    NotALibrary {
        /// What the parser of object files says.
        reason: String,
    },
    /// Nothing in it was written by ffihost.
    #[error("no ffihost section: the file was not built with ffihost::library!, or was stripped of its sections")]
    NoSection,
    /// Some crates in it use the attributes, but none is a library.
    #[error("no library: the crates {} use ffihost's attributes, but none has ffihost::library!", .crates.join(", "))]
    NoLibrary {
        /// Their names.
        crates: Vec<String>,
    },
    /// Made by a version of ffihost that this one does not know.
    #[error(
        "format {found}, and this tool reads format {}: it was written by a newer ffihost, update `ffihost-cli`",
        crate::FORMAT
    )]
    NewerFormat {
        /// The file's format.
        found: u64,
    },
    /// Made by a version of ffihost whose format is read no longer.
    #[error(
        "format {found}, and this tool reads format {}: it was written by an older ffihost, build the library with the \
         version that the tool has",
        crate::FORMAT
    )]
    OlderFormat {
        /// The file's format.
        found: u64,
    },
    /// More of something than any library has.
    #[error("{what}: more than the {limit} that are read")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much is read.
        limit: usize,
    },
    /// The architectures of a universal file have different surfaces.
    #[error(
        "the file's slices for different architectures have different surfaces: build all of them from the same sources"
    )]
    SlicesDiffer,
    /// The section's pieces are not where they should be.
    #[error("the ffihost section is damaged at byte {at}, {problem}: build the library again")]
    Section {
        /// Where in the section.
        at: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// The document around the items is not what it should be.
    #[error("the descriptor is damaged at byte {at}, {problem}: read it again from the library")]
    Document {
        /// Where in the document.
        at: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// The hash that the document states is not its items'.
    #[error(
        "the descriptor says that its hash is {stated:#018x}, but its items hash to {computed:#018x}: it was changed after it was built"
    )]
    Hash {
        /// What the document says.
        stated: u64,
        /// What its items give.
        computed: u64,
    },
    /// An item, or the information that goes with it, does not decode.
    #[error("{item}, byte {at}: {problem}; library and tool must come from the same version of ffihost")]
    Item {
        /// Which.
        item: String,
        /// Where in its bytes.
        at: usize,
        /// What is wrong.
        problem: String,
    },
    /// Two items, or two parts of one, have one name.
    #[error("{path}: there are two of that name, rename one")]
    Duplicate {
        /// Which.
        path: String,
    },
    /// Another crate's type is needed, and several crates have a different one of that name.
    #[error("type `{name}`: the crates {} each have a different one, rename all but one", .crates.join(", "))]
    Ambiguous {
        /// The type.
        name: String,
        /// Where it is defined.
        crates: Vec<String>,
    },
    /// A type is used and not defined, or is something else than it is used as.
    #[error("{path} is of type `{name}`, which is no {expected} of the library: give it #[ffi]")]
    Unresolved {
        /// Who uses it.
        path: String,
        /// The type.
        name: String,
        /// What it should be: "struct or enum", "newtype that holds this", or "handle".
        expected: &'static str,
    },
    /// Something of a handle is not named after it, or is called on another.
    #[error(
        "{path} is said to be of the handle `{of}`, but its name or its receiver is another's: build the library again"
    )]
    Member {
        /// Which.
        path: String,
        /// The handle.
        of: String,
    },
    /// A type that would have no end in memory.
    #[error("type `{name}` contains itself: put the inner one into a Vec")]
    Infinite {
        /// The type.
        name: String,
    },
    /// A request that returns without a callback what lives during one only.
    #[error("request `{name}` is direct, and its result has pointers in it: build the library again")]
    Direct {
        /// The request.
        name: String,
    },
    /// A constant's value is not of its type.
    #[error("constant `{name}` has a value that its type does not have: give it another one, or another type")]
    Value {
        /// The constant.
        name: String,
    },
    /// The library lacks something, or has it twice.
    #[error("{count} items of kind `{kind}`, and a library has exactly one")]
    NotOne {
        /// `library` or `constructor`.
        kind: &'static str,
        /// How many there are.
        count: usize,
    },
}

impl ReadError {
    /// Refuses every format but the one that is read.
    pub(super) fn check_format(found: u64) -> Result<(), Self> {
        match found.cmp(&u64::from(crate::FORMAT)) {
            Ordering::Less => Err(Self::OlderFormat { found }),
            Ordering::Equal => Ok(()),
            Ordering::Greater => Err(Self::NewerFormat { found }),
        }
    }
}
