//! Replays what the fuzzer has found worth keeping. See CONTRIBUTING.md for how more is found.

#[path = "../src/c_abi/mod.rs"]
mod c_abi;
#[path = "../src/descriptor/mod.rs"]
mod descriptor;
#[path = "../src/ipc_client/mod.rs"]
mod ipc_client;
#[path = "../src/ipc_session/mod.rs"]
mod ipc_session;
#[path = "../src/timer/mod.rs"]
mod timer;
#[path = "../src/wire/mod.rs"]
mod wire;

use std::path::Path;

ffihost::library!("fuzzed_wire", wire::State);

/// Runs every file of a corpus, in the order of their names.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("there is a corpus")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    assert!(files.len() > 20, "{} is nearly empty", folder.display());
    for file in files {
        run(&std::fs::read(&file).expect("the file can be read"));
    }
}

#[test]
fn calls_of_the_c_abi() {
    replay("c_abi", c_abi::run);
}

#[test]
fn requests_with_cbor_arguments() {
    replay("cbor_requests", timer::run_cbor);
}

#[test]
fn requests_with_native_arguments() {
    replay("native_requests", timer::run_native);
}

#[test]
fn values_of_authors_types() {
    replay("wire", wire::run);
}

#[test]
fn servers_and_what_is_sent_to_them() {
    replay("ipc_session", ipc_session::run);
}

#[test]
fn clients_and_what_is_sent_to_them() {
    replay("ipc_client", ipc_client::run);
}

#[test]
fn descriptors() {
    replay("descriptor", descriptor::run);
}
