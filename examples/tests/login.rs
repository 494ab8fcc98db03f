//! The example `login`, as somebody runs it.

#[path = "../login/latencies.rs"]
mod latencies;
mod support;

use latencies::Latencies;
use rusqlite::Connection;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{Ran, run};

const ALICE: &str = "session 1 at wonderland for Alice Liddell <alice@wonderland.example>, who may read and write";
const BOB: &str = "session 2 at wonderland for Bob the Lizard <bob@wonderland.example>, who may read";

/// The example, with `cache` as the folder that its database is in by default.
fn login(cache: &Path) -> Command {
    let mut command = Command::new(support::built(&format!("login{}", std::env::consts::EXE_SUFFIX), "login.d"));
    command.env("XDG_CACHE_HOME", cache);
    command
}

/// Runs it with a database.
#[track_caller]
fn run_with<A: AsRef<OsStr>>(database: &Path, arguments: &[A]) -> Ran {
    run(login(Path::new("")).arg("--db").arg(database).args(arguments))
}

/// Makes a database that the example did not fill.
fn database(path: &Path, sql: &str) {
    Connection::open(path).and_then(|database| database.execute_batch(sql)).expect("the database can be made");
}

/// The lines of a summary, by their names.
fn summary(out: &str) -> HashMap<&str, &str> {
    let lines = out.lines().map(|line| line.split_at_checked(15).expect("names are padded"));
    lines.map(|(name, value)| (name.trim_end(), value)).collect()
}

/// A number of a summary, with or without a unit.
#[track_caller]
fn number(out: &str, name: &str) -> u64 {
    let value = *summary(out).get(name).expect("it is in the summary");
    value.trim_end_matches(" µs").parse().expect("it is a number")
}

#[test]
fn users_are_logged_in_and_an_unknown_one_is_told() {
    let cache = support::scratch("login-first-run");
    for attempt in ["with a new database", "with the database of the first run"] {
        let ran = run(login(&cache).args(["alice", "bob", "nobody"]));
        let expected = format!("alice: {ALICE}\nbob: {BOB}\nnobody: there is no user \"nobody\"\n");
        assert_eq!((ran.out, ran.err.as_str(), ran.code), (expected, "", Some(0)), "{attempt}");
        assert!(cache.join("ffihost-login").join("profiles.db").is_file());
    }
}

#[test]
fn inline_answers_make_the_same_sessions() {
    let database = support::scratch("login-inline").join("profiles.db");
    let ran = run_with(&database, &["--inline", "alice", "bob", "nobody"]);
    let expected = format!("alice: {ALICE}\nbob: {BOB}\nnobody: there is no user \"nobody\"\n");
    assert_eq!((ran.out, ran.err.as_str(), ran.code), (expected, "", Some(0)));
}

#[test]
fn a_load_is_summed_up() {
    let database = support::scratch("login-load").join("profiles.db");
    for (how, answers) in [
        (&["--threads", "2"][..], "0 inline, 2000 later"),
        (&["--threads", "1"], "0 inline, 2000 later"),
        (&["--inline"], "2000 inline, 0 later"),
    ] {
        let ran = run_with(&database, &[how, &["--calls", "2000"]].concat());
        assert_eq!(summary(&ran.out)["answers"], answers, "{ran:?}");
        assert_eq!((number(&ran.out, "calls"), ran.code), (2000, Some(0)), "{ran:?}");
        assert_eq!((number(&ran.out, "errors"), number(&ran.out, "unknown users")), (0, 0), "{ran:?}");
        let (p50, p99) = (number(&ran.out, "p50"), number(&ran.out, "p99"));
        assert!(p50 > 0 && p50 <= p99, "{ran:?}");
        assert!(number(&ran.out, "per second") > 0, "{ran:?}");
        // Lines stay where they are written when standard error is not a terminal.
        assert!(ran.err.ends_with("2000 of 2000 calls\n") && !ran.err.contains(['\r', '\x1b']), "{ran:?}");
    }
}

#[test]
fn a_load_takes_the_named_users_in_turn() {
    let database = support::scratch("login-turns").join("profiles.db");
    let ran = run_with(&database, &["--calls", "301", "nobody", "alice", "bob"]);
    assert_eq!((number(&ran.out, "calls"), number(&ran.out, "unknown users")), (301, 101), "{ran:?}");
    assert_eq!((number(&ran.out, "errors"), ran.code), (0, Some(0)), "{ran:?}");
}

#[test]
fn a_fresh_file_becomes_a_database_and_is_asked() {
    let path = support::scratch("login-fresh").join("a new.db");
    assert_eq!(run_with(&path, &["alice"]).out, format!("alice: {ALICE}\n"));
    assert!(fs::read(&path).expect("it was made").starts_with(b"SQLite format 3\0"));

    database(&path, "INSERT INTO profiles VALUES ('dave', 'Dave', 'dave@example.org', 'admin')");
    let dave = "session 1 at wonderland for Dave <dave@example.org>, who may read, write and manage users";
    assert_eq!(run_with(&path, &["dave"]).out, format!("dave: {dave}\n"));
}

#[test]
fn several_first_runs_at_once_make_one_database() {
    let path = support::scratch("login-race").join("profiles.db");
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || run_with(&path, &["alice"]))
        })
        .collect();
    for ran in runs {
        let ran = ran.join().expect("it runs");
        assert_eq!((ran.out, ran.err.as_str(), ran.code), (format!("alice: {ALICE}\n"), "", Some(0)));
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let path = support::scratch("login-corrupt").join("profiles.db");
    let junk = "this is not a database, whatever its name says\n".repeat(100);
    fs::write(&path, &junk).expect("it can be written");
    let ran = run_with(&path, &["alice"]);
    let expected = format!(
        "login: cannot use {} as the database of profiles: file is not a database; name another file with --db, or remove \
         this one, and it is made anew\n",
        path.display(),
    );
    assert_eq!((ran.out.as_str(), ran.err, ran.code), ("", expected, Some(1)));
    assert_eq!(fs::read_to_string(&path).expect("it is still there"), junk);
}

#[test]
fn a_database_of_something_else_is_refused_and_left_alone() {
    let path = support::scratch("login-foreign").join("songs.db");
    database(&path, "CREATE TABLE songs (title TEXT)");
    let before = fs::read(&path).expect("it is there");
    let ran = run_with(&path, &["alice"]);
    assert!(ran.err.contains("it is a database of something else; name another file with --db\n"), "{ran:?}");
    assert_eq!((ran.out.as_str(), ran.code), ("", Some(1)));
    assert_eq!(fs::read(&path).expect("it is still there"), before);
}

#[test]
fn a_place_that_holds_no_file_is_refused() {
    let folder = support::scratch("login-no-file");
    for (path, reason) in [(folder.clone(), "unable to open"), (folder.join("missing").join("p.db"), "unable to open")]
    {
        let ran = run_with(&path, &["alice"]);
        assert!(ran.err.contains(reason) && ran.err.contains("that can be read and written"), "{ran:?}");
        assert_eq!((ran.out.as_str(), ran.code), ("", Some(1)));
    }
    // A file where the default's folder should be.
    fs::write(folder.join("cache"), "").expect("it can be written");
    let ran = run(login(&folder.join("cache")).arg("alice"));
    assert!(ran.err.contains("its folder cannot be made: ") && ran.code == Some(1), "{ran:?}");
}

/// Rows that the host cannot make anything of, or does not expect, as a database that another program wrote may hold them.
const BROKEN_ROWS: &str = "
    CREATE TABLE profiles (user TEXT, name TEXT, email TEXT, role TEXT);
    INSERT INTO profiles VALUES ('alice', 'Alice Liddell', 'alice@wonderland.example', 'editor');
    INSERT INTO profiles VALUES ('nameless', NULL, 'n@example.org', 'reader');
    INSERT INTO profiles VALUES ('jester', 'The Jester', 'j@example.org', 'jester');
    INSERT INTO profiles VALUES ('liner', 'Two' || char(10) || 'Lines', 'l@example.org', 'reader');
";

#[test]
fn a_database_that_fails_on_the_worker_fails_that_login_alone() {
    let path = support::scratch("login-broken").join("profiles.db");
    database(&path, BROKEN_ROWS);
    for how in [&["--threads", "2"][..], &["--inline"]] {
        let ran = run_with(&path, &[how, &["nameless", "jester", "liner", "alice"]].concat());
        let lines: Vec<_> = ran.out.lines().collect();
        let host_failed =
            |user| format!("{user}: no profile could be had: the host failed with 100: the database of profiles: ");
        assert!(
            lines[0].starts_with(&host_failed("nameless")) && lines[0].len() > host_failed("nameless").len(),
            "{ran:?}"
        );
        assert!(
            lines[1].starts_with(&host_failed("jester")) && lines[1].ends_with("there is no role \"jester\""),
            "{ran:?}"
        );
        let liner = "liner: session 1 at wonderland for Two Lines <l@example.org>, who may read";
        assert_eq!(lines[2..], [liner, &format!("alice: {}", ALICE.replace('1', "2"))]);
        assert_eq!((ran.err.as_str(), ran.code), ("", Some(1)));
    }
}

#[test]
fn a_load_counts_failed_logins() {
    let path = support::scratch("login-broken-load").join("profiles.db");
    database(&path, BROKEN_ROWS);
    let ran = run_with(&path, &["--calls", "200", "--threads", "2", "alice", "nameless"]);
    assert_eq!((number(&ran.out, "calls"), number(&ran.out, "errors"), ran.code), (200, 100, Some(1)), "{ran:?}");
    assert!(summary(&ran.out)["first error"].contains("the host failed with 100"), "{ran:?}");
}

#[test]
fn a_load_needs_somebody_to_log_in() {
    let path = support::scratch("login-empty").join("profiles.db");
    database(&path, "CREATE TABLE profiles (user TEXT, name TEXT, email TEXT, role TEXT)");
    let ran = run_with(&path, &["--calls", "5"]);
    assert!(ran.err.contains("it holds none; say which users to log in\n"), "{ran:?}");
    assert_eq!((ran.out.as_str(), ran.code), ("", Some(1)));
}

#[test]
fn a_command_line_that_makes_no_sense_is_explained() {
    for (arguments, error) in [
        (&[][..], "nobody to log in: name a user, such as 'alice', or make a load with --calls"),
        (&["--bogus", "alice"], "invalid option '--bogus'"),
        (&["-x"], "invalid option '-x'"),
        (&["--inline=yes", "alice"], "unexpected argument for option '--inline': \"yes\""),
        (&["--calls"], "missing argument for option '--calls'"),
        (&["--calls", "many"], "--calls wants a number from 1 on, not \"many\""),
        (&["--calls", "0"], "--calls wants a number from 1 on, not \"0\""),
        (&["--calls=-1"], "--calls wants a number from 1 on, not \"-1\""),
        (&["--calls", "18446744073709551616"], "--calls wants a number from 1 on, not \"18446744073709551616\""),
        (&["--threads", "0", "alice"], "--threads wants a number from 1 to 256, not \"0\""),
        (&["--threads", "257", "alice"], "--threads wants a number from 1 to 256, not \"257\""),
        (&["--db", "", "alice"], "--db wants a file, not \"\""),
        (
            &["--inline", "--threads", "2", "alice"],
            "--inline answers without threads, so --threads makes no sense with it",
        ),
    ] {
        let ran = run(login(&support::scratch("login-usage")).args(arguments));
        let first = ran.err.lines().next().unwrap_or_default();
        assert!(first.strip_prefix("login: ").is_some_and(|text| text.starts_with(error)), "{arguments:?}: {ran:?}");
        assert!(ran.err.ends_with("\nlogin: '--help' lists the options\n"), "{arguments:?}: {ran:?}");
        assert_eq!((ran.out.as_str(), ran.code), ("", Some(2)), "{arguments:?}");
    }
}

#[test]
fn everything_is_in_the_help() {
    let cache = support::scratch("login-help");
    for option in ["--help", "-h"] {
        let ran = run(login(&cache).arg(option));
        assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)));
        assert!(ran.out.contains("\nUsage: login [OPTIONS] USER...\n"), "{ran:?}");
        let default = format!("[default: {}]", cache.join("ffihost-login").join("profiles.db").display());
        for text in ["--calls N", "--db FILE", &default, "--inline", "--threads N", "-h, --help", "-V, --version"] {
            assert!(ran.out.contains(text), "{text} is not in {}", ran.out);
        }
        for text in ["\nExit status:\n", "\n  0  every user", "\n  1  a login failed", "\n  2  the command line"] {
            assert!(ran.out.contains(text), "{text} is not in {}", ran.out);
        }
        let too_long = |line: &&str| line.chars().count() > 100 && !line.contains("[default: ");
        assert_eq!(ran.out.lines().find(too_long), None, "a line does not fit on a terminal");
    }
}

#[test]
fn the_version_is_that_of_the_library() {
    let ran = run(login(&support::scratch("login-version")).arg("--version"));
    assert_eq!((ran.out.as_str(), ran.code), (concat!("login ", env!("CARGO_PKG_VERSION"), "\n"), Some(0)));
}

#[test]
fn a_reader_that_has_gone_ends_it_quietly() {
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    drop(reader);
    let mut command = login(&support::scratch("login-pipe"));
    let output = support::capture(command.args(["alice", "bob"]).stdin(Stdio::null()).stdout(writer));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

/// Numbers of many sizes, from a generator that always makes the same ones.
fn durations() -> impl Iterator<Item = u64> {
    let next =
        |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    std::iter::successors(Some(1), next).map(|state| (state >> 20) >> (state % 44))
}

#[test]
fn percentiles_are_at_most_a_32nd_above_the_truth() {
    assert_eq!(Latencies::default().percentile(50), Duration::ZERO);
    let mut latencies = Latencies::default();
    let mut sorted: Vec<u64> = durations().take(1_000).chain([0, 1, 31, 32, 33, 63, 64, 65, u64::MAX]).collect();
    sorted.iter().for_each(|nanoseconds| latencies.add(Duration::from_nanos(*nanoseconds)));
    sorted.sort_unstable();
    for percent in 1..=100 {
        let rank = (sorted.len() * percent).div_ceil(100) - 1;
        let (truth, told) = (u128::from(sorted[rank]), latencies.percentile(percent as u64).as_nanos());
        assert!((truth..=truth + truth / 32).contains(&told), "{percent} percent: {told}, not {truth}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn as_many_threads_answer_as_were_asked_for() {
    let database = support::scratch("login-threads").join("profiles.db");
    let mut command = login(Path::new(""));
    command.arg("--db").arg(&database).args(["--threads", "3", "--calls", "1000000000"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let tasks = format!("/proc/{}/task", child.id());
    let is_worker =
        |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "login-worker\n");
    let workers = || fs::read_dir(&tasks).expect("it runs").flatten().filter(|task| task.path().is_dir());
    let count = || workers().map(is_worker).filter(|is_worker| *is_worker).count();
    let start = Instant::now();
    while count() < 3 && start.elapsed() < support::PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
    // One too many would not be long after these.
    std::thread::sleep(Duration::from_millis(200));
    let workers = count();
    child.kill().and_then(|()| child.wait()).expect("it ends");
    assert_eq!(workers, 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_sees_one_line_that_is_redrawn() {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::FromRawFd;
    use std::ptr::{null, null_mut};

    let (mut master, mut slave) = (-1, -1);
    // SAFETY: both numbers may be written, and the rest may be null.
    assert_eq!(unsafe { libc::openpty(&raw mut master, &raw mut slave, null_mut(), null(), null()) }, 0);
    // SAFETY: openpty made them, and nobody else owns them.
    let (mut master, slave) = unsafe { (File::from_raw_fd(master), File::from_raw_fd(slave)) };

    let database = support::scratch("login-terminal").join("profiles.db");
    let mut command = login(Path::new(""));
    command.arg("--db").arg(&database).args(["--calls", "50"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(slave);
    let status = support::await_end(&mut command.spawn().expect("it starts"));
    assert!(status.success());
    drop(command);

    let mut bytes = [0; 4096];
    let read = master.read(&mut bytes).expect("something was written");
    let shown = String::from_utf8_lossy(&bytes[..read]);
    // The terminal turns a newline into two characters; there is one, at the end.
    assert!(shown.ends_with("\r\x1b[K50 of 50 calls\r\n"), "{shown:?}");
    assert_eq!(shown.matches('\n').count(), 1, "{shown:?}");
}
