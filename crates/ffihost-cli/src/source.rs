//! The library that a command is about, out of its file.

use crate::args::Source;
use crate::error::Error;
use ffihost_schema::{Checked, libraries_in_file};
use std::borrow::Cow;
use std::path::Path;

/// All libraries in a file, or the one of that name.
pub(crate) fn libraries(file: &Path, name: Option<&str>) -> Result<Vec<Checked>, Error> {
    let bytes = std::fs::read(file).map_err(Error::file(file, "read it"))?;
    let libraries = libraries_in_file(&bytes).map_err(|error| Error::Read { path: file.to_owned(), error })?;
    let Some(name) = name else { return Ok(libraries) };
    let names = names(&libraries);
    let chosen: Vec<_> = libraries.into_iter().filter(|library| library.name == name).collect();
    match chosen.is_empty() {
        true => Err(Error::NotInIt { path: file.to_owned(), name: name.to_owned(), names }),
        false => Ok(chosen),
    }
}

/// The one library in a file, or the one of that name.
pub(crate) fn library(file: &Path, name: Option<&str>) -> Result<Checked, Error> {
    let mut libraries = libraries(file, name)?;
    match (libraries.pop(), libraries.is_empty()) {
        (Some(library), true) => Ok(library),
        (last, _) => {
            libraries.extend(last);
            Err(Error::Several { path: file.to_owned(), names: names(&libraries) })
        }
    }
}

impl Source {
    pub(crate) fn libraries(&self) -> Result<Vec<Checked>, Error> {
        libraries(&self.path()?, self.library.as_deref())
    }

    pub(crate) fn library(&self) -> Result<Checked, Error> {
        library(&self.path()?, self.library.as_deref())
    }

    /// The file that was given, or what cargo builds.
    pub(crate) fn path(&self) -> Result<Cow<'_, Path>, Error> {
        match &self.file {
            Some(file) if self.build.is_empty() => Ok(Cow::Borrowed(file)),
            Some(_) => Err(Error::BuiltAlready),
            None => self.build.library().map(Cow::Owned),
        }
    }
}

fn names(libraries: &[Checked]) -> Vec<String> {
    libraries.iter().map(|library| library.name.clone()).collect()
}
