//! Types of other crates cross in both formats, as their representations.

mod typed;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ciborium::Value;
use ffihost::wire::native::{List, Reader, Str};
use ffihost::wire::{Lift, from_payload, to_payload};
use ffihost::{DecodeError, Format, HostError, ffi, ffi_host};
use ffihost_schema::{Logic, Type};
use url::Url;
use uuid::Uuid;

ffihost::library!("my_app", Nothing);

/// The state: nothing.
pub struct Nothing;

#[ffi(constructor)]
async fn create() -> Result<Nothing, String> {
    Ok(Nothing)
}

/// One of each.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    id: Uuid,
    page: Option<Url>,
    at: DateTime<Utc>,
    picture: Bytes,
    ids: Vec<Uuid>,
}

#[ffi]
fn body(_app: &Nothing, page: &Url, at: DateTime<Utc>) -> Result<Bytes, String> {
    Ok(Bytes::from(format!("{page} {at}")))
}

#[ffi_host]
async fn load(page: Url, id: &Uuid) -> Result<Bytes, HostError>;

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

fn refused<T: Lift + std::fmt::Debug>(text: &str) -> String {
    let mut reader = Reader::new(BUDGET);
    let text = Str { data: text.as_ptr(), len: text.len() };
    // SAFETY: the text is as long as it says.
    let natively = unsafe { T::lift((&raw const text).cast(), &mut reader) };
    natively.expect_err("it is no such value").to_string()
}

const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

fn id() -> Uuid {
    ID.parse().expect("it is one")
}

fn page() -> Url {
    Url::parse("https://example.org/ü?a=b").expect("it is one")
}

#[test]
fn each_comes_back_as_it_was() {
    let foreign = Foreign {
        id: id(),
        page: Some(page()),
        at: DateTime::from_timestamp_nanos(-1_500_000_001),
        picture: Bytes::from_static(&[0, 255]),
        ids: (0..100).map(Uuid::from_u128).collect(),
    };
    for format in [Format::Native, Format::Cbor] {
        assert_eq!(through(&foreign, format).as_ref(), Ok(&foreign));
        assert_eq!(through(&id(), format), Ok(id()), "a whole payload");
        assert_eq!(through(&page(), format), Ok(page()));
        assert_eq!(through(&Bytes::new(), format), Ok(Bytes::new()));
        assert_eq!(through(&foreign.picture, format).as_ref(), Ok(&foreign.picture));
    }
}

#[test]
fn each_is_its_representation() {
    assert_eq!(encoded(&id()), Value::from(ID));
    assert_eq!(encoded(&page()), Value::from("https://example.org/%C3%BC?a=b"));
    assert_eq!(encoded(&DateTime::<Utc>::from_timestamp_nanos(7)), Value::from(7));
    assert_eq!(encoded(&Bytes::from_static(b"ab")), Value::from(&b"ab"[..]));
    to_payload(&id(), Format::Native, &mut |bytes| assert_eq!(bytes, ID.as_bytes()));
}

#[test]
fn a_time_that_does_not_fit_is_the_outermost_that_does() {
    assert_eq!(encoded(&DateTime::<Utc>::MAX_UTC), Value::from(i64::MAX));
    assert_eq!(encoded(&DateTime::<Utc>::MIN_UTC), Value::from(i64::MIN));
    for nanoseconds in [i64::MIN, -1, 0, i64::MAX] {
        let time = DateTime::<Utc>::from_timestamp_nanos(nanoseconds);
        assert_eq!(through(&time, Format::Native), Ok(time));
    }
}

#[test]
fn text_that_is_no_such_value_is_refused_with_what_the_crate_says() {
    let of_crate = "1234".parse::<Uuid>().expect_err("it is too short").to_string();
    assert_eq!(refused::<Uuid>("1234"), of_crate);
    assert_eq!(refused::<Url>("example.org"), url::ParseError::RelativeUrlWithoutBase.to_string());
    let wild = List { data: std::ptr::null::<u8>(), len: 1 };
    // SAFETY: NULL is not read.
    assert!(unsafe { Bytes::lift_arg(wild, &mut Reader::new(BUDGET)) }.is_err());
    // SAFETY: what is too long is not read.
    let huge = unsafe { Bytes::lift_arg(List { data: ID.as_ptr(), len: BUDGET + 1 }, &mut Reader::new(BUDGET)) };
    assert!(huge.is_err(), "the budget holds");
}

#[test]
fn the_descriptor_says_what_they_mean() {
    let library = typed::library();
    let item = library.structs.iter().find(|item| item.name == "Foreign").expect("the library has it");
    let types: Vec<_> = item.fields.iter().map(|field| field.ty.clone()).collect();
    let logical = |name: &str, ty| Type::As(Logic::Name(name.to_owned()), Box::new(ty));
    let id = logical("uuid", Type::String);
    let page = Type::Option(Box::new(logical("url", Type::String)));
    assert_eq!(types, [id.clone(), page, logical("time", Type::I64), Type::Bytes, Type::List(Box::new(id))]);
    let shown: Vec<_> = types.iter().map(ToString::to_string).collect();
    assert_eq!(shown.join(" "), "Uuid Option<Url> SystemTime Vec<u8> Vec<Uuid>");
}
