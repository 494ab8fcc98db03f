//! Replays what the fuzzer has found worth keeping, and plays scripts that are made of it at random. See CONTRIBUTING.md for how
//! more is found.

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

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

ffihost::library!("fuzzed_wire", wire::State);

/// The files of a corpus, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("there is a corpus")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    assert!(files.len() > 20, "{} is nearly empty", folder.display());
    files.iter().map(|file| std::fs::read(file).expect("the file can be read")).collect()
}

fn replay(target: &str, run: fn(&[u8])) {
    corpus(target).iter().for_each(|bytes| run(bytes));
}

/// xorshift, Marsaglia 2003.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// Pieces of a corpus one after the other, with other bytes here and there; or any bytes.
    fn script(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        if self.below(4) == 0 {
            return (0..self.below(400)).map(|_| self.byte()).collect();
        }
        let mut script = Vec::new();
        for _ in 0..=self.below(4) {
            let file = &corpus[self.below(corpus.len())];
            let start = if self.below(2) == 0 { 0 } else { self.below(file.len()) };
            let end = start + self.below(file.len() - start + 1);
            script.extend_from_slice(&file[start..end]);
        }
        for _ in 0..self.below(12) {
            let at = self.below(script.len());
            match self.below(3) {
                0 => script.insert(at, self.byte()),
                1 if at < script.len() => drop(script.remove(at)),
                _ if at < script.len() => script[at] = self.byte(),
                _ => {}
            }
        }
        script
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |value| value.parse().expect("a number"))
}

/// Runs random scripts for `FFIHOST_FUZZ_SECONDS` (1), and tells its seed; `FFIHOST_FUZZ_SEED` repeats one, as far as threads do. Each
/// script is written to a file first, which is what there is to look at when the process is aborted or hangs;
/// `FFIHOST_FUZZ_SCRIPT` plays such a file again and again.
fn random(target: &str, run: fn(&[u8])) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than that");
    let seed = number("FFIHOST_FUZZ_SEED", u64::from(now.subsec_nanos()));
    let time = Duration::from_secs(number("FFIHOST_FUZZ_SECONDS", 1));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{target}-{}", std::process::id()));
    // Not captured: a process that is aborted by a callback tells nothing else.
    writeln!(
        std::io::stdout(),
        "{target}: FFIHOST_FUZZ_SEED={seed}, for {time:?}; each script is in {}",
        file.display()
    )
    .expect("there is an output");
    let (corpus, start, mut runs) = (corpus(target), Instant::now(), 0);
    while start.elapsed() < time || runs == 0 {
        let script = match std::env::var_os("FFIHOST_FUZZ_SCRIPT") {
            Some(file) => std::fs::read(file).expect("the file can be read"),
            None => Random(seed.wrapping_add(runs).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).script(&corpus),
        };
        std::fs::write(&file, &script).expect("it can be written");
        run(&script);
        runs += 1;
    }
    std::fs::remove_file(&file).expect("it was written");
    writeln!(std::io::stdout(), "{target}: {runs} scripts").expect("there is an output");
}

#[test]
fn random_calls_of_the_c_abi() {
    random("c_abi", c_abi::run);
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
