//! Bindings to an ffihost library, generated from its descriptor.
//!
//! ```text
//!   compiled library ──▶ ffihost_schema::Checked ──▶ model ─────────────▶ a language ──▶ write ──▶ files
//!                        (read without running it)   decides everything   spelling,      lists, comments,
//!                                                    but the language     templates      long lines
//! ```
//!
//! ```
//! # use ffihost_schema::*;
//! # let formats = Formats { native: true, cbor: true };
//! # let layout = || Layout { size: 16, align: 8, offsets: vec![0] };
//! # let name = Field { name: "name".to_owned(), docs: Docs::default(), ty: Type::String };
//! # let library = Checked::new(Library {
//! #     name: "my_app".to_owned(), docs: Docs::default(), version: "1.0.0".to_owned(), pointer_width: 64,
//! #     target: 0x0808_0802_0408_0408, hash: 42, formats, serve: false,
//! #     constructor: Constructor { docs: Docs::default(), params: vec![name], error: None, formats, layout: layout() },
//! #     structs: vec![], enums: vec![], newtypes: vec![], handles: vec![], requests: vec![], host_fns: vec![], events: vec![],
//! #     constants: vec![],
//! # })?;
//! use ffihost_bindgen::{Language, generate};
//!
//! let files = generate(&library, Language::C)?;
//! assert_eq!(files[0].path, "my_app.h");
//! assert!(files[0].contents.contains("int my_app_create(FFIString name, FFICallBack cb, void *userData, void **ctx);"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The modules, in the order to read them:
//!
//! - `model` is a library with everything decided that does not depend on the language: classes, passing and ownership of types,
//!   the order of definitions, whose a request is, what holds for callbacks, documentation without comment marks, and the rules
//!   for names.
//! - `backend` is what a language is, and the table of them. `c`, `cpp`, which is written in terms of C, and `rust`, a client, each
//!   have a file that says how names, types and sentences are spelled, and a folder of templates, one for each construct.
//! - `write` lays text out: lists of parameters, comments, long lines, literals.
//! - [`Error`] says what cannot be bound.
//!
//! A further language is a further folder; `docs/adr/0021-one-model-for-every-binding.md` says what its author does.

#![forbid(unsafe_code)]

mod backend;
mod c;
mod cpp;
mod error;
mod model;
mod rust;
mod write;

pub use self::error::Error;

use self::model::Model;
use ffihost_schema::Checked;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A language to generate bindings in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// C99, which C++ takes too: `<lib>.h` and `ffihost.h`, the same for every library.
    C,
    /// C++17: `<lib>.hpp` and `ffihost.hpp`, the same for every library; and the C headers, which they include.
    Cpp,
    /// Rust: `<lib>.rs`, a client of the library where it is served, or where it is loaded.
    Rust,
}

impl Language {
    /// Every language, in the order of their names.
    pub const ALL: [Self; 3] = [Self::C, Self::Cpp, Self::Rust];

    /// How it is written on a command line.
    fn flag(self) -> &'static str {
        self.backend().flags()[0]
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.flag())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Takes what [`Display`](fmt::Display) gives, `c++` and `rs`.
    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let text = text.to_ascii_lowercase();
        let is_meant = |language: &Self| language.backend().flags().contains(&&*text);
        Self::ALL.into_iter().find(is_meant).ok_or(UnknownLanguage(text))
    }
}

/// No such language; it holds what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no bindings can be generated in `{0}`: there are {languages}", languages = Language::ALL.map(Language::flag).join(", "))]
pub struct UnknownLanguage(pub String);

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it belongs, in the folder of the bindings; with `/` between folders.
    pub path: String,
    /// What is in it. Ends with a newline.
    pub contents: String,
}

/// Generates the bindings of a library in a language.
///
/// The same library gives the same files, byte for byte, whenever and wherever they are generated.
///
/// # Errors
///
/// If the library cannot be bound in this language: two things would have the same name, or a type has no counterpart. The
/// error says what to change.
pub fn generate(library: &Checked, language: Language) -> Result<Vec<File>, Error> {
    let backend = language.backend();
    let library = &backend.own_types().represent(library);
    let model = Model::new(library);
    backend.rules().check_fields(&model)?;
    backend.files(&model)
}

/// A name that only the bindings have, and no item of the library: `shop_open` in C, which takes care of the ABI and then creates.
///
/// Such a name yields to those of the library's items. If an item has it, the helper gets an underscore at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    /// What it is called.
    pub name: String,
    /// What it would be called if nothing else had that name.
    pub asked: String,
    /// What has that name, for people: "the request `open`"; nothing if the helper has it.
    pub taken_by: Option<String>,
}

/// The helpers that hosts use in a language, by role and by the item that each belongs to. Both are the same in every version of a
/// library, so a helper whose name differs in another version was renamed.
///
/// # Errors
///
/// As [`generate`].
pub fn helpers(library: &Checked, language: Language) -> Result<BTreeMap<(String, String), Helper>, Error> {
    let backend = language.backend();
    let library = &backend.own_types().represent(library);
    Ok(backend.helpers(&Model::new(library))?.into_public())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_as_it_is_written() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        assert_eq!(("C++".parse(), "rs".parse()), (Ok(Language::Cpp), Ok(Language::Rust)));
        let unknown = "cobol".parse::<Language>().expect_err("there is no such");
        assert_eq!(unknown.to_string(), "no bindings can be generated in `cobol`: there are c, cpp, rust");
    }
}
