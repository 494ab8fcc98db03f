//! The guide says what is so: its code is that of the files here, which are compiled and tested; its commands are run, and what
//! they print is compared; its links lead somewhere. `UPDATE=1 cargo test -p ffihost-guide` writes the code and the output of
//! the commands into the pages anew.
//!
//! Before each block of a page stands where it is from:
//!
//! | comment | the block is |
//! |---|---|
//! | `<!-- include src/lib.rs:types -->` | that part of a file, between `ANCHOR: types` and `ANCHOR_END: types`; without a name all of it |
//! | `<!-- run -->` | commands that start with `$`, and what they print; those of a page run one after the other in one folder; a server that ends with `&` runs until the page does |
//! | `<!-- illustration: reason -->` | not checked |
//!
//! Blocks of `text` are diagrams, and need none.

mod facts;
mod pages;
mod sources;

#[cfg(target_os = "linux")]
mod commands;

use std::path::{Path, PathBuf};

/// `docs/guide`.
fn guide() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `docs/src`.
fn book() -> PathBuf {
    guide().join("../src")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// The names of the pages, in the order of their names.
fn page_names() -> Vec<String> {
    let files = std::fs::read_dir(book()).expect("the book's folder");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    names
}
