//! Why a command failed.

use ffihost_schema::ReadError;
use std::path::PathBuf;
use std::{fmt, io};

/// What is wrong, where, and what helps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}: cannot {doing}: {error}", .path.display())]
    File { path: PathBuf, doing: &'static str, error: io::Error },
    #[error("{}: {error}", .path.display())]
    Read { path: PathBuf, error: ReadError },
    #[error("{}: it holds the libraries {}: choose one with --library", .path.display(), .names.join(", "))]
    Several { path: PathBuf, names: Vec<String> },
    #[error("{}: there is no library `{name}` in it, but {}: give --library one of these", .path.display(), .names.join(", "))]
    NotInIt { path: PathBuf, name: String, names: Vec<String> },
    #[error("library `{library}`: {error}")]
    Bindings { library: String, error: ffihost_bindgen::Error },
    #[error("`{name}` cannot be the name of a library, {why}: {instead}")]
    Name { name: String, why: &'static str, instead: String },
    #[error("{}: it is there and not empty: give another folder with --path, or empty it", .path.display())]
    NotEmpty { path: PathBuf },
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl Error {
    /// What cannot be done with a file, in words that go after "cannot".
    pub(crate) fn file(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { path, doing, error }
    }
}

/// Bytes of a file may be in the message; they must not move the cursor of a terminal.
pub(crate) struct Printable<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: fmt::Display + ?Sized> fmt::Display for Printable<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.to_string().chars() {
            if char.is_control() && char != '\n' && char != '\t' {
                write!(f, "{}", char.escape_unicode())?;
            } else {
                write!(f, "{char}")?;
            }
        }
        Ok(())
    }
}
