//! The schema of `notes`, as it was looked through once: `UPDATE=1 cargo test` writes it anew.

use crate::files::fixture;
use ffihost_schema::{cddl, libraries_in_file};
use std::path::Path;

#[test]
fn schema_is_as_committed() {
    let library = libraries_in_file(&fixture("libnotes-x86_64.so")).expect("the library").remove(0);
    let schema = cddl(&library);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/notes.cddl");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &schema).expect("the fixture");
    }
    let committed = std::fs::read_to_string(&path).expect("the fixture").replace("\r\n", "\n");
    assert_eq!(schema, committed, "UPDATE=1 writes it anew");
}
