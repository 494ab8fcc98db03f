//! Types with a representation and a logic cross in both formats; what the representation holds and the type does not is an
//! error.

mod typed;

use ciborium::Value;
use ffihost::wire::native::{List, Reader, Str};
use ffihost::wire::{Lift, from_payload, to_payload};
use ffihost::{DecodeError, Format, HostError, ffi, ffi_event, ffi_host};
use ffihost_schema::{Logic, Type};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

ffihost::library!("my_app", Nothing);

/// The state: nothing.
pub struct Nothing;

#[ffi(constructor)]
async fn create(patience: Duration, size: usize) -> Result<Nothing, String> {
    if size == 0 || patience.is_zero() { Err("nothing".to_owned()) } else { Ok(Nothing) }
}

/// One of each.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Logical {
    patience: Duration,
    at: Option<SystemTime>,
    letter: char,
    size: usize,
    offset: isize,
    place: PathBuf,
    digest: [u8; 4],
    point: [f64; 2],
    names: [String; 2],
    queue: VecDeque<u8>,
    tags: BTreeSet<String>,
    sizes: HashSet<usize>,
    waits: Vec<Duration>,
}

/// And in variants.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// After a while.
    In(Duration),
    /// At a time.
    At {
        /// When.
        time: SystemTime,
        /// Two.
        letters: [char; 2],
    },
}

#[ffi]
fn later(_app: &Nothing, when: When, by: &Duration, point: &[f64; 2]) -> Result<HashSet<char>, String> {
    match when {
        When::In(time) if time > *by => Err(format!("{point:?}")),
        When::In(_) => Ok(HashSet::new()),
        When::At { letters, .. } => Ok(letters.into()),
    }
}

#[ffi_host]
async fn wait(within: Duration, place: PathBuf) -> Result<SystemTime, HostError>;

#[ffi_event]
fn on_waited(since: SystemTime, tags: &BTreeSet<String>);

fn logical() -> Logical {
    Logical {
        patience: Duration::from_nanos(1_500_000_001),
        at: Some(UNIX_EPOCH - Duration::from_micros(10)),
        letter: '\u{10ffff}',
        size: 7,
        offset: -7,
        place: PathBuf::from("/tmp/ü"),
        digest: [1, 2, 3, 255],
        point: [0.5, -0.5],
        names: ["a".to_owned(), String::new()],
        queue: (0..200).collect(),
        tags: ["x".to_owned(), "y".to_owned()].into(),
        sizes: [0, usize::MAX].into(),
        waits: vec![Duration::ZERO, Duration::from_nanos(u64::MAX)],
    }
}

const BUDGET: usize = 1 << 20;

fn through<T: Lift>(value: &T, format: Format) -> Result<T, DecodeError> {
    let mut lifted = None;
    // SAFETY: the library wrote it just now.
    to_payload(value, format, &mut |bytes| lifted = Some(unsafe { from_payload(format, bytes, BUDGET) }));
    lifted.expect("it is passed once")
}

fn encoded<T: Lift>(value: &T) -> Value {
    let mut read = None;
    to_payload(value, Format::Cbor, &mut |bytes| read = ciborium::from_reader(bytes).ok());
    read.expect("it is CBOR")
}

/// What is wrong with CBOR that was made of another type.
fn refused<T: Lift + std::fmt::Debug>(bytes: &[u8]) -> String {
    // SAFETY: CBOR points to nothing.
    let decoded = unsafe { from_payload::<T>(Format::Cbor, bytes, BUDGET) };
    decoded.expect_err("it is no such value").to_string()
}

#[test]
fn each_comes_back_as_it_was() {
    for format in [Format::Native, Format::Cbor] {
        assert_eq!(through(&logical(), format), Ok(logical()));
        let mut queue = VecDeque::from([2, 3]);
        queue.push_front(1);
        assert_eq!(through(&queue, format), Ok(queue), "in two parts of memory");
        assert_eq!(through(&[7_u8; 3], format), Ok([7; 3]), "a whole payload of bytes");
        assert_eq!(through(&[0.5; 3], format), Ok([0.5; 3]));
        assert_eq!(through(&[0_u8; 0], format), Ok([]));
        assert_eq!(through(&PathBuf::from("a"), format), Ok(PathBuf::from("a")));
        assert_eq!(through(&HashSet::<bool>::new(), format), Ok(HashSet::new()));
        for when in [When::In(Duration::MAX), When::At { time: UNIX_EPOCH, letters: ['a', 'ü'] }] {
            let bounded = match when {
                When::In(_) => When::In(Duration::from_nanos(u64::MAX)),
                When::At { .. } => when,
            };
            assert_eq!(through(&when, format), Ok(bounded));
        }
    }
}

#[test]
fn each_is_its_representation() {
    assert_eq!(encoded(&Duration::from_micros(2)), Value::from(2_000));
    assert_eq!(encoded(&(UNIX_EPOCH - Duration::from_micros(2))), Value::from(-2_000));
    assert_eq!(encoded(&'a'), Value::from(97));
    assert_eq!(encoded(&[1_u8, 2]), Value::Bytes(vec![1, 2]));
    assert_eq!(encoded(&VecDeque::from([1_u8])), Value::Array(vec![Value::from(1)]));
    assert_eq!(encoded(&PathBuf::from("a/b")), Value::Text("a/b".to_owned()));
}

#[test]
fn what_is_no_such_value_is_refused() {
    assert_eq!(refused::<char>(&[0x19, 0xd8, 0x00]), "0xd800 is no Unicode scalar value");
    assert_eq!(refused::<[u8; 4]>(&[0x43, 1, 2, 3]), "expected 4 values, there are 3");
    assert_eq!(refused::<[u16; 1]>(&[0x82, 1, 2]), "expected 1 values, there are 2");
    assert_eq!(refused::<BTreeSet<u8>>(&[0x83, 1, 2, 1]), "`[2]`: a value occurs twice");
    assert_eq!(refused::<Duration>(&[0x20]), "expected a number that is not negative, found a negative number");
}

#[test]
fn what_is_no_such_value_is_refused_natively() {
    let mut reader = Reader::new(BUDGET);
    let twice = [1_u32, 1];
    let list = List { data: twice.as_ptr(), len: twice.len() };
    // SAFETY: the list is as long as it says.
    unsafe {
        assert!(HashSet::<u32>::lift_arg(list, &mut reader).is_err());
        assert!(<[u32; 3]>::lift_arg(list, &mut reader).is_err());
        assert!(char::lift_arg(0x11_0000, &mut reader).is_err());
        let wild = List { data: std::ptr::null::<u8>(), len: usize::MAX };
        assert!(<[u8; 4]>::lift_arg(wild, &mut reader).is_err());
        assert!(VecDeque::<u8>::lift_arg(wild, &mut reader).is_err());
        let text = Str { data: [0xff].as_ptr(), len: 1 };
        assert!(PathBuf::lift_arg(text, &mut reader).is_err());
    }
    let huge = List { data: twice.as_ptr(), len: BUDGET };
    // SAFETY: what is too long is not read.
    assert!(unsafe { HashSet::<u32>::lift_arg(huge, &mut reader) }.is_err(), "the budget holds");
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_text_is_passed_with_a_mark() {
    use std::os::unix::ffi::OsStringExt as _;
    let path = PathBuf::from(std::ffi::OsString::from_vec(b"a\xffb".to_vec()));
    let struct_of_it = [path.clone(), path.clone()];
    for format in [Format::Native, Format::Cbor] {
        assert_eq!(through(&path, format), Ok(PathBuf::from("a\u{fffd}b")));
        let passed = through(&struct_of_it, format).expect("it is text");
        assert_eq!(passed, [PathBuf::from("a\u{fffd}b"), PathBuf::from("a\u{fffd}b")]);
    }
}

#[test]
fn the_descriptor_says_what_they_mean() {
    let library = typed::library();
    let item = library.structs.iter().find(|item| item.name == "Logical").expect("the library has it");
    let ty = |name: &str| &item.fields.iter().find(|field| field.name == name).expect("it has that field").ty;
    let logical = |name: &str, ty| Type::As(Logic::Name(name.to_owned()), Box::new(ty));
    let list = |ty| Type::List(Box::new(ty));
    assert_eq!(*ty("patience"), logical("duration", Type::U64));
    assert_eq!(*ty("at"), Type::Option(Box::new(logical("time", Type::I64))));
    assert_eq!(*ty("letter"), logical("char", Type::U32));
    assert_eq!((ty("size"), ty("offset")), (&Type::U64, &Type::I64));
    assert_eq!(*ty("place"), logical("path", Type::String));
    assert_eq!(*ty("digest"), Type::As(Logic::Array(4), Box::new(Type::Bytes)));
    assert_eq!(*ty("point"), Type::As(Logic::Array(2), Box::new(list(Type::F64))));
    assert_eq!(*ty("queue"), list(Type::U8));
    assert_eq!(*ty("tags"), logical("set", list(Type::String)));
    let shown: Vec<_> = item.fields.iter().map(|field| field.ty.to_string()).collect();
    let expected = "Duration Option<SystemTime> char u64 i64 PathBuf [u8; 4] [f64; 2] [String; 2] Vec<u8> HashSet<String> \
                    HashSet<u64> Vec<Duration>";
    assert_eq!(shown.join(" "), expected);
}
