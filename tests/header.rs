//! `include/ffihost.h`, which is written by hand, says what `ffihost-abi` says.

use ffihost_abi::{EXPORTS, Export, Outcome, Presence, Status, limits, names};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

const HEADER: &str = include_str!("../include/ffihost.h");
const TYPES: &str = include_str!("../crates/ffihost-abi/src/types.rs");

/// The text between two others.
#[track_caller]
fn part<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    assert!(found.is_some(), "there is no {before}…{after}");
    found.expect("asserted above").0
}

/// Words with one space in between.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn find(name: &str) -> Export {
    *EXPORTS.iter().find(|export| export.name == name).expect("every library has it")
}

/// What a library that is written by hand exports: its constructor takes bytes, as the one in CBOR does.
fn by_hand() -> impl Iterator<Item = Export> {
    let mut create = find("create");
    create.params = find("create_cbor").params;
    EXPORTS.into_iter().filter(|export| export.presence == Presence::Always).chain([create])
}

#[test]
fn statuses() {
    let defined: Vec<_> = HEADER
        .split("\n#define ")
        .zip(HEADER.split("\n#define ").skip(1))
        .filter(|(_, define)| define.starts_with("FFI_RET_"))
        .map(|(before, define)| {
            let comment = before.rsplit_once("/* ").and_then(|(_, comment)| comment.strip_suffix(" */"));
            (words(define.lines().next().expect("a line")), words(&comment.expect("a comment").replace("\n *", " ")))
        })
        .collect();
    let stated = Status::ALL.map(|status| (format!("{} {}", status.name(), status.code()), status.text().to_owned()));
    assert_eq!(defined, stated, "the header's statuses with the comments before them, and Status::ALL");
}

#[test]
fn declarations() {
    let declared = part(HEADER, "#define FFI_DECLARE_LIBRARY(lib)", "\n\n").split("FFI_EXTERN_C ").skip(1);
    let declared: BTreeSet<_> =
        declared.map(|line| words(&line.replace('\\', " ")).replace("lib##_", "<lib>_")).collect();
    let stated = by_hand().map(|export| export.prototype("<lib>")).collect();
    assert_eq!(declared, stated, "FFI_DECLARE_LIBRARY, and the table of exports");
}

/// The functions of the header's manual, each with what stands below its declaration.
fn manual() -> Vec<(Vec<&'static str>, String)> {
    let text = part(HEADER, "- functions\n *\n", "\n */\n");
    let mut entries: Vec<(Vec<&str>, String)> = Vec::new();
    for line in text.lines().map(|line| line.trim_start_matches(" *")) {
        match line.strip_prefix(' ').filter(|line| !line.starts_with(' ')) {
            Some(prototype) => match entries.last_mut() {
                Some((prototypes, docs)) if docs.is_empty() => prototypes.push(prototype),
                _ => entries.push((vec![prototype], String::new())),
            },
            None => entries.last_mut().expect("a declaration comes first").1 += &format!("{line} "),
        }
    }
    entries
}

#[test]
fn manual_declares_every_export() {
    let declared: BTreeSet<_> =
        manual().into_iter().flat_map(|(prototypes, _)| prototypes).map(|prototype| format!("{prototype};")).collect();
    let stated = by_hand().chain([find("serve")]).map(|export| export.prototype("<lib>")).collect();
    assert_eq!(declared, stated, "the header's manual, and the table of exports");
}

/// The statuses that a text names, with and without what all names start with.
fn named(text: &str) -> BTreeSet<&'static str> {
    let is_word = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    let words: BTreeSet<_> = text.split(|letter| !is_word(letter)).collect();
    let is_named = |status: &Status| words.contains(status.name()) || words.contains(status.short_name());
    Status::ALL.into_iter().filter(is_named).map(Status::name).collect()
}

#[test]
fn manual_names_every_refusal() {
    for (prototypes, docs) in manual() {
        for prototype in prototypes {
            let name = part(prototype, "<lib>_", "(");
            let export = find(name);
            let (cases, text) = match export.outcome {
                Outcome::Status(cases) => (cases, docs.rsplit_once("Returns ").expect("it says what it returns").1),
                Outcome::Flag(cases) => (cases, &*docs),
                _ => continue,
            };
            let stated: BTreeSet<_> = cases.iter().map(|case| case.status.name()).collect();
            // What other callbacks are told may be named behind the sentence.
            assert_eq!(named(text), stated, "{name}: the header's manual, and the table of exports");
        }
    }
}

/// The fields of each C struct of the header that the runtime has as a Rust struct.
#[test]
fn structs() {
    let rust = TYPES.split("\npub struct ").skip(1).map(|rest| {
        let (name, rest) = rest.split_once(" {\n").expect("a struct has fields");
        let fields = rest.split_once("\n}").expect("it ends").0.lines();
        let field = |line: &str| {
            line.trim().strip_prefix("pub ").and_then(|line| line.split_once(':')).map(|it| it.0.to_owned())
        };
        (name, fields.filter_map(field).collect::<Vec<_>>())
    });
    let rust: BTreeMap<_, _> = rust.collect();
    assert_eq!(
        rust.keys().copied().collect::<Vec<_>>(),
        [
            "FFIError",
            "FFIHostFnOptions",
            "FFINamedHostFn",
            "FFIOwnedBytes",
            "FFIOwnedString",
            "FFIServeOptions",
            "FFIStats"
        ]
    );
    for (name, fields) in rust {
        let members = part(HEADER, &format!("typedef struct {name} {{\n"), "\n}").lines();
        let member = |line: &str| {
            let member = line.split_once(';').expect("a member").0.rsplit([' ', '*']).next().expect("a name");
            // `fn` is no name in Rust.
            if member == "fn" { "function".to_owned() } else { names::snake(member) }
        };
        assert_eq!(members.map(member).collect::<Vec<_>>(), fields, "{name} in the header, and in ffihost-abi");
    }
}

/// `1,024`
fn with_comma(number: impl Display) -> String {
    let digits = number.to_string();
    match digits.len() {
        4.. => format!("{},{}", &digits[..digits.len() - 3], &digits[digits.len() - 3..]),
        _ => digits,
    }
}

#[test]
fn limits_are_stated() {
    let text = words(&HEADER.replace("\n *", " "));
    let mebibytes = |bytes: usize| format!("{} MiB", bytes >> 20);
    for stated in [
        format!("BUSY ({} contexts at once", with_comma(limits::CONTEXTS)),
        format!("BUSY ({} requests are queued", with_comma(limits::REQUESTS_QUEUED)),
        format!("the library's limit, {} by default", mebibytes(limits::PAYLOAD)),
        format!("takes longer than {} ms is reported", limits::SLOW_HOST_FN.as_millis()),
        format!("a grace period ({} s unless the library says otherwise)", limits::GRACE.as_secs_f32()),
        format!("NUL-terminated UTF-8, at most {} bytes", limits::NAME),
        format!("bytes of a frame; {} */", mebibytes(limits::FRAME as usize)),
        format!("max_connections; /* at once; {} */", with_comma(limits::CONNECTIONS)),
        format!("requests of a connection; {} */", with_comma(limits::IN_FLIGHT)),
        format!("disconnected after this; {} minutes */", limits::IDLE.as_secs() / 60),
    ] {
        assert!(text.contains(&stated), "the header does not say: {stated}");
    }
}
