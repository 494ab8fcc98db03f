//! How names become those of symbols and of C types.
//!
//! A name is split into words, which the other case puts together again. A word ends before `_`; before a capital that
//! follows a small letter; and before the last of several capitals that a small letter follows. A digit counts as what is
//! before it: `HTTPServer` is `HTTP` and `Server`, `Utf8Reader` is `Utf8` and `Reader`, `P2PNode` is `P2P` and `Node`.
//!
//! Names are ASCII: the attributes and the reader of descriptors refuse all others. A raw name is given without its `r#`.

use alloc::format;
use alloc::string::String;

/// What types can mean beyond what they cross as, by the names that the descriptor has for it. For a type with
/// `#[ffi(as = …)]` the descriptor has the type's own name, and the attribute refuses one of these.
pub const LOGICS: [&str; 7] = ["char", "duration", "path", "set", "time", "url", "uuid"];

/// What the name of a function's form in CBOR ends with.
pub const CBOR: &str = "_cbor";

/// `HttpCursor` as `http_cursor`.
pub fn snake(name: &str) -> String {
    join(name, "_", |word| word.to_ascii_lowercase())
}

/// `fetch_profile` as `FetchProfile`.
pub fn camel(name: &str) -> String {
    join(name, "", |word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
    })
}

/// `NotFound` as `NOT_FOUND`.
pub fn shouty(name: &str) -> String {
    join(name, "_", |word| word.to_ascii_uppercase())
}

/// The export that releases a handle, without the library's prefix: `HttpCursor` has `http_cursor_release`.
pub fn release(handle: &str) -> String {
    format!("{}_release", snake(handle))
}

/// The export of a function in the `impl` of a handle: `lap` of `Stopwatch` is `stopwatch_lap`.
pub fn member(handle: &str, function: &str) -> String {
    format!("{}_{function}", snake(handle))
}

/// A constant in the `impl` of a handle: `MAX_LAPS` of `Stopwatch` is `STOPWATCH_MAX_LAPS`.
pub fn member_constant(handle: &str, constant: &str) -> String {
    format!("{}_{constant}", shouty(handle))
}

/// The form in CBOR of an export: `login` has `login_cbor`.
pub fn cbor(export: &str) -> String {
    format!("{export}{CBOR}")
}

/// The struct of the arguments of a host function or an event, without the library's prefix: `fetch_profile` has
/// `FetchProfileArgs`.
pub fn args(function: &str) -> String {
    camel(&format!("{function}_args"))
}

/// Whether a library can have it as its name, which is the prefix of its symbols: `my_app`.
pub fn is_library(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Why a library cannot have that name although it is one: something else has it, and a program would get the wrong one.
pub const fn taken(library: &str) -> Option<&'static str> {
    if is_among(library, OWN) {
        Some("bindings have names of their own that begin with it")
    } else if is_among(library, SYMBOLS) {
        Some("the system's libraries have functions whose names begin with it")
    } else if is_among(library, HEADERS) {
        Some("its header would stand in for a system's header of that name")
    } else {
        None
    }
}

/// `ffihost.h` is in every library's bindings; and what is in these namespaces of C++ is the standards'.
const OWN: &[&str] = &["ffi", "ffihost", "posix", "std"];

/// Libraries that would export a function which a C library, or one that is linked everywhere, has: `timer_create`, `sem_close`.
const SYMBOLS: &[&str] = &[
    "aio", "auth", "clnt", "cnd", "dbm", "epoll", "iconv", "io", "memfd", "mq", "mtx", "pthread", "sem", "svc", "thrd",
    "timer", "timerfd", "tss", "xdr",
];

/// Headers of C, POSIX, and of systems, by what stands before `.h`.
const HEADERS: &[&str] = &[
    "alloca",
    "assert",
    "complex",
    "cpio",
    "ctype",
    "dirent",
    "dlfcn",
    "elf",
    "endian",
    "err",
    "errno",
    "fcntl",
    "features",
    "fenv",
    "float",
    "fmtmsg",
    "fnmatch",
    "ftw",
    "getopt",
    "glob",
    "grp",
    "ifaddrs",
    "inttypes",
    "io",
    "iso646",
    "langinfo",
    "libgen",
    "limits",
    "link",
    "locale",
    "malloc",
    "math",
    "memory",
    "mntent",
    "monetary",
    "mqueue",
    "ndbm",
    "netdb",
    "paths",
    "poll",
    "process",
    "pthread",
    "pty",
    "pwd",
    "regex",
    "resolv",
    "sched",
    "search",
    "semaphore",
    "setjmp",
    "shadow",
    "signal",
    "spawn",
    "stdalign",
    "stdarg",
    "stdatomic",
    "stdbit",
    "stdbool",
    "stdckdint",
    "stddef",
    "stdint",
    "stdio",
    "stdlib",
    "stdnoreturn",
    "string",
    "strings",
    "stropts",
    "syslog",
    "tar",
    "termios",
    "tgmath",
    "threads",
    "time",
    "trace",
    "uchar",
    "ucontext",
    "ulimit",
    "unistd",
    "unwind",
    "utime",
    "utmp",
    "utmpx",
    "wchar",
    "wctype",
    "windows",
    "winsock2",
    "wordexp",
];

const fn is_among(name: &str, names: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if is_same(name.as_bytes(), names[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

fn join(name: &str, between: &str, cased: impl Fn(&str) -> String) -> String {
    let mut joined = String::new();
    for word in name.split('_').flat_map(words) {
        if !joined.is_empty() {
            joined.push_str(between);
        }
        joined.push_str(&cased(word));
    }
    joined
}

/// The words of a part without `_`.
fn words(part: &str) -> impl Iterator<Item = &str> {
    let mut rest = part;
    core::iter::from_fn(move || {
        let (word, after) = rest.split_at(end_of_word(rest.as_bytes()));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// How long the first word is.
fn end_of_word(letters: &[u8]) -> usize {
    let mut after_small = false;
    let mut after_capital = false;
    for (at, letter) in letters.iter().enumerate() {
        let before_small = letters.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (after_small || after_capital && before_small) {
            return at;
        }
        // A digit changes neither.
        if letter.is_ascii_alphabetic() {
            after_small = letter.is_ascii_lowercase();
            after_capital = !after_small;
        }
    }
    letters.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::vec::Vec;
    use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

    #[test]
    fn words_are_told_apart() {
        for (name, expected) in [
            ("Cursor", "cursor"),
            ("HttpCursor", "http_cursor"),
            ("HTTPServer", "http_server"),
            ("Utf8Reader", "utf8_reader"),
            ("P2PNode", "p2p_node"),
            ("__Two__Words_", "two_words"),
            ("aB", "a_b"),
            ("_", ""),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!((camel("fetch_profile"), camel("fetchURL")), ("FetchProfile".to_owned(), "FetchUrl".to_owned()));
        assert_eq!(camel("größe"), "Größe", "what is refused elsewhere is no reason to panic here");
        assert_eq!((shouty("NotFound"), args("on_2nd")), ("NOT_FOUND".to_owned(), "On2ndArgs".to_owned()));
    }

    #[test]
    fn libraries_have_plain_names() {
        assert!(is_library("my_app2"));
        for name in ["2my", "MyApp", "my-app", "", "_my", "grün"] {
            assert!(!is_library(name), "{name}");
        }
    }

    /// Bindings that exist were made with heck's rules.
    #[test]
    fn every_short_name_is_as_heck_has_it() {
        let mut names: Vec<String> = [String::new()].into();
        for _ in 0..8 {
            names =
                names.iter().flat_map(|name| ['a', 'B', '1', '_'].map(|letter| format!("{name}{letter}"))).collect();
            for name in &names {
                assert_eq!(snake(name), name.to_snake_case(), "{name}");
                assert_eq!(camel(name), name.to_upper_camel_case(), "{name}");
                assert_eq!(shouty(name), name.to_shouty_snake_case(), "{name}");
            }
        }
        assert_eq!(names.len(), 1 << 16);
    }

    #[test]
    fn what_others_have_is_taken() {
        for (name, why) in [("timer", "functions"), ("time", "header"), ("ffihost", "bindings"), ("std", "bindings")] {
            assert!(taken(name).is_some_and(|reason| reason.contains(why)), "{name}");
        }
        for name in ["my_timer", "times", "tim", "", "vault"] {
            assert_eq!(taken(name), None, "{name}");
        }
        for names in [OWN, SYMBOLS, HEADERS] {
            assert!(names.is_sorted() && names.iter().all(|name| is_library(name)));
        }
    }
}
