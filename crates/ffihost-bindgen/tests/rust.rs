//! The generated clients in Rust compile without a warning; those on disk are what is generated, see `golden.rs`.

#![deny(warnings, missing_docs, missing_debug_implementations)]

mod common;
#[path = "golden/generic.rs"]
pub mod generic;
#[path = "golden/my_app.rs"]
pub mod my_app;
#[path = "golden/union.rs"]
pub mod union;

use ffihost_ipc::typed::Deserialize;
use ffihost_ipc::typed::serde::de::value::{Error, MapDeserializer};

/// In CBOR a field has the name that the library gave it, whatever it is called here.
#[test]
fn keywords_are_only_keywords_here() {
    let library = common::keywords();
    let numbers = library.structs[0].fields.iter().zip(0_u8..).map(|(field, number)| (&*field.name, number));
    let numbers: Vec<_> = numbers.collect();
    let map = MapDeserializer::<_, Error>::new(numbers.iter().copied());
    let class = union::Class::deserialize(map).expect("it has all fields");
    let number = |name| numbers.iter().find(|(other, _)| *other == name).map(|(_, number)| *number);
    assert_eq!(number("type"), Some(class.r#type));
    assert_eq!(number("super"), Some(class.super_));
    assert_eq!(number("value"), Some(class.value));
}
