//! `my_timer`, served to the clients in `clients/`, which contain nothing of ours: the page on the wire is all that they know.

mod support;

use ffihost_ipc::Address;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use support::Served;

const STRICT: [&str; 5] = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const SANITIZED: [&str; 3] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients")
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"))
}

#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = run(command);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}\n{stderr}", output.status);
    stdout.into_owned()
}

fn compiler() -> Command {
    Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()))
}

/// Compiles a C file of `clients/c`.
fn compile(name: &str, options: &[&str], to: &Path) {
    let file = clients().join("c").join(name);
    succeed(compiler().args(STRICT).args(options).arg("-o").arg(to).arg(file));
}

/// Whether programs can be compiled with the sanitizers, and run: not everywhere is what they need.
fn has_sanitizers(folder: &Path) -> bool {
    let (file, program) = (folder.join("probe.c"), folder.join("probe"));
    std::fs::write(&file, "int main(void) { return 0; }\n").expect("the folder is ours");
    let compiled = run(compiler().args(SANITIZED).arg("-o").arg(&program).arg(file)).status.success();
    compiled && run(&mut Command::new(program)).status.success()
}

/// The client in C: as it is, and with the sanitizers where there are some.
fn v1_in_c(folder: &Path) -> Vec<PathBuf> {
    let mut programs = vec![folder.join("v1")];
    compile("v1.c", &["-O2"], &programs[0]);
    if has_sanitizers(folder) {
        programs.push(folder.join("v1-sanitized"));
        compile("v1.c", &SANITIZED, &programs[1]);
    }
    programs
}

/// A Python that has `cbor2`, made once.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-with-cbor2");
        let python = folder.join("bin/python");
        let imports =
            |python: &Path| python.exists() && run(Command::new(python).args(["-c", "import cbor2"])).status.success();
        if !imports(&python) {
            let why =
                "these tests need python3 with venv (on Debian: python3-venv), and cbor2 from PyPI or pip's cache";
            let made = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
            assert!(made.status.success(), "{why}: {}", String::from_utf8_lossy(&made.stdout));
            let got = run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "cbor2>=5.4,<7"]));
            assert!(got.status.success() && imports(&python), "{why}: {}", String::from_utf8_lossy(&got.stderr));
        }
        python
    })
}

fn script(name: &str, address: &Address) -> Command {
    let mut command = Command::new(python());
    // Nothing is to be written beside the sources.
    command.arg("-B").arg(clients().join("python").join(name)).arg(address.to_string());
    command
}

/// What a client prints that works.
fn expected() -> String {
    let version = env!("CARGO_PKG_VERSION"); // That of all packages here.
    format!("{version}\necho.echoed = hello over the wire\necho.timer = ipc-server\n")
}

/// Runs what waits for the server on a thread of its own.
async fn beside<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(body).await {
        Ok(value) => value,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_1_in_c() {
    let folder = tempfile::tempdir().expect("there is room");
    let programs = v1_in_c(folder.path());
    for served in [Served::loaded().await, Served::itself().await] {
        for program in &programs {
            for address in served.both() {
                let (mut command, address) = (Command::new(program), address.to_string());
                let printed = beside(move || succeed(command.arg(address))).await;
                assert_eq!(printed, expected(), "{}", program.display());
            }
        }
        served.stop().await;
    }
}

/// A server may send anything: the client says so, and that is all.
#[test]
fn version_1_in_c_and_servers_that_are_none() {
    let folder = tempfile::tempdir().expect("there is room");
    let programs = v1_in_c(folder.path());
    let answers: [(&[u8], &str); 12] = [
        (b"", "closed the connection"),
        (b"\0\0\0", "closed the connection"),
        (b"\0\0\0\0\0\0\0\x05\x44", "closed the connection"),
        (b"\0\0\0\0\xff\xff\xff\xff", "too long"),
        (b"\0\0\0\x11\0\0\0\x02no", "17 no"),
        (b"\0\0\0\0\0\0\0\0", "ends too early"),
        (b"\0\0\0\0\0\0\0\x01\x5a", "ends too early"),
        (b"\0\0\0\0\0\0\0\x09\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "ends too early"),
        (b"\0\0\0\0\0\0\0\x02\x41\xbf", "indefinite"),
        (b"\0\0\0\0\0\0\0\x02\x41\xa0", "no information"),
        (b"\0\0\0\0\0\0\0\x07\x46\xa1\x64info", "ends too early"),
        (b"\0\0\0\0\0\0\0\x08\x47\xa1\x64info\x80", "no version"),
    ];
    let deep = [&b"\0\0\0\0\0\0\x01\x04\x59\x01\x01\xa1\x60"[..], &[0x81; 255]].concat();
    for program in programs {
        for (answer, why) in answers.iter().copied().chain([(&*deep, "too deep")]) {
            let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
            let address = format!("tcp:{}", listener.local_addr().expect("it is bound"));
            let answer = answer.to_vec();
            let server = std::thread::spawn(move || {
                let (mut client, _) = listener.accept().expect("a client comes");
                client.read_exact(&mut [0; 8 + 18]).expect("it asks for the descriptor");
                client.write_all(&answer).expect("it waits for that");
            });
            let output = run(Command::new(&program).arg(address));
            server.join().expect("it does not panic");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{}: {said}", program.display());
            assert!(said.contains(why) && said.lines().count() == 1, "{why}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_1_in_python() {
    for served in [Served::loaded().await, Served::itself().await] {
        for address in served.both() {
            let address = address.clone();
            let printed = beside(move || succeed(&mut script("v1.py", &address))).await;
            assert_eq!(printed, expected());
        }
        served.stop().await;
    }
}

/// Runs every case, over one transport after the other: each is alone with its server.
async fn conforms(served: Served) {
    for address in served.both() {
        let address = address.clone();
        let printed = beside(move || succeed(&mut script("conformance.py", &address))).await;
        let cases = printed.lines().filter(|line| line.starts_with("ok ")).count();
        assert!(cases >= 36 && printed.ends_with(&format!("{cases} of {cases} cases hold\n")), "{printed}");
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_2_in_python_case_by_case() {
    // One case waits until a frame took too long, which is 10 s by default: no other may come near that.
    tokio::join!(conforms(Served::loaded().await), conforms(Served::itself().await));
}

/// As for the one in C: what such a server sends ends the connection, and whoever waits is told so.
#[test]
fn version_2_in_python_and_servers_that_are_none() {
    const CLIENT: &str = "
import asyncio, sys, v2

async def main(address):
    client = await v2.Client.connect(address)
    await asyncio.wait_for(client.request('name'), 60)

try:
    asyncio.run(main(sys.argv[1]))
except v2.Disconnected as e:
    print(f'{type(e).__name__}: {e}')
";
    const GREETING: &[u8] = b"FFIHOST\x02\0\0\0\x19\x81\0\x10\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\x01l\0\x03\x31.0";
    let reply = |payload: &[u8]| {
        let length = u8::try_from(13 + payload.len()).expect("it is short");
        [&[0, 0, 0, length, 0x82, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0][..], payload].concat()
    };
    let answers = [
        (Vec::new(), "Disconnected: the connection was lost"),
        (b"\0\0".to_vec(), "Disconnected: the connection was lost"),
        (b"\0\0\0\0".to_vec(), "Violation: a frame of 0 bytes"),
        (b"\xff\xff\xff\xff".to_vec(), "Violation: a frame of 4294967295 bytes"),
        (b"\0\0\0\x01\x02".to_vec(), "Violation: a frame of the kind 0x02"),
        (b"\0\0\0\x02\x83\0".to_vec(), "Violation: a frame is shorter"),
        (b"\0\0\0\x0a\x83\0\0\0\0\0\0\0\x01\0".to_vec(), "Violation: a frame is longer"),
        (b"\0\0\0\x09\x83\0\0\0\0\0\0\0\x01".to_vec(), "Violation: OPENED of 1"),
        (b"\0\0\0\x08\x8b\0\0\0\x06why".to_vec(), "Disconnected: INVALID_ARGUMENT: why"),
        (reply(b""), "Violation: a payload is not CBOR"),
        (reply(b"\x62a"), "Violation: a payload is not CBOR"),
        (reply(b"\x61a\xf6"), "Violation: a payload is not one CBOR value"),
    ];
    let python = python();
    for (answer, why) in answers {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = format!("tcp:{}", listener.local_addr().expect("it is bound"));
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client comes");
            client.read_exact(&mut [0; 8 + 19]).expect("it greets");
            client.write_all(GREETING).expect("it waits for that");
            client.read_exact(&mut [0; 24]).expect("it asks for the name");
            client.write_all(&answer).expect("it waits for that");
        });
        let mut command = Command::new(python);
        command.args(["-B", "-c", CLIENT]).arg(address).env("PYTHONPATH", clients().join("python"));
        let said = succeed(&mut command);
        server.join().expect("it does not panic");
        assert!(said.starts_with(why) && said.lines().count() == 1, "{why}: {said}");
    }
}

/// `examples/my_timer/serve.c`: the library in a program in C that serves it, and a client in C.
#[test]
fn a_program_in_c_serves_and_another_asks() {
    let folder = tempfile::tempdir().expect("there is room");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (library, server) = (support::library(), folder.path().join("serve"));
    let library_folder = library.parent().expect("it is in a folder");
    let mut compile = compiler();
    compile.args(STRICT).arg("-I").arg(root.join("include")).arg("-I").arg(root.join("examples/my_timer/generated"));
    compile.arg(root.join("examples/my_timer/serve.c")).arg("-L").arg(library_folder).arg("-lmy_timer");
    compile.arg(format!("-Wl,-rpath,{}", library_folder.display())).arg("-o").arg(&server);
    succeed(&mut compile);
    let unix = format!("unix:{}", folder.path().join("timer.sock").display());
    let mut command = Command::new(&server);
    command.args([&unix, "tcp:127.0.0.1:0"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut serving = command.spawn().expect("it was just compiled");
    let lines = BufReader::new(serving.stdout.take().expect("it is piped")).lines();
    let addresses: Vec<String> = lines.take(2).map(|line| line.expect("it prints text")).collect();
    let client = &v1_in_c(folder.path())[0];
    for line in &addresses {
        let address = line.strip_prefix("listening on ").expect("it says where");
        assert_eq!(succeed(Command::new(client).arg(address)), expected());
    }
    assert_eq!(addresses.len(), 2);
    drop(serving.stdin.take());
    assert!(serving.wait().expect("it is ours").success(), "it ends cleanly");
}
