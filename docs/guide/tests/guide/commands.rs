//! Blocks of commands, and what they print.

use crate::pages::{From, each_block};
use crate::{guide, page_names, updating};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where cargo puts what it builds: `target/debug`.
fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.parent().and_then(Path::parent);
    folder.expect("target/debug/deps").to_path_buf()
}

/// A folder as a reader has it who has come to this page.
fn folder(page: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide").join(page);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the last run's folder");
    }
    for sub in ["bin", "host", "next", "target/debug"] {
        fs::create_dir_all(folder.join(sub)).expect("a folder");
    }
    let (built, host) = (built(), guide().join("host"));
    let examples = built.join("examples");
    for (from, to) in [
        (examples.join("guide_ffihost"), "bin/ffihost"),
        (examples.join("guide_client"), "target/debug/client"),
        (built.join("deps/libweather.so"), "target/debug/libweather.so"),
        (built.join("deps/libnotes.so"), "target/debug/libnotes.so"),
        (examples.join("libweather_next.so"), "next/libweather.so"),
        (host.join("weather.c"), "host/main.c"),
        (host.join("notes.c"), "host/notes.c"),
        (host.join("handles.c"), "host/handles.c"),
        (host.join("notes.cpp"), "host/notes.cpp"),
    ] {
        assert!(from.exists(), "{} is not built", from.display());
        symlink(&from, folder.join(to)).expect("a link");
    }
    folder
}

/// A command in a folder, where `ffihost` is found.
fn inside(folder: &Path, program: &str) -> Command {
    let mut path = OsString::from(folder.join("bin"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command.current_dir(folder).env("PATH", path).env("LC_ALL", "C");
    command
}

/// A server that runs on, until this is dropped. What it logs is another thing each time.
struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it, and waits for what it prints when it is there.
    fn start(command: &str, folder: &Path) -> Result<(Self, String), String> {
        let mut shell = inside(folder, "sh");
        shell.args(["-c", &format!("exec {command}")]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = shell.spawn().expect("a shell");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("UTF-8");
        let server = Self { child, _stdout: stdout };
        if line.is_empty() { Err(format!("{command}: it ended")) } else { Ok((server, line)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_waited_for = self.child.wait();
    }
}

/// Runs a command as a shell does.
fn run(command: &str, folder: &Path) -> Result<String, String> {
    let mut shell = inside(folder, "timeout");
    let output = shell.args(["600", "sh", "-c"]).arg(format!("exec 2>&1; {command}")).output();
    let output = output.expect("a shell");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // `ffihost diff` and `ffihost generate --check` say with 1 that there is a difference, and `ffihost call` that there is a
    // declared error.
    let fine = output.status.success() || command.starts_with("ffihost ") && output.status.code() == Some(1);
    if fine { Ok(text) } else { Err(format!("{command}: {}\n{text}", output.status)) }
}

/// Runs the commands of a block, and writes down what they print.
fn transcript(block: &str, folder: &Path, servers: &mut Vec<Server>) -> Result<String, String> {
    let (mut text, mut lines) = (String::new(), block.lines());
    while let Some(line) = lines.next() {
        let Some(mut command) = line.strip_prefix("$ ").map(str::to_owned) else { continue };
        text.extend([line, "\n"]);
        while command.ends_with('\\') {
            let line = lines.next().expect("a line after a backslash");
            text.extend([line, "\n"]);
            command.extend(["\n", line]);
        }
        match command.strip_suffix(" &") {
            Some(command) => {
                let (server, line) = Server::start(command, folder)?;
                servers.push(server);
                text.push_str(&line);
            }
            None => text.push_str(&run(&command, folder)?),
        }
    }
    Ok(text)
}

/// Every command of the pages, and with them every host in C and C++ that the pages show.
#[test]
fn commands_print_what_the_pages_say() {
    let mut wrong = Vec::new();
    for page in page_names() {
        let folder = folder(&page);
        let mut servers = Vec::new();
        each_block(&page, |block| {
            if block.from != Some(From::Run) {
                return None;
            }
            assert_eq!(block.language, "console", "{}", block.place);
            let printed = transcript(&block.text, &folder, &mut servers);
            match &printed {
                Err(failed) => wrong.push(format!("{}: {failed}", block.place)),
                Ok(printed) if *printed != block.text && !updating() => {
                    wrong.push(format!("{}: UPDATE=1 writes it anew; it prints\n{printed}", block.place));
                }
                Ok(_) => {}
            }
            printed.ok().filter(|_| updating())
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The client in Rust goes by what is generated.
#[test]
fn the_client_is_that_of_the_library() {
    let (library, out) = (built().join("deps/libnotes.so"), guide().join("client"));
    let mut generate = Command::new(built().join("examples/guide_ffihost"));
    generate.arg("generate").arg(library).args(["--lang", "rust", "--out"]).arg(out);
    if !updating() {
        generate.arg("--check");
    }
    let output = generate.output().expect("it is built");
    assert!(output.status.success(), "UPDATE=1 writes it anew: {}", String::from_utf8_lossy(&output.stdout));
}

/// No host of the guide is left out.
#[test]
fn every_host_is_compiled_by_a_page() {
    let pages: String = page_names().iter().map(|page| crate::read(crate::book().join(page))).collect();
    for host in ["host/main.c", "host/notes.c", "host/handles.c", "host/notes.cpp"] {
        let mut compiled = pages.lines().filter(|line| line.contains(host) && line.contains("-Werror"));
        assert!(compiled.next().is_some(), "{host}");
    }
}
