//! What the pages say of the library that is written down in its sources too.

use crate::{book, guide, page_names, read};
use ffihost::Options;
use std::collections::BTreeSet;

/// The defaults as the page "Limits and options" has them, in the order of the fields.
const DEFAULTS: [(&str, &str, &str); 14] = [
    ("contexts: 1024", "max_contexts", "1,024"),
    ("calls_in_flight: 65536", "max_calls_in_flight", "65,536"),
    ("requests_queued: 16384", "max_requests_queued", "16,384"),
    ("payload: 67108864", "max_payload", "64 MiB"),
    ("events_queued: 1024", "events", "1,024"),
    ("events_when_full: Block", "events", "`Block`"),
    ("slow_host: 10ms", "slow_host_warning", "10 ms"),
    ("stale_warn: None", "stale_warning", "off"),
    ("host_deadline: None", "host_deadline", "none"),
    ("grace: 1.5s", "grace", "1.5 s"),
    ("destructor_deadline: 5s", "destructor_deadline", "5 s"),
    ("linger: 1s", "linger", "1 s"),
    ("spin: 50µs", "spin", "50 µs"),
    ("io: false", "io", "`false`"),
];

#[test]
fn defaults_are_those_of_the_options() {
    let fields = DEFAULTS.map(|(field, _, _)| field).join(", ");
    assert_eq!(
        format!("{:?}", Options::new()),
        format!("Options {{ {fields} }}"),
        "change the table here, and the page"
    );
    let page = read(book().join("limits.md"));
    for (_, method, default) in DEFAULTS {
        let row = page.lines().find(|line| {
            let mut cells = line.split('|').map(str::trim);
            cells.any(|cell| cell == format!("`{method}`")) && cells.any(|cell| cell == default)
        });
        assert!(row.is_some(), "limits.md has no row for `{method}` with the default {default}");
    }
}

/// All text of some folders' Rust sources, and what the compiler is told in several lines in one.
fn sources(folders: &[&str]) -> String {
    let mut todo: Vec<_> = folders.iter().map(|folder| guide().join("../..").join(folder)).collect();
    let mut text = String::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else {
            text.push_str(&read(path));
        }
    }
    let text = text.replace("\\\n", " ").replace("\\\"", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the page quotes, cut where `…` stands for what is different each time.
fn quoted<'a>(page: &'a str) -> Vec<Vec<&'a str>> {
    let quotes = page.split('“').skip(1).filter_map(|rest| rest.split_once('”')).map(|(quote, _)| quote);
    let parts = |quote: &'a str| quote.split('…').filter(|part| !part.trim().is_empty()).collect::<Vec<_>>();
    quotes.map(parts).filter(|parts| !parts.is_empty()).collect()
}

/// The reference quotes what the compiler says, so that it is found by that: the sources say it too.
#[test]
fn messages_that_are_quoted_are_those_of_the_macros() {
    let sources = sources(&[
        "crates/ffihost-macros/src",
        "src/wire.rs",
        "src/wire",
        "src/handles.rs",
        "src/export.rs",
        "src/options.rs",
        "src/abi/exports.rs",
    ]);
    let page = read(book().join("reference.md"));
    let unknown: Vec<_> = quoted(&page).into_iter().flatten().filter(|part| !sources.contains(part)).collect();
    assert!(unknown.is_empty(), "no message says {unknown:#?}");
}

/// Each error that a test of the macros expects is in the reference.
#[test]
fn messages_of_the_macros_are_quoted() {
    let expected = std::fs::read_dir(guide().join("../../crates/ffihost-macros/tests/ui")).expect("the macros' tests");
    let expected =
        expected.map(|file| file.expect("a file").path()).filter(|path| path.extension() == Some("stderr".as_ref()));
    let expected: String = expected.map(read).collect();
    // The compiler's own errors have a number.
    let messages: BTreeSet<_> = expected.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    let page = read(book().join("reference.md"));
    let quoted = quoted(&page);
    let is_quoted = |message: &&str| {
        quoted.iter().any(|parts| {
            let mut rest = *message;
            parts.iter().all(|part| rest.split_once(part.trim()).map(|(_, after)| rest = after).is_some())
        })
    };
    let missing: Vec<_> = messages.into_iter().filter(|message| !is_quoted(message)).collect();
    assert!(missing.is_empty(), "reference.md does not say what to do about {missing:#?}");
}

/// Names that no function can have are listed.
#[test]
fn names_that_are_taken_are_listed() {
    let page = read(book().join("reference.md"));
    for export in &ffihost_abi::EXPORTS {
        assert!(page.contains(&format!("`{}`", export.name)), "{}", export.name);
    }
}

/// Every status has its row.
#[test]
fn statuses_are_those_of_the_header() {
    let page = read(book().join("errors.md"));
    for status in ffihost::Status::ALL {
        let row = format!("| {} | `{}` |", status.code(), status.name());
        assert!(page.contains(&row), "errors.md has no row {row}");
    }
}

/// The guide's `Cargo.toml` names this version.
#[test]
fn the_version_is_this_one() {
    for page in page_names() {
        for line in read(book().join(&page)).lines().filter(|line| line.starts_with("ffihost = ")) {
            let (version, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').expect("three numbers");
            assert_eq!(line, format!("ffihost = {version:?}"), "{page}");
        }
    }
}
