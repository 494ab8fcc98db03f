//! `diff`.

use crate::program::{ffihost, golden, with_request_str};

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
fn version_that_the_change_asks_for() {
    let ran = ffihost(&["diff", "--semver", OLD, NEW]);
    assert_eq!(ran.status, 0, "it breaks hosts, and 1.0.0 became 2.0.0");
    assert!(
        ran.stdout.ends_with("the change asks for a major step, 2.0.0 at least: 2.0.0 is enough\n"),
        "{}",
        ran.stdout
    );
    // The other way round the version falls, whatever changes.
    let ran = ffihost(&["diff", "--semver", "--json", NEW, OLD]);
    assert_eq!(ran.status, 1);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["semver"], serde_json::json!({"step": "major", "least": "3.0.0", "enough": false}));
    let ran = ffihost(&["diff", "--semver", OLD, "libnotes-aarch64.so"]);
    assert!(ran.status == 0 && ran.stdout.ends_with("the change asks for no more than 1.0.0: 1.0.0 is enough\n"));
}

#[test]
fn same_library() {
    let ran = ffihost(&["diff", OLD, "libnotes-aarch64.so"]);
    assert_eq!(ran.status, 0);
    golden("diff-same.txt", &ran.stdout);
}

#[test]
fn helper_that_yields_its_name() {
    let new = with_request_str("diff-helper");
    let new = new.to_str().expect("UTF-8");
    let ran = ffihost(&["diff", OLD, new]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    golden("diff-helper.txt", &ran.stdout);
    let back = ffihost(&["diff", new, OLD]);
    let path = "  changed c helper `notes_str_` (native hosts)\n";
    let why = "    it is `notes_str` in bindings that are generated again: nothing else is `notes_str` any longer\n";
    assert!(back.stdout.contains(&format!("{path}{why}")), "{}", back.stdout);
}

#[test]
fn file_that_is_missing() {
    assert_eq!(ffihost(&["diff", OLD, "missing.so"]).status, 2);
}
