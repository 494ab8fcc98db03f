//! A library that is put together otherwise than by reading is checked as one that was read.

use crate::files::document;
use ffihost_schema::{Checked, Constant, Docs, Library, ReadError, Receiver, Type, Value};

/// The error of the sample after a change.
fn refused(change: impl FnOnce(&mut Library)) -> ReadError {
    let mut library = Library::from_document(&document()).expect("a library");
    change(&mut library);
    Checked::new(library).expect_err("it does not go together")
}

#[test]
fn a_library_that_was_read_is_checked() {
    let checked = Checked::from_document(&document()).expect("a library");
    assert_eq!(Checked::try_from(checked.clone().into_library()), Ok(checked));
}

#[test]
fn a_type_that_is_not_defined() {
    let error = refused(|library| library.requests[0].result = Type::Named("Missing".to_owned()));
    assert!(error.to_string().contains("result is of type `Missing`, which is no struct or enum"), "{error}");
}

#[test]
fn two_requests_of_one_name() {
    let error = refused(|library| library.requests.push(library.requests[0].clone()));
    assert!(error.to_string().ends_with("there are two of that name, rename one"), "{error}");
}

#[test]
fn a_constant_of_another_type() {
    for (ty, value) in [
        (Type::U8, Value::Unsigned(256)),
        (Type::I8, Value::Unsigned(128)),
        (Type::Bool, Value::Signed(1)),
        (Type::String, Value::Bool(true)),
    ] {
        let name = "BIG".to_owned();
        let error =
            refused(|library| library.constants.push(Constant { name, docs: Docs::default(), of: None, ty, value }));
        assert_eq!(error, ReadError::Value { name: "BIG".to_owned() });
    }
}

#[test]
fn a_member_is_named_after_its_handle() {
    for (name, fits) in [("cursor_skip", true), ("skip", false), ("cursor_", false)] {
        let mut library = Library::from_document(&document()).expect("a library");
        let mut request = library.requests[0].clone();
        (request.name, request.of) = (name.to_owned(), Some("Cursor".to_owned()));
        request.receiver = Receiver::Context;
        library.requests.push(request);
        let checked = Checked::new(library);
        assert_eq!(checked.is_ok(), fits, "{name}: {:?}", checked.err());
        if let Ok(library) = checked {
            let request = library.requests.last().expect("it was pushed");
            assert_eq!((request.member(), request.is_constructor()), ("skip", false));
        }
    }
    let error = refused(|library| library.requests[0].of = Some("Missing".to_owned()));
    assert!(error.to_string().contains("`Missing`, which is no handle"), "{error}");
}
