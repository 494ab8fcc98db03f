//! Replays what the fuzzer has found worth keeping. See `fuzz/` for how more is found.

#[path = "../fuzz/src/c_abi/mod.rs"]
mod c_abi;

use std::path::Path;

#[test]
fn every_file_of_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/c_abi");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("there is a corpus")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    assert!(files.len() > 20, "{} is nearly empty", folder.display());
    for file in files {
        c_abi::run(&std::fs::read(&file).expect("the file can be read"));
    }
}
