//! What is in two places is the same in both.

use std::fs;
use std::path::Path;

/// `generate` writes `ffihost.h` beside the headers that include it, so the program has a copy: `UPDATE=1` makes it anew.
#[test]
fn header_is_ffihosts() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let original = here.join("../../include/ffihost.h");
    let Ok(original) = fs::read_to_string(original) else { return };
    let copy = here.join("include/ffihost.h");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&copy, &original).expect("the copy");
    }
    assert!(fs::read_to_string(&copy).is_ok_and(|copy| copy == original), "UPDATE=1 copies include/ffihost.h anew");
}
