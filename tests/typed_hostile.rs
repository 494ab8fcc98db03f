//! Hostile arguments, in both formats: each is an error that says where, before anything is read that is not there.

mod typed;

use ffihost::{Options, ffi};
use std::collections::BTreeMap;
use std::ptr;
use typed::{DECODE, Entry, FFICallBack, INVALID_ARGUMENT, List, OK, Optional, Str, TOO_LARGE, Value, c_int, c_void};

const LIMIT: usize = 1 << 16;

ffihost::library!("my_app", Nothing, options = Options::new().max_payload(LIMIT).linger(typed::NEVER));

/// The state: nothing.
pub struct Nothing;

#[ffi(constructor)]
async fn create() -> Result<Nothing, String> {
    Ok(Nothing)
}

/// Without data.
#[ffi]
#[derive(Debug)]
pub enum Kind {
    /// 0
    First,
    /// 1
    Second,
}

/// With data.
#[ffi]
#[derive(Debug)]
pub enum Choice {
    /// 0
    Nothing,
    /// 1
    Text(String),
    /// 2
    Fields {
        /// A bool.
        flag: bool,
        /// Texts.
        texts: Vec<String>,
    },
}

/// Of everything one.
#[ffi]
#[derive(Debug)]
#[expect(missing_docs, reason = "each is of its type")]
pub struct All {
    pub flag: bool,
    pub text: String,
    pub bytes: Vec<u8>,
    pub numbers: Vec<u32>,
    pub texts: Vec<String>,
    pub map: BTreeMap<String, bool>,
    pub kind: Kind,
    pub choice: Choice,
    pub optional: Option<bool>,
}

/// Says what it was given.
#[ffi]
#[expect(clippy::needless_pass_by_value, reason = "a reference would be that of a handle")]
fn take(all: All) -> String {
    format!("{all:?}")
}

/// The same, with each by itself.
#[ffi]
#[expect(clippy::needless_pass_by_value, reason = "an enum crosses by value")]
fn take_each(flag: bool, text: &str, bytes: &[u8], numbers: &[u32], kind: Kind, optional: Option<bool>) -> String {
    format!("{flag} {text} {bytes:?} {numbers:?} {kind:?} {optional:?}")
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CFields {
    flag: u8,
    texts: List<Str>,
}

#[derive(Clone, Copy)]
#[repr(C)]
union CPayload {
    text: Str,
    fields: CFields,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CChoice {
    tag: i32,
    payload: CPayload,
}

/// `bool` as a byte, which can be anything.
#[derive(Clone, Copy)]
#[repr(C)]
struct CFlag {
    present: u8,
    value: u8,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CAll {
    flag: u8,
    text: Str,
    bytes: Str,
    numbers: List<u32>,
    texts: List<Str>,
    map: List<Entry<u8>>,
    kind: i32,
    choice: CChoice,
    optional: CFlag,
}

unsafe extern "C" {
    safe fn my_app_take_cbor(cb: Option<FFICallBack>, ud: *mut c_void, req: *const u8, len: usize) -> c_int;
}

typed::synchronous! {
    my_app_take(all: *const CAll) -> typed::FFIOwnedString;
    my_app_take_each(flag: u8, text: Str, bytes: Str, numbers: List<u32>, kind: i32, optional: *const CFlag) -> typed::FFIOwnedString;
}

const FINE: &str = r#"All { flag: true, text: "text", bytes: [1, 2], numbers: [3, 4], texts: ["a", "b"], map: {"k": false, "l": true}, kind: Second, choice: Text("c"), optional: Some(true) }"#;

/// Calls `take` with what `change` makes of arguments that are all right.
#[track_caller]
fn take_with(change: impl FnOnce(&mut CAll)) -> (c_int, String) {
    let texts = [Str::of("a"), Str::of("b")];
    let map = [Entry { key: Str::of("k"), value: 0 }, Entry { key: Str::of("l"), value: 1 }];
    let mut all = CAll {
        flag: 1,
        text: Str::of("text"),
        bytes: Str::of(&[1, 2]),
        numbers: List::of(&[3, 4]),
        texts: List::of(&texts),
        map: List::of(&map),
        kind: 1,
        choice: CChoice { tag: 1, payload: CPayload { text: Str::of("c") } },
        optional: CFlag { present: 1, value: 1 },
    };
    change(&mut all);
    typed::run(typed::text, |cb, ud| my_app_take(cb, ud, &raw const all))
}

#[track_caller]
fn refused(text: &str, change: impl FnOnce(&mut CAll)) {
    assert_eq!(take_with(change), (DECODE, text.to_owned()));
}

#[track_caller]
fn too_large(path: &str, change: impl FnOnce(&mut CAll)) {
    let (ret, text) = take_with(change);
    assert!(ret == TOO_LARGE && text.starts_with(&format!("`{path}`: ")), "{ret} {text}");
}

#[test]
fn what_is_all_right_is_taken() {
    assert_eq!(take_with(|_| {}), (OK, FINE.to_owned()));
    let absent = FINE.replace("Some(true)", "None");
    assert_eq!(
        take_with(|all| all.optional = CFlag { present: 0, value: 9 }),
        (OK, absent),
        "what is absent is not looked at"
    );
    let empty = FINE.replace("[3, 4]", "[]").replace(r#""text""#, r#""""#);
    let nowhere = ptr::without_provenance(1);
    let told =
        take_with(|all| (all.numbers, all.text) = (List { data: nowhere, len: 0 }, Str { data: ptr::null(), len: 0 }));
    assert_eq!(told, (OK, empty), "a pointer to nothing is not looked at");
}

#[test]
fn bits_that_are_no_value() {
    refused("`all.flag`: a bool is 0 or 1, not 2", |all| all.flag = 2);
    refused("`all.optional`: a bool is 0 or 1, not 255", |all| all.optional.present = 255);
    refused("`all.optional`: a bool is 0 or 1, not 3", |all| all.optional.value = 3);
    refused("`all.kind`: no variant has the tag 2", |all| all.kind = 2);
    refused("`all.kind`: no variant has the tag -1", |all| all.kind = -1);
    refused("`all.choice`: no variant has the tag 3", |all| all.choice.tag = 3);
    refused("`all.choice`: no variant has the tag -2147483648", |all| all.choice.tag = i32::MIN);
    let entries = [Entry { key: Str::of("k"), value: 0 }, Entry { key: Str::of("k"), value: 1 }];
    refused("`all.map[1]`: a key occurs twice", |all| all.map = List::of(&entries));
}

#[test]
fn text_that_is_not_utf8() {
    refused("`all.text`: not UTF-8 from byte 1 on", |all| all.text = Str::of(b"a\xff"));
    let pair = [Str::of("a"), Str::of(&[0xc0, 0x80])];
    refused("`all.texts[1]`: not UTF-8 from byte 0 on", |all| {
        all.texts = List::of(&pair);
    });
    refused("`all.choice.Text`: not UTF-8 from byte 0 on", |all| all.choice.payload.text = Str::of(b"\xed\xa0\x80"));
    let texts = [Str::of("a"), Str::of(b"\x80")];
    refused("`all.choice.Fields.texts[1]`: not UTF-8 from byte 0 on", |all| {
        all.choice = CChoice { tag: 2, payload: CPayload { fields: CFields { flag: 0, texts: List::of(&texts) } } };
    });
    let entries = [Entry { key: Str::of(b"\xff"), value: 0 }];
    refused("`all.map[0]`: not UTF-8 from byte 0 on", |all| all.map = List::of(&entries));
}

#[test]
fn null_with_a_length() {
    let null = Str { data: ptr::null(), len: 3 };
    refused("`all.text`: NULL with a length of 3", |all| all.text = null);
    refused("`all.bytes`: NULL with a length of 3", |all| all.bytes = null);
    refused("`all.numbers`: NULL with a length of 1", |all| all.numbers = List { data: ptr::null(), len: 1 });
    refused("`all.texts`: NULL with a length of 1", |all| all.texts = List { data: ptr::null(), len: 1 });
    refused("`all.map`: NULL with a length of 1", |all| all.map = List { data: ptr::null(), len: 1 });
    let texts = [null];
    refused("`all.texts[0]`: NULL with a length of 3", |all| all.texts = List::of(&texts));
    let (ret, pending) = typed::try_submit(typed::text, |cb, ud| my_app_take(cb, ud, ptr::null()));
    assert_eq!(ret, INVALID_ARGUMENT);
    pending.assert_silent();
}

#[test]
fn lengths_that_cannot_be() {
    let huge = [usize::MAX, isize::MAX.cast_unsigned() + 1, isize::MAX.cast_unsigned(), usize::MAX / 4 + 2, LIMIT + 1];
    for len in huge {
        too_large("all.text", |all| all.text.len = len);
        too_large("all.bytes", |all| all.bytes.len = len);
        too_large("all.numbers", |all| all.numbers.len = len);
        too_large("all.texts", |all| all.texts.len = len);
        too_large("all.map", |all| all.map.len = len);
    }
    // Times the size of a value, this is a small number again.
    too_large("all.numbers", |all| all.numbers.len = 1 << 62);
    too_large("all.texts", |all| all.texts.len = usize::MAX / 24 + 2);
}

#[test]
fn more_memory_than_the_limit() {
    let text = "x".repeat(LIMIT * 2 / 3);
    assert_eq!(take_with(|all| all.text = Str::of(&text)).0, OK);
    too_large("all.bytes", |all| (all.text, all.bytes) = (Str::of(&text), Str::of(&text)));
    let texts = [Str::of(&text); 2];
    too_large("all.texts[1]", |all| all.texts = List::of(&texts));
    let numbers = vec![0; LIMIT / 4 + 1];
    too_large("all.numbers", |all| all.numbers = List::of(&numbers));
}

#[test]
fn parameters_by_themselves() {
    let (text, bytes, numbers) = (Str::of("t"), Str::of(&[1]), List::of(&[2]));
    let take = |flag, text, bytes, numbers, kind, optional: *const CFlag| {
        typed::run(typed::text, |cb, ud| my_app_take_each(cb, ud, flag, text, bytes, numbers, kind, optional))
    };
    let some = CFlag { present: 1, value: 0 };
    assert_eq!(take(0, text, bytes, numbers, 0, &raw const some), (OK, "false t [1] [2] First Some(false)".to_owned()));
    assert_eq!(take(1, text, bytes, numbers, 1, ptr::null()), (OK, "true t [1] [2] Second None".to_owned()));
    let (null, bad) = (Str { data: ptr::null(), len: 1 }, CFlag { present: 1, value: 2 });
    let refusals = [
        (take(7, text, bytes, numbers, 0, ptr::null()), DECODE, "`flag`: a bool is 0 or 1, not 7"),
        (take(0, null, bytes, numbers, 0, ptr::null()), DECODE, "`text`: NULL with a length of 1"),
        (take(0, Str::of(b"\xff"), bytes, numbers, 0, ptr::null()), DECODE, "`text`: not UTF-8 from byte 0 on"),
        (take(0, text, null, numbers, 0, ptr::null()), DECODE, "`bytes`: NULL with a length of 1"),
        (
            take(0, text, bytes, List { data: ptr::null(), len: 2 }, 0, ptr::null()),
            DECODE,
            "`numbers`: NULL with a length of 2",
        ),
        (take(0, text, bytes, numbers, 9, ptr::null()), DECODE, "`kind`: no variant has the tag 9"),
        (take(0, text, bytes, numbers, 0, &raw const bad), DECODE, "`optional`: a bool is 0 or 1, not 2"),
    ];
    for ((ret, said), expected, text) in refusals {
        assert_eq!((ret, &*said), (expected, text));
    }
    let endless = Str { len: usize::MAX, ..text };
    assert_eq!(take(0, endless, bytes, numbers, 0, ptr::null()).0, TOO_LARGE);
    assert_eq!(take(0, text, endless, numbers, 0, ptr::null()).0, TOO_LARGE);
}

/// The arguments of `take` in CBOR.
fn fine() -> Vec<(&'static str, Value)> {
    vec![
        ("flag", true.into()),
        ("text", "text".into()),
        ("bytes", Value::Bytes(vec![1, 2])),
        ("numbers", Value::Array(vec![3.into(), 4.into()])),
        ("texts", Value::Array(vec!["a".into(), "b".into()])),
        ("map", typed::map([("k", false.into()), ("l", true.into())])),
        ("kind", "Second".into()),
        ("choice", typed::map([("Text", "c".into())])),
        ("optional", true.into()),
    ]
}

#[track_caller]
fn take_cbor(change: impl FnOnce(&mut Vec<(&str, Value)>)) -> (c_int, String) {
    let mut all = fine();
    change(&mut all);
    let all = Value::Map(all.into_iter().map(|(key, value)| (key.into(), value)).collect());
    take_bytes(&typed::write(&typed::map([("all", all)])))
}

#[track_caller]
fn take_bytes(req: &[u8]) -> (c_int, String) {
    let read = |ret, bytes: &[u8]| {
        if ret == OK { typed::parse(bytes).as_text().expect("text").to_owned() } else { typed::text(ret, bytes) }
    };
    typed::run(read, |cb, ud| my_app_take_cbor(cb, ud, req.as_ptr(), req.len()))
}

#[test]
fn cbor_that_is_not_the_argument() {
    assert_eq!(take_cbor(|_| {}), (OK, FINE.to_owned()));
    let set = |key: &'static str, value: Value| {
        take_cbor(move |all| all.iter_mut().filter(|entry| entry.0 == key).for_each(|entry| entry.1 = value.clone()))
    };
    let refusals: [(&'static str, Value, &str); 14] = [
        ("flag", 1.into(), "`all.flag`: expected true or false, found a number"),
        ("text", Value::Bytes(vec![]), "`all.text`: expected text, found bytes"),
        ("bytes", "text".into(), "`all.bytes`: expected bytes, found text"),
        (
            "numbers",
            Value::Array(vec![1.into(), (-1).into()]),
            "`all.numbers[1]`: expected a number that is not negative, found a negative number",
        ),
        ("numbers", Value::Array(vec![(1_u64 << 32).into()]), "`all.numbers[0]`: 4294967296 is not in u32"),
        (
            "numbers",
            Value::Array(vec![1.5.into()]),
            "`all.numbers[0]`: expected a number that is not negative, found a float",
        ),
        ("texts", Value::Null, "`all.texts`: expected an array, found null"),
        ("map", typed::map([("k", Value::Null)]), "`all.map.k`: expected true or false, found null"),
        ("map", Value::Map(vec![(1.into(), true.into())]), "`all.map`: expected a key that is text, found a number"),
        ("kind", "Third".into(), "`all.kind`: there is no variant `Third`"),
        ("choice", "Text".into(), "`all.choice`: the variant `Text` has a value: it is a map of one entry"),
        ("choice", typed::map([]), "`all.choice`: a variant is a map of one entry"),
        (
            "choice",
            typed::map([("Text", "c".into()), ("Nothing", Value::Null)]),
            "`all.choice`: a variant is a map of one entry",
        ),
        (
            "choice",
            typed::map([("Fields", typed::map([("flag", true.into())]))]),
            "`all.choice.Fields`: the key `texts` is missing",
        ),
    ];
    for (key, value, text) in refusals {
        assert_eq!(set(key, value), (DECODE, text.to_owned()));
    }
    assert_eq!(take_cbor(|all| drop(all.remove(1))), (DECODE, "`all`: the key `text` is missing".to_owned()));
    assert_eq!(
        take_cbor(|all| all.push(("flag", true.into()))),
        (DECODE, "`all.flag`: the key occurs twice".to_owned())
    );
    assert_eq!(take_bytes(&[]), (DECODE, "the key `all` is missing".to_owned()), "no bytes are no arguments");
    let twice = Value::Array(vec![typed::map([("k", true.into())])]);
    assert_eq!(set("map", twice).0, DECODE);
}

#[test]
fn bytes_that_are_no_cbor() {
    let started = [&[0xa1, 0x63][..], b"all"].concat();
    for end in [
        &[][..],
        &[0xff],
        &[0x1c],
        &[0xfc],
        &[0xbb, 255, 255, 255, 255, 255, 255, 255, 255],
        &[0xbf, 0x61],
        &[0x61],
        &[0xd9],
    ] {
        let (ret, text) = take_bytes(&[&started, end].concat());
        assert!(ret == DECODE && !text.is_empty(), "{end:x?}: {ret} {text}");
    }
    let whole = typed::write(&typed::map([(
        "all",
        Value::Map(fine().into_iter().map(|(key, value)| (key.into(), value)).collect()),
    )]));
    for len in 1..whole.len() {
        assert_eq!(take_bytes(&whole[..len]).0, DECODE, "the first {len} bytes");
    }
    let longer = [&*whole, &[0]].concat();
    assert_eq!(take_bytes(&longer), (DECODE, "1 bytes after the end".to_owned()));
}

#[test]
fn what_is_too_large_or_nowhere_is_refused_at_the_door() {
    let submit = |data: *const u8, len| {
        let (ret, pending) = typed::try_submit(typed::text, |cb, ud| my_app_take_cbor(cb, ud, data, len));
        pending.assert_silent();
        ret
    };
    assert_eq!(submit(ptr::null(), 1), INVALID_ARGUMENT);
    let bytes = vec![0; LIMIT + 1];
    assert_eq!(submit(bytes.as_ptr(), bytes.len()), TOO_LARGE);
    assert_eq!(submit(bytes.as_ptr(), usize::MAX), TOO_LARGE);
    // Each entry takes more memory than it has bytes.
    let texts = Value::Array(vec!["".into(); LIMIT / 16]);
    let (ret, text) = take_cbor(|all| all[4].1 = texts);
    assert!(ret == TOO_LARGE && text.starts_with("`all.texts"), "{ret} {text}");
}

/// Only so that the C type of an option is written down with its real `bool`, too.
const _: () = assert!(size_of::<Optional<bool>>() == size_of::<CFlag>());
