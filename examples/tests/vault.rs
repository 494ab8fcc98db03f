//! The example `vault`, as somebody runs its command line.
#![cfg(unix)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use support::Ran;
use support::native::{self, SANITIZE, Source};

/// What the library exports besides what every library does.
const OWN_SYMBOLS: [&str; 15] = [
    "get",
    "get_cbor",
    "is_locked",
    "is_locked_cbor",
    "list",
    "list_cbor",
    "lock",
    "lock_cbor",
    "put",
    "put_cbor",
    "remove",
    "remove_cbor",
    "session_release",
    "unlock",
    "unlock_cbor",
];

const CPP: Source<'_> = Source { library: "vault", file: "host.cpp", standard: "c++17", headers: None, flags: &[] };

/// The command line, compiled once for all tests.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| CPP.compile(&support::scratch("vault-cpp")))
}

/// A directory for a vault, and the program that is used with it.
struct Place {
    program: PathBuf,
    directory: PathBuf,
    /// After how many milliseconds without use it locks itself: by far longer than any test takes, except of that.
    idle: &'static str,
}

impl Place {
    fn new(name: &str) -> Self {
        Self { program: program().to_owned(), directory: support::scratch(name).join("secrets"), idle: "600000" }
    }

    /// The command with these words; trying a passphrase costs next to nothing.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--memory", "8", "--idle", self.idle]).arg(&self.directory).args(words);
        command
    }

    /// Runs a command; the user types these lines.
    #[track_caller]
    fn run(&self, words: &[&str], typed: &[&str]) -> Ran {
        let (input, mut user) = std::io::pipe().expect("a pipe can be made");
        let typed: String = typed.iter().map(|line| format!("{line}\n")).collect();
        let user = thread::spawn(move || {
            // Nobody reads it if the program has ended, which the test sees.
            let _ = user.write_all(typed.as_bytes());
        });
        let mut command = self.command(words);
        command.stdin(input).stdout(Stdio::piped());
        let Output { status, stdout, stderr } = support::capture(&mut command);
        user.join().expect("typing does not panic");
        let text = |bytes| String::from_utf8(bytes).expect("it writes UTF-8");
        Ran { out: text(stdout), err: text(stderr), code: status.code() }
    }

    /// Runs a command that does what it is to do, and says no more than this.
    #[track_caller]
    fn does(&self, words: &[&str], typed: &[&str], said: &str) {
        let ran = self.run(words, typed);
        assert_eq!((ran.out.as_str(), ran.code), (said, Some(0)), "{words:?}: {ran:?}");
    }

    /// Runs a command that fails.
    #[track_caller]
    fn fails(&self, words: &[&str], typed: &[&str], error: &str) {
        let ran = self.run(words, typed);
        assert_eq!((ran.out.as_str(), ran.code), ("", Some(1)), "{words:?}: {ran:?}");
        assert!(ran.err.ends_with(&format!("\nvault: {error}\n")), "{words:?}: {ran:?}");
    }

    /// The files of the secrets.
    fn secrets(&self) -> Vec<PathBuf> {
        let files =
            fs::read_dir(&self.directory).expect("it is there").map(|file| file.expect("it can be listed").path());
        files
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("secret-")))
            .collect()
    }

    fn vault(&self) -> PathBuf {
        self.directory.join("vault")
    }
}

/// All that a vault is for.
#[track_caller]
fn use_it(place: &Place) {
    place.does(&["put", "mail", "correct horse"], &["sesame"], "");
    place.does(&["put", "bank"], &["sesame", "battery staple"], "");
    place.does(&["get", "mail"], &["sesame"], "correct horse\n");
    place.does(&["get", "bank"], &["sesame"], "battery staple\n");
    place.does(&["put", "mail", "another"], &["sesame"], "");
    place.does(&["get", "mail"], &["wrong", "sesame"], "another\n");
    place.does(&["list"], &["sesame"], "bank: 14 bytes, reads: 1\nmail: 7 bytes, reads: 1\n");
    assert_eq!(place.secrets().len(), 2, "what was replaced is gone");
    place.fails(
        &["rm", "mail", "nothing", "bank"],
        &["sesame"],
        "there is no secret 'nothing'; 'list' prints those that there are",
    );
    assert_eq!(place.secrets(), [] as [PathBuf; 0], "the others are gone");
    place.does(&["list"], &["sesame"], "");
}

#[test]
fn the_bindings_are_those_of_the_library() {
    native::check_generated("vault");
}

#[test]
fn secrets_are_kept_and_forgotten() {
    CPP.check_with_clang();
    let place = Place::new("vault-use");
    use_it(&place);
    let mode = fs::metadata(&place.directory).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else can look into it");
}

#[test]
fn it_makes_no_error_with_memory() {
    let folder = support::scratch("vault-sanitized");
    let program = Source { standard: "c++20", flags: SANITIZE, ..CPP }.compile(&folder);
    let place = Place { program, directory: folder.join("secrets"), idle: "600000" };
    use_it(&place);
    place.fails(&["get", "mail"], &["a", "b", "c"], "the passphrase was wrong 3 times; nothing was changed");
    let ran = place.run(&["shell"], &["sesame", "put a b", "get a"]);
    assert_eq!((ran.out.as_str(), ran.code), ("b\n", Some(0)), "{ran:?}");
}

#[test]
fn a_wrong_passphrase_changes_nothing() {
    let place = Place::new("vault-passphrase");
    place.does(&["put", "mail", "correct horse"], &["sesame"], "");
    let before = fs::read(place.vault()).expect("it is there");
    let wrong = "the passphrase was wrong 3 times; nothing was changed";
    place.fails(&["put", "mail", "mine"], &["a", "b", "c", "sesame"], wrong);
    place.fails(&["get", "mail"], &["a"], "there is no passphrase: nobody typed one");
    assert_eq!(fs::read(place.vault()).expect("it is there"), before);
    place.does(&["get", "mail"], &["sesame"], "correct horse\n");
}

#[test]
fn damage_is_told() {
    let place = Place::new("vault-damage");
    place.does(&["put", "mail", "correct horse"], &["sesame"], "");
    let [secret] = &place.secrets()[..] else { unreachable!("one secret was put") };
    let name = secret.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let mut bytes = fs::read(secret).expect("it is there");
    *bytes.last_mut().expect("it is not empty") ^= 1;
    fs::write(secret, &bytes).expect("it can be written");
    let altered = format!("the file '{name}' is damaged: it is not what was stored; restore it from a backup");
    place.fails(&["get", "mail"], &["sesame"], &altered);
    fs::remove_file(secret).expect("it is there");
    let gone = format!("the file '{name}' is damaged: it is gone; restore it from a backup");
    place.fails(&["get", "mail"], &["sesame"], &gone);

    fs::write(place.vault(), "this is no vault, whatever its name says").expect("it can be written");
    let ran = place.run(&["list"], &["sesame"]);
    let other = "vault: the file 'vault' is damaged: it is no vault, or of another version; restore it from a backup\n";
    assert_eq!((ran.err.as_str(), ran.code), (other, Some(1)), "nobody is asked for a passphrase");
}

#[test]
fn a_disk_that_fails_is_told() {
    let place = Place::new("vault-disk");
    place.does(&["put", "mail", "correct horse"], &["sesame"], "");
    let beside = place.directory.join("vault.new");

    // What the host's function throws is the declared error …
    symlink("/dev/full", &beside).expect("a link can be made");
    let full = "the file 'vault' cannot be stored: there is no room left";
    place.fails(&["put", "bank", "battery staple"], &["sesame"], full);
    assert_eq!(place.secrets().len(), 1, "what was half done is undone");
    let ran = place.run(&["get", "mail"], &["sesame"]);
    assert_eq!((ran.out.as_str(), ran.code), ("correct horse\n", Some(0)));
    let lost =
        "vault: how often secrets were read is lost: the blob \"vault\" cannot be stored: there is no room left\n";
    assert!(ran.err.ends_with(lost), "{ran:?}");

    // … or any other exception.
    fs::remove_file(&beside).expect("it is there");
    fs::create_dir(&beside).expect("it can be made");
    let ran = place.run(&["put", "bank", "battery staple"], &["sesame"]);
    assert!(ran.err.contains("cannot be stored: the host failed with -1: Is a directory\n"), "{ran:?}");
    fs::remove_dir(&beside).expect("it is there");
    place.does(&["list"], &["sesame"], "mail: 13 bytes, reads: 0\n");
}

#[test]
fn a_shell_locks_itself_and_unlocks_again() {
    let place = Place { idle: "3000", ..Place::new("vault-shell") };
    let mut command = place.command(&["shell"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut user = child.stdin.take().expect("it is piped");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    user.write_all(b"sesame\nput mail horse\n").expect("it reads");
    let mut said = Vec::new();
    // The user waits until it has locked itself.
    for line in lines.by_ref().map(|line| line.expect("it writes UTF-8")) {
        let locked = line.contains("locked: not used");
        said.push(line);
        if locked {
            break;
        }
    }
    user.write_all(b"get mail\nsesame\nrm mail\n").expect("it reads");
    drop(user);
    said.extend(lines.map(|line| line.expect("it writes UTF-8")));
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!((ended.stdout.as_slice(), ended.status.code()), (&b"horse\n"[..], Some(0)), "{said:?}");
    let label = place.directory.display().to_string();
    let said: Vec<_> = said.iter().map(|line| line.replace(&label, "DIR")).collect();
    let expected = [
        "new passphrase for DIR: ",
        "vault: 'mail' is added",
        "vault: locked: not used for 3000 ms",
        "passphrase for DIR: ",
        "vault: 'mail' is removed",
        "vault: locked: the program ends",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_command_line_that_makes_no_sense_is_explained() {
    let place = Place::new("vault-usage");
    for (words, error) in [
        (&[][..], "there is no command"),
        (&["frob"], "there is no command 'frob'"),
        (&["get"], "'get' does not take 0 arguments"),
        (&["put", "a", "b", "c"], "'put' does not take 3 arguments"),
        (&["rm"], "'rm' does not take 0 arguments"),
    ] {
        let ran = place.run(words, &[]);
        let expected = format!("vault: {error}\nvault: '--help' says what makes sense\n");
        assert_eq!((ran.out.as_str(), ran.err, ran.code), ("", expected, Some(2)), "{words:?}");
    }
    for (words, error) in [
        (&[][..], "there is no directory to keep the vault in"),
        (&["--frob"], "there is no option '--frob'"),
        (&["--idle", "soon"], "--idle wants a number, not 'soon'"),
        (&["--memory"], "--memory wants a number, not ''"),
    ] {
        let ran = support::run(Command::new(program()).args(words));
        assert!(ran.err.starts_with(&format!("vault: {error}\n")) && ran.code == Some(2), "{words:?}: {ran:?}");
    }
    assert!(!place.directory.exists(), "nothing was made");
    let ran = support::run(Command::new(program()).arg("--help"));
    assert!(ran.out.starts_with("Usage: vault [OPTIONS] DIR COMMAND\n") && ran.code == Some(0), "{ran:?}");
}

#[test]
fn a_cost_that_cannot_be_is_refused() {
    let ran =
        support::run(Command::new(program()).args(["--memory", "1"]).arg(support::scratch("vault-cost")).arg("list"));
    let expected = "vault: a cost of 1 KiB and 2 passes cannot be: it takes 8 to 1048576 KiB and 1 to 100 passes\n";
    assert_eq!((ran.err.as_str(), ran.code), (expected, Some(1)));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_but_its_functions_is_exported() {
    let mut expected = [&native::OF_EVERY_LIBRARY[..], &OWN_SYMBOLS].concat();
    expected.sort_unstable();
    let expected: Vec<_> = expected.iter().map(|symbol| format!("vault_{symbol}")).collect();
    assert_eq!(native::exported("vault"), expected);
}
