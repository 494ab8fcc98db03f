//! Structs whose fields have no names, and structs without fields, cross in both formats; a struct of one field without a name
//! is just that field.

mod typed;

use ciborium::Value;
use ffihost::wire::{Lift, Lower, from_payload, to_payload};
use ffihost::{Format, ffi};
use ffihost_schema::{Logic, Type};
use std::sync::Mutex;

ffihost::library!("my_app", State);

/// The state: nothing.
pub struct State;

#[ffi(constructor)]
async fn create(_by: UserId) -> Result<State, String> {
    Ok(State)
}

/// Whose it is.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserId(u64);

/// Text.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Name(pub String);

/// A newtype of another, and a list.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Crowd(Vec<UserId>);

/// Three without names.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Entry(#[doc = "Whose."] UserId, Option<Name>, Nothing);

/// Holds nothing.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nothing;

/// Holds nothing either.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Empty {}

/// Variants without names for their fields.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Two.
    Both(UserId, Name),
    /// One.
    One(Crowd),
    /// A struct without fields.
    Nobody(Empty),
}

#[ffi]
fn next(_app: &State, id: UserId, name: &Name, crowd: &Crowd) -> UserId {
    UserId(id.0 + name.0.len() as u64 + crowd.0.len() as u64)
}

#[ffi]
fn find(_app: &State, entry: Entry) -> Result<Found, String> {
    Ok(Found::Both(entry.0, entry.1.ok_or("nobody")?))
}

/// A suspect behind a name of its own.
mod own {
    #[ffihost::ffi]
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Instant(pub u8);
}

/// Holds what has the name of a type that does not cross.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment(own::Instant);

fn through<T: Lift>(value: &T, format: Format) -> T {
    let lifted = Mutex::new(None);
    to_payload(value, format, &mut |bytes| {
        // SAFETY: the library wrote it just now.
        *lifted.lock().expect("nobody panics") = Some(unsafe { from_payload(format, bytes, 1 << 20) });
    });
    lifted.into_inner().expect("nobody panics").expect("it is passed once").expect("it is such a value")
}

fn passed<T: Lower>(value: &T, format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    to_payload(value, format, &mut |payload| bytes = payload.to_vec());
    bytes
}

fn crowd() -> Crowd {
    Crowd(vec![UserId(1), UserId(u64::MAX)])
}

#[test]
fn each_comes_back_as_it_was() {
    let entry = Entry(UserId(7), Some(Name("ü".to_owned())), Nothing);
    for format in [Format::Native, Format::Cbor] {
        assert_eq!(through(&UserId(7), format), UserId(7));
        assert_eq!(through(&Name("a".to_owned()), format), Name("a".to_owned()));
        assert_eq!(through(&crowd(), format), crowd());
        assert_eq!(through(&entry, format), entry);
        assert_eq!(through(&(Nothing, Empty {}).0, format), Nothing);
        assert_eq!(through(&Moment(own::Instant(3)), format), Moment(own::Instant(3)));
        for found in [Found::Both(UserId(1), Name(String::new())), Found::One(crowd()), Found::Nobody(Empty {})] {
            assert_eq!(through(&found, format), found);
        }
    }
}

#[test]
fn a_newtype_is_what_it_holds() {
    for format in [Format::Native, Format::Cbor] {
        assert_eq!(passed(&UserId(300), format), passed(&300_u64, format));
        assert_eq!(passed(&Name("abc".to_owned()), format), passed(&"abc".to_owned(), format));
    }
    assert_eq!(passed(&crowd(), Format::Cbor), passed(&vec![1, u64::MAX], Format::Cbor));
    assert_eq!(<Name as Lift>::absent(), None);
    const { assert!(!UserId::POINTS && Name::POINTS && Entry::POINTS && !Nothing::POINTS) };
}

#[test]
fn fields_without_names_are_numbered() {
    let value = |bytes: Vec<u8>| ciborium::from_reader::<Value, _>(&*bytes).expect("it is CBOR");
    let entry = value(passed(&Entry(UserId(7), None, Nothing), Format::Cbor));
    let text = |text: &str| Value::Text(text.to_owned());
    let nothing = Value::Map(Vec::new());
    let fields = [(text("field0"), 7.into()), (text("field1"), Value::Null), (text("field2"), nothing.clone())];
    assert_eq!(entry, Value::Map(fields.to_vec()));
    assert_eq!(passed(&Nothing, Format::Native), [0], "C has no empty struct");
    let nobody = value(passed(&Found::Nobody(Empty {}), Format::Cbor));
    assert_eq!(nobody, Value::Map(vec![(text("Nobody"), nothing)]));
}

#[test]
fn the_descriptor_says_so() {
    let library = typed::library();
    let newtype = |name: &str, ty| Type::As(Logic::Newtype(name.to_owned()), Box::new(ty));
    let found: Vec<_> = library.newtypes.iter().map(|item| (&*item.name, &*item.docs, item.ty.clone())).collect();
    let user_id = || newtype("UserId", Type::U64);
    assert_eq!(found[0], ("Crowd", "A newtype of another, and a list.", Type::List(Box::new(user_id()))));
    assert_eq!(found[1], ("Instant", "", Type::U8));
    assert_eq!(found[4], ("UserId", "Whose it is.", Type::U64));
    let next = library.requests.iter().find(|item| item.name == "next").expect("the library has it");
    assert!(next.direct && next.result == user_id(), "there are no pointers in it");
    let entry = library.structs.iter().find(|item| item.name == "Entry").expect("the library has it");
    let fields: Vec<_> = entry.fields.iter().map(|field| (&*field.name, field.ty.to_string(), &*field.docs)).collect();
    let expected = [("field0", "UserId", "Whose."), ("field1", "Option<Name>", ""), ("field2", "Nothing", "")];
    assert_eq!(fields, expected.map(|(name, ty, docs)| (name, ty.to_owned(), docs)));
    let empty = library.structs.iter().find(|item| item.name == "Empty").expect("the library has it");
    assert_eq!((empty.layout.size, empty.layout.align, empty.fields.len()), (1, 1, 0));
}
