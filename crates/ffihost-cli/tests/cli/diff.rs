//! `diff`.

use crate::program::{ffihost, golden};

const OLD: &str = "libnotes-x86_64.so";
const NEW: &str = "libnotes-2-x86_64.so";

#[test]
fn what_breaks_and_why() {
    let ran = ffihost(&["diff", OLD, NEW]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    golden("diff.txt", &ran.stdout);
}

#[test]
fn report_for_programs() {
    let ran = ffihost(&["diff", "--json", OLD, NEW]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    golden("diff.json", &ran.stdout);
}

#[test]
fn one_kind_of_host() {
    for (format, absent) in [("native", "CBOR hosts of"), ("cbor", "native hosts of")] {
        let ran = ffihost(&["diff", "--format", format, OLD, NEW]);
        assert_eq!(ran.status, 1);
        assert!(!ran.stdout.contains(absent), "{}", ran.stdout);
    }
}

#[test]
fn same_library() {
    let ran = ffihost(&["diff", OLD, "libnotes-aarch64.so"]);
    assert_eq!(ran.status, 0);
    golden("diff-same.txt", &ran.stdout);
}

#[test]
fn file_that_is_missing() {
    assert_eq!(ffihost(&["diff", OLD, "missing.so"]).status, 2);
}
