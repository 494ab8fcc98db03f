//! Compiled files of every kind, cross-linked by `fixtures/make.sh`: all give the same library.

use crate::samples::{clock, notes, notes_2, section};
use ffihost_schema::{Checked, ReadError, assemble, documents_in_file, libraries_in_file, split};
use std::path::{Path, PathBuf};

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the library of `notes()` returns as its descriptor.
pub(crate) fn document() -> Vec<u8> {
    let section = section(&notes());
    let mut pieces = split(&section).expect("pieces");
    let unused = pieces.iter().position(|piece| piece.item.windows(6).any(|bytes| bytes == b"Unused"));
    pieces.remove(unused.expect("a type that the library does not use"));
    assemble(&pieces)
}

pub(crate) const NOTES: [&str; 8] = [
    "libnotes-x86_64.so",
    "libnotes-aarch64.so",
    "libnotes-x86_64.a",
    "libnotes-x86_64.dylib",
    "notes-arm64.o",
    "notes-x86_64.dll",
    "notes-arm64.dll",
    "notes-x86_64.obj",
];

#[test]
fn every_kind_of_file_gives_the_document() {
    for name in NOTES {
        let documents = documents_in_file(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(documents, [document()], "{name}");
    }
}

#[test]
fn file_and_document_give_the_same_library() {
    let library = Checked::from_document(&document()).expect("a document");
    assert_eq!(libraries_in_file(&fixture("libnotes-x86_64.so")), Ok(vec![library]));
}

#[test]
fn two_libraries_in_one_file() {
    let libraries = libraries_in_file(&fixture("libtwo-x86_64.so")).expect("two libraries");
    let names: Vec<_> = libraries.iter().map(|library| library.name.as_str()).collect();
    assert_eq!(names, ["clock", "notes"]);
    assert!(libraries[0].structs.is_empty(), "clock needs no type of another crate");
}

#[test]
fn universal_file() {
    let (intel, arm) = (fixture("libnotes-x86_64.dylib"), fixture("notes-arm64.o"));
    assert_eq!(documents_in_file(&universal(&[&intel, &arm])), Ok(vec![document()]));
}

#[test]
fn universal_file_of_different_libraries() {
    let (old, new) = (fixture("libnotes-x86_64.so"), fixture("libnotes-2-x86_64.so"));
    assert_eq!(libraries_in_file(&universal(&[&old, &new])), Err(ReadError::SlicesDiffer));
}

#[test]
fn universal_file_without_end() {
    let slice = fixture("libnotes-x86_64.so");
    let many = universal(&[slice.as_slice(); 17]);
    assert!(matches!(libraries_in_file(&many), Err(ReadError::TooMuch { .. })));
}

/// A universal Mach-O file, of files for single architectures.
fn universal(slices: &[&[u8]]) -> Vec<u8> {
    let mut file = [0xcafe_babe_u32, slices.len() as u32].map(u32::to_be_bytes).concat();
    let mut offset = 8 + 20 * slices.len();
    for (at, slice) in slices.iter().enumerate() {
        let numbers = [0x0100_0007 + at as u32, 3, offset as u32, slice.len() as u32, 0];
        file.extend(numbers.map(u32::to_be_bytes).concat());
        offset += slice.len();
    }
    slices.iter().for_each(|slice| file.extend_from_slice(slice));
    file
}

#[test]
fn no_library_at_all() {
    let text = libraries_in_file(b"#!/bin/sh\necho no library\n").expect_err("a script");
    assert!(text.to_string().starts_with("not a compiled library ("), "{text}");
    assert_eq!(libraries_in_file(&fixture("libplain-x86_64.so")), Err(ReadError::NoSection));
    assert!(libraries_in_file(b"").is_err());
}

/// Writes what `fixtures/make.sh` links, into the folder that the environment names.
#[test]
fn write_sections() {
    let Some(out) = std::env::var_os("FFIHOST_FIXTURES").map(PathBuf::from) else { return };
    let both = [clock(), notes()].concat();
    for (name, pieces) in [("notes.bin", notes()), ("notes-2.bin", notes_2()), ("two.bin", both)] {
        std::fs::write(out.join(name), section(&pieces)).expect("the folder");
    }
}
