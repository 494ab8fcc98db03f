//! The generated clients in Rust compile without a warning; those on disk are what is generated, see `golden.rs`.

#![deny(warnings, missing_docs, missing_debug_implementations)]

mod common;
#[path = "golden/details.rs"]
pub mod details;
#[path = "golden/generic.rs"]
pub mod generic;
#[path = "golden/my_app.rs"]
pub mod my_app;
#[path = "golden/union.rs"]
pub mod union;

use ffihost_bindgen::{Language, generate};
use ffihost_ipc::typed::Deserialize;
use ffihost_ipc::typed::serde::de::value::{Error, MapDeserializer};
use ffihost_schema::{Checked, Constant, Docs, Type, Value};

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

/// Constants are values, and so is the constructor of a tuple struct: neither handles nor the client are such structs.
#[test]
fn a_constant_may_have_the_name_of_a_handle_or_of_the_client() {
    let mut library = common::everything().into_library();
    let docs = Docs::default();
    for name in ["Cursor", "MyApp"] {
        let (ty, value) = (Type::U8, Value::Unsigned(1));
        library.constants.push(Constant { name: name.to_owned(), docs: docs.clone(), of: None, ty, value });
    }
    let library = Checked::new(library).expect("it goes together");
    let files = generate(&library, Language::Rust).expect("it can be bound");
    for name in ["Cursor", "MyApp"] {
        assert!(files[0].contents.contains(&format!("pub const {name}: u8 = 1;")), "{name}");
        assert!(files[0].contents.contains(&format!("pub struct {name} {{\n")), "{name}");
    }
}

#[test]
fn declared_errors_are_errors() {
    fn text(error: &dyn std::error::Error) -> String {
        error.to_string()
    }
    let locked = my_app::LoginError::Locked { minutes: 5 };
    assert_eq!(text(&locked), "Locked { minutes: 5 }");
}
