//! What cannot be bound.

/// Why a library has no bindings in a language.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two things would have the same name.
    #[error("{first} and {second} are both `{name}` in the bindings: rename one of them in the library")]
    SameName {
        /// The name.
        name: String,
        /// What has it already.
        first: String,
        /// What would have it too.
        second: String,
    },
    /// The unit type, where there has to be a value.
    #[error("{place} is of type `()`, which only a result can be: leave it out")]
    Unit {
        /// Where it is used.
        place: String,
    },
    /// A template failed.
    #[error("a template cannot be filled: {0}")]
    Template(#[from] askama::Error),
}
