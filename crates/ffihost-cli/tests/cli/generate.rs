//! `generate`.

use crate::program::{ffihost, fixtures, scratch, with_request_str};
use std::fs;

const LIBRARY: &str = "libnotes-x86_64.so";

#[test]
fn writes_what_differs() {
    let out = scratch("generate").join("include");
    let folder = out.to_str().expect("UTF-8");
    let args = ["generate", LIBRARY, "--lang", "c", "--out", folder];
    let (common, own) = (out.join("ffihost.h"), out.join("notes.h"));
    let lines = |word: &str| format!("{} {word}\n{} {word}\n", common.display(), own.display());
    let first = ffihost(&args);
    assert_eq!((first.status, first.stderr.as_str(), first.stdout), (0, "", lines("written")));
    assert!(fs::read_to_string(out.join("notes.h")).expect("the header").contains("#include \"ffihost.h\""));
    let written = fs::metadata(out.join("notes.h")).and_then(|file| file.modified()).expect("the header");
    assert_eq!(ffihost(&args).stdout, lines("is up to date"));
    let after = fs::metadata(out.join("notes.h")).and_then(|file| file.modified()).expect("the header");
    assert_eq!(written, after, "the same file is not written again");
}

#[test]
fn checks_without_writing() {
    let out = scratch("check");
    let folder = out.to_str().expect("UTF-8");
    let write = ["generate", LIBRARY, "--lang", "c", "--out", folder];
    let check = ["generate", LIBRARY, "--lang", "c", "--out", folder, "--check"];
    let missing = ffihost(&check);
    assert_eq!(missing.status, 1);
    assert!(missing.stdout.contains("notes.h is missing\n"), "{}", missing.stdout);
    assert!(fs::read_dir(&out).expect("the folder").next().is_none(), "nothing was written");
    assert_eq!(ffihost(&write).status, 0);
    assert_eq!(ffihost(&check).status, 0);
    fs::write(out.join("notes.h"), "edited").expect("the header");
    let differs = ffihost(&check);
    assert_eq!(differs.status, 1);
    assert!(
        differs.stdout.starts_with(&format!("{} differs from the library\n", out.join("notes.h").display())),
        "{}",
        differs.stdout
    );
}

#[test]
fn several_languages_at_once() {
    let out = scratch("languages");
    let folder = out.to_str().expect("UTF-8");
    let ran = ffihost(&["generate", LIBRARY, "--lang", "c,cpp,rust", "--out", folder]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    for file in ["notes.h", "notes.hpp", "notes.rs"] {
        assert!(out.join(file).exists(), "{file}: {}", ran.stdout);
    }
}

#[test]
fn helper_that_yields_its_name() {
    let library = with_request_str("generate-helper");
    let (library, out) = (library.to_str().expect("UTF-8"), library.with_file_name("out"));
    let args = ["generate", library, "--lang", "c", "--out", out.to_str().expect("UTF-8")];
    let yielded = "c: the helper `notes_str` is `notes_str_`, because the request `str` has its name";
    for lines in [ffihost(&args).stdout, ffihost(&args).stdout] {
        assert_eq!(lines.lines().skip(2).collect::<Vec<_>>(), [yielded]);
    }
    assert!(fs::read_to_string(out.join("notes.h")).expect("the header").contains(" notes_str_("));
    assert_eq!(ffihost(&[&args[..], &["--check"]].concat()).stdout, "");
}

#[test]
fn languages_that_are_not_there() {
    let ran = ffihost(&["generate", LIBRARY, "--lang", "cobol", "--out", "x"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("no bindings can be generated in `cobol`: there are c, cpp, rust"), "{}", ran.stderr);
    assert!(!fixtures().join("x").exists());
}
