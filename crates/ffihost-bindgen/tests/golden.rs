//! The generated files are those in `golden/`: `UPDATE=1 cargo test` writes them anew, and a review reads the difference.

mod common;

use ffihost_bindgen::{File, Language, generate};
use ffihost_schema::Checked;
use std::path::Path;

fn check(library: &Checked) {
    for language in Language::ALL {
        for file in generate(library, language).expect("it can be bound").into_iter().filter(|file| !is_ffihosts(file))
        {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(&file.path);
            if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
                std::fs::write(&path, &file.contents).expect("it can be written");
            }
            let golden = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(golden == file.contents, "{} has changed: look at it, then run with UPDATE=1", path.display());
        }
    }
}

/// What is not generated.
fn is_ffihosts(file: &File) -> bool {
    file.path == "ffihost.h"
}

/// A package holds what it includes, so the C header that is ffihost's own is here once more: `UPDATE=1` copies it anew.
#[test]
fn the_c_header_is_ffihosts() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let original = std::fs::read_to_string(here.join("../../include/ffihost.h")).expect("the header of ffihost");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(here.join("src/c/templates/ffihost.h"), &original).expect("it can be written");
    }
    let files = generate(&common::generic(), Language::C).expect("it can be bound");
    let emitted = files.iter().find(|file| is_ffihosts(file)).expect("it is emitted");
    assert!(emitted.contents == original, "include/ffihost.h has changed: run with UPDATE=1, then again");
}

#[test]
fn everything() {
    check(&common::everything());
}

#[test]
fn keywords() {
    check(&common::keywords());
}

#[test]
fn details() {
    check(&common::details());
}

#[test]
fn generic() {
    check(&common::generic());
}

#[test]
fn no_line_is_too_long() {
    for library in [common::everything(), common::keywords(), common::generic(), common::details()] {
        for language in Language::ALL {
            for file in
                generate(&library, language).expect("it can be bound").into_iter().filter(|file| !is_ffihosts(file))
            {
                for (at, line) in file.contents.lines().enumerate() {
                    let place = format!("{}:{}", file.path, at + 1);
                    assert!(line.chars().count() <= 120, "{place} is too long: {line}");
                    assert_eq!(line, line.trim_end(), "{place} ends in a space");
                }
                assert!(!file.contents.contains("\n\n\n"), "{} has two empty lines in a row", file.path);
            }
        }
    }
}
