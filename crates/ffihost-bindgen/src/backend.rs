//! What a language of the bindings is.

use crate::model::Model;
use crate::model::logic::OwnTypes;
use crate::model::names::{Helpers, Rules};
use crate::{Error, File, Language, c, cpp, rust};

/// A language: how it is called, which names it does not take, and which files it consists of.
pub(crate) trait Backend {
    /// How it is written on a command line: first as it is displayed.
    fn flags(&self) -> &'static [&'static str];

    /// What it does with names that it does not take.
    fn rules(&self) -> Rules;

    /// Its own types for what types mean; all others are their representation in the model that it gets.
    fn own_types(&self) -> OwnTypes {
        OwnTypes(&[])
    }

    /// The files of a library. Two fields of one name were refused before.
    ///
    /// # Errors
    ///
    /// If the library cannot be bound in this language.
    fn files(&self, model: &Model<'_>) -> Result<Vec<File>, Error>;

    /// The names that only its bindings have.
    ///
    /// # Errors
    ///
    /// If the library cannot be bound in this language.
    fn helpers(&self, model: &Model<'_>) -> Result<Helpers, Error>;
}

impl Language {
    /// The table of the languages.
    pub(crate) fn backend(self) -> &'static dyn Backend {
        match self {
            Self::C => &c::Bindings,
            Self::Cpp => &cpp::Bindings,
            Self::Rust => &rust::Bindings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// A file that says how a language is spelled, and not what is written in it: that is in templates.
    const LINES: usize = 300;

    #[test]
    fn a_language_is_spelled_in_few_lines() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for language in Language::ALL {
            let folder = sources.join(language.to_string());
            let parts =
                fs::read_dir(&folder).expect("a language has a folder").map(|entry| entry.expect("an entry").path());
            let files: Vec<_> = parts.filter(|path| path.is_file()).chain([folder.with_extension("rs")]).collect();
            for file in files {
                let lines = fs::read_to_string(&file).expect("it can be read").lines().count();
                assert!(lines <= LINES, "{} has {lines} lines, more than {LINES}", file.display());
            }
            assert!(folder.join("templates").is_dir(), "{language} has templates");
        }
    }

    #[test]
    fn words_are_sorted() {
        for language in Language::ALL {
            for (words, _) in language.backend().rules().0 {
                let words: Vec<_> = words.split_whitespace().collect();
                assert!(words.is_sorted() && words.len() > 1, "{language}: {words:?}");
            }
        }
    }
}
