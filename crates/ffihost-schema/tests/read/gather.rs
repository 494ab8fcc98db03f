//! Several crates in one file: which pieces make up a library.

use crate::samples::{BOTH, clock, field, item, piece, section, types};
use ffihost_schema::write::{Body, Shape};
use ffihost_schema::{Checked, ReadError, libraries_in_file};
use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

/// An object with these pieces, half of them in a section of their own.
fn object(pieces: &[&[u8]]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::Riscv64, Endianness::Little);
    let (some, others) = pieces.split_at(pieces.len() / 2);
    for pieces in [some, others] {
        let id = object.add_section(Vec::new(), b"ffihost".to_vec(), SectionKind::ReadOnlyData);
        object.append_section_data(id, &section(pieces), 1);
    }
    object.write().expect("an object")
}

fn read(pieces: &[&[u8]]) -> Result<Vec<Checked>, ReadError> {
    libraries_in_file(&object(pieces))
}

/// An event of `clock` that has a `Date`.
fn dated() -> &'static [u8] {
    piece!(item("clock", "tick", "", &[8, 4, 0], Body::Event { params: &[field("date", "", Shape::Named("Date"))] }))
}

const fn date(module: &'static str, docs: &'static str, shape: Shape) -> ffihost_schema::write::Item {
    const fn fields(shape: Shape) -> [ffihost_schema::write::Field; 1] {
        [field("day", "", shape)]
    }
    const NARROW: [ffihost_schema::write::Field; 1] = fields(Shape::U32);
    const WIDE: [ffihost_schema::write::Field; 1] = fields(Shape::U64);
    let fields: &[_] = if matches!(shape, Shape::U32) { &NARROW } else { &WIDE };
    item(module, "Date", docs, &[8, 8, 0], Body::Struct { error: false, fields })
}

#[test]
fn types_are_taken_from_where_they_are() {
    let library = read(&[clock(), types(), vec![dated()]].concat()).expect("a library").remove(0);
    let names: Vec<_> =
        library.structs.iter().map(|item| &item.name).chain(library.enums.iter().map(|item| &item.name)).collect();
    assert_eq!(names, ["Date", "Zone"], "and what they refer to, and nothing else");
}

#[test]
fn types_of_the_own_crate_come_first() {
    let own = piece!(date("clock", "", Shape::U64));
    let library = read(&[clock(), types(), vec![dated(), own]].concat()).expect("a library").remove(0);
    assert_eq!(library.structs[0].fields.len(), 1);
}

#[test]
fn types_of_other_crates_must_be_the_same() {
    let one = piece!(date("one", "", Shape::U32));
    let same = piece!(date("two", "With other docs.", Shape::U32));
    let other = piece!(date("three", "", Shape::U64));
    let library = read(&[clock(), vec![dated(), one, same]].concat()).expect("a library").remove(0);
    assert_eq!(&*library.structs[0].docs, "");
    assert_eq!(
        read(&[clock(), vec![dated(), one, other]].concat()),
        Err(ReadError::Ambiguous { name: "Date".into(), crates: vec!["one".into(), "three".into()] })
    );
}

#[test]
fn types_that_are_nowhere() {
    let error = read(&[clock(), vec![dated()]].concat()).expect_err("there is no Date");
    assert!(error.to_string().starts_with("event `tick`, parameter `date` is of type `Date`"), "{error}");
}

#[test]
fn crates_without_a_library() {
    assert_eq!(read(&types()), Err(ReadError::NoLibrary { crates: vec!["notes_types".into()] }));
}

#[test]
fn section_without_pieces() {
    assert_eq!(read(&[]), Err(ReadError::NoSection));
}

#[test]
fn host_functions_of_other_crates_are_not_the_librarys() {
    let event = piece!(item("other", "on_other", "", &[], Body::Event { params: &[] }));
    let constructor =
        piece!(item("other", "open", "", &[], Body::Constructor { params: &[], error: None, formats: BOTH }));
    let library = read(&[clock(), vec![event, constructor]].concat()).expect("a library").remove(0);
    assert!(library.events.is_empty());
}
