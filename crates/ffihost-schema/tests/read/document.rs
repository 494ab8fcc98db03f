//! Documents: what is written is read, and what does not go together is refused.

use crate::files::document;
use crate::samples::{BOTH, clock, field, item, notes, notes_2, piece, section};
use ffihost_schema::write::{
    Body, Deprecated as WrittenDeprecated, Docs as WrittenDocs, Field as WrittenField, Item, Logic as WrittenLogic,
    Payload as Written, Receiver as From, Shape, Variant as WrittenVariant,
};
use ffihost_schema::{
    ChangeKind, Checked, Deprecated, FNV1A_START, FORMAT, Field, Formats, Layout, Library, Logic, Payload, Piece,
    ReadError, Receiver, Type, Value, assemble, cddl, diff, fnv1a, split,
};

/// The document of pieces of any crates.
fn document_of(pieces: &[&[u8]]) -> Vec<u8> {
    assemble(&split(&section(pieces)).expect("pieces"))
}

fn library_of(pieces: &[&[u8]]) -> Result<Library, ReadError> {
    Library::from_document(&document_of(pieces))
}

/// `clock`, with one more piece.
fn clock_with(piece: &'static [u8]) -> Result<Library, ReadError> {
    library_of(&[clock(), vec![piece]].concat())
}

#[test]
fn library_reads_as_it_was_written() {
    let library = Library::from_document(&document()).expect("a library");
    assert_eq!((library.name.as_str(), library.version.as_str()), ("notes", "1.0.0"));
    assert_eq!(&*library.docs, "Notes, kept by whoever hosts it.");
    assert_eq!(library.pointer_width, usize::BITS);
    assert_eq!(library.target, ffihost_abi::layout::LAYOUT);
    assert_eq!(library.formats, Formats { native: true, cbor: true });
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(library.structs.iter().map(|item| &item.name).collect()), "Date Note");
    assert_eq!(names(library.enums.iter().map(|item| &item.name).collect()), "NotesError Order Zone");
    assert_eq!(names(library.handles.iter().map(|item| &item.name).collect()), "Cursor");
    assert_eq!(names(library.requests.iter().map(|item| &item.name).collect()), "add next search tag_counts");
    assert_eq!(names(library.host_fns.iter().map(|item| &item.name).collect()), "store today");
    assert_eq!(names(library.events.iter().map(|item| &item.name).collect()), "on_added");
}

#[test]
fn parts_of_items() {
    let library = Library::from_document(&document()).expect("a library");
    let limit = Field { name: "limit".into(), docs: "At most so many.".into(), ty: Type::Option(Type::U32.into()) };
    assert_eq!(library.constructor.params[1], limit);
    assert_eq!(library.constructor.layout, Layout { size: 32, align: 8, offsets: vec![0, 16] });
    let error = &library.enums[0];
    assert!(error.error);
    assert_eq!(error.layout, Some(Layout { size: 24, align: 8, offsets: vec![8] }));
    assert_eq!(error.variants[1].payload, Payload::One(Type::String));
    assert_eq!(&*error.variants[2].docs, "There are too many.");
    let Payload::Fields(fields) = &error.variants[2].payload else { panic!("TooMany has fields") };
    assert_eq!((fields[0].name.as_str(), &*fields[0].docs), ("limit", "The limit."));
    assert_eq!(library.requests[1].receiver, Receiver::Handle("Cursor".into()));
    assert_eq!(library.requests[3].formats, Formats { native: false, cbor: true });
    assert_eq!(library.host_fns[1].layout, Layout { size: 0, align: 1, offsets: vec![] });
}

#[test]
fn values_of_constants() {
    let library = Library::from_document(&document()).expect("a library");
    let values: Vec<_> = library.constants.iter().map(|item| (item.name.as_str(), &item.value)).collect();
    assert_eq!(
        values,
        [
            ("GREETING", &Value::Text("say \"hi\"\n".into())),
            ("MAX_TITLE", &Value::Unsigned(120)),
            ("OFFSET", &Value::Signed(-3)),
            ("RATIO", &Value::Float(0.5)),
            ("STRICT", &Value::Bool(true)),
        ]
    );
}

#[test]
fn document_depends_on_neither_order_nor_repetition() {
    let pieces = clock();
    let turned: Vec<_> = pieces.iter().rev().chain(&pieces).copied().collect();
    assert_eq!(document_of(&turned), document_of(&pieces));
}

#[test]
fn hash_changes_with_each_item_and_with_nothing_else() {
    let section = section(&notes());
    let pieces = split(&section).expect("pieces");
    let hash = |pieces: &[Piece<'_>]| {
        let document = assemble(pieces);
        let at = document.windows(5).position(|bytes| bytes == b"dhash").expect("a hash") + 5;
        document[at..at + 9].to_vec()
    };
    for (at, piece) in pieces.iter().enumerate() {
        let mut changed = pieces.clone();
        changed[at] = Piece { info: &[0xa1, 0x64, b'd', b'o', b'c', b's', 0x80], crate_name: "other", ..*piece };
        assert_eq!(hash(&changed), hash(&pieces), "information is not hashed");
        let mut item = piece.item.to_vec();
        let last = item.len() - 1;
        item[last] ^= 1;
        changed[at] = Piece { item: &item, ..*piece };
        assert_ne!(hash(&changed), hash(&pieces), "items are");
        changed.remove(at);
        assert_ne!(hash(&changed), hash(&pieces), "all of them");
    }
}

#[test]
fn hash_must_be_that_of_the_items() {
    let mut document = document();
    let at = document.windows(3).position(|bytes| bytes == b"add").expect("the request");
    document[at] = b'b';
    assert!(matches!(Library::from_document(&document), Err(ReadError::Hash { .. })));
}

#[test]
fn other_formats_say_so() {
    let (mut document, mut section) = (document(), section(&notes()));
    assert_eq!((document[9], section[7]), (FORMAT, FORMAT));
    for (format, of) in [(FORMAT - 1, "older"), (FORMAT + 1, "newer")] {
        (document[9], section[7]) = (format, format);
        let found = u64::from(format);
        let error = if format < FORMAT { ReadError::OlderFormat { found } } else { ReadError::NewerFormat { found } };
        assert_eq!(Library::from_document(&document), Err(error.clone()));
        assert_eq!(split(&section), Err(error.clone()));
        assert!(
            error.to_string().contains(&format!("format {format}, and this tool reads format {FORMAT}")),
            "{error}"
        );
        assert!(error.to_string().contains(&format!("{of} ffihost")), "{error}");
    }
}

#[test]
fn pieces_that_are_none() {
    let (section, whole) = (section(&clock()), clock()[0].len());
    assert_eq!(split(&[0; 5]), Ok(vec![]));
    let error = split(&section[..section.len() - 1]).expect_err("the second is cut off");
    let text = format!("the ffihost section is damaged at byte {}, where a piece is cut off", whole + 3);
    assert!(error.to_string().starts_with(&text), "{error}");
    assert!(matches!(split(b"\0\0FFIHOXT\x01 and more than a head"), Err(ReadError::Section { at: 2, .. })));
}

#[test]
fn exactly_one_library_and_constructor() {
    let pieces = clock();
    assert_eq!(library_of(&pieces[..1]), Err(ReadError::NotOne { kind: "constructor", count: 0 }));
    assert_eq!(library_of(&pieces[1..]), Err(ReadError::NotOne { kind: "library", count: 0 }));
    let other = piece!(item("clock", "again", "", &[], Body::Constructor { params: &[], error: None, formats: BOTH }));
    assert_eq!(clock_with(other), Err(ReadError::NotOne { kind: "constructor", count: 2 }));
}

#[test]
fn references_resolve() {
    let unknown = piece!(item(
        "clock",
        "tick",
        "",
        &[8, 8, 0],
        Body::Event { params: &[field("at", "", Shape::List(&Shape::Named("Instant")))] }
    ));
    let error = clock_with(unknown).expect_err("there is no Instant");
    let text =
        "event `tick`, parameter `at` is of type `Instant`, which is no struct or enum of the library: give it #[ffi]";
    assert_eq!(error.to_string(), text);
    let receiver = piece!(item(
        "clock",
        "tick",
        "",
        &[],
        Body::Request {
            of: None,
            asynchronous: true,
            receiver: From::Handle("Alarm"),
            params: &[field("alarm", "", Shape::Handle("Alarm"))],
            result: Shape::Unit,
            error: None,
            formats: BOTH,
            direct: false,
        }
    ));
    let error = clock_with(receiver).expect_err("there is no Alarm");
    assert!(
        error.to_string().starts_with("request `tick`, receiver is of type `Alarm`, which is no handle"),
        "{error}"
    );
}

#[test]
fn names_occur_once() {
    let fields = piece!(item(
        "clock",
        "tick",
        "",
        &[16, 8, 0, 8],
        Body::Event { params: &[field("at", "", Shape::U64), field("at", "", Shape::U64)] }
    ));
    assert_eq!(clock_with(fields), Err(ReadError::Duplicate { path: "event `tick`, parameter `at`".into() }));
    let handle: &[u8] = piece!(item("clock", "Alarm", "", &[], Body::Handle));
    let structure = piece!(item("clock", "Alarm", "", &[0, 1], Body::Struct { error: false, fields: &[] }));
    let error = library_of(&[clock(), vec![handle, structure]].concat());
    assert_eq!(error, Err(ReadError::Duplicate { path: "type `Alarm`".into() }));
}

#[test]
fn no_type_holds_itself() {
    const fn node(name: &'static str, next: &'static [WrittenVariant]) -> Item {
        item("clock", name, "", &[16, 8, 8], Body::Enum { error: false, variants: next })
    }
    const fn next(shape: Shape) -> WrittenVariant {
        WrittenVariant { name: "Next", docs: WrittenDocs::new(""), payload: Written::One(shape) }
    }
    let (a, b) = (piece!(node("A", &[next(Shape::Named("B"))])), piece!(node("B", &[next(Shape::Named("A"))])));
    let error = library_of(&[clock(), vec![a, b]].concat());
    assert_eq!(error, Err(ReadError::Infinite { name: "A".into() }));
    let list = piece!(node("B", &[next(Shape::List(&Shape::Named("A")))]));
    assert!(library_of(&[clock(), vec![a, list]].concat()).is_ok(), "a list is behind a pointer");
}

#[test]
fn a_direct_request_returns_nothing_that_is_lent() {
    const fn request(result: Shape, asynchronous: bool) -> Item {
        let body = Body::Request {
            of: None,
            asynchronous,
            receiver: From::Free,
            params: &[],
            result,
            error: None,
            formats: BOTH,
            direct: true,
        };
        item("clock", "tick", "", &[], body)
    }
    const HOLDER: Shape = Shape::Named("Holder");
    let inner = piece!(item(
        "clock",
        "Inner",
        "",
        &[16, 8, 0],
        Body::Struct { error: false, fields: &[field("text", "", Shape::String)] }
    ));
    let holder = piece!(item(
        "clock",
        "Holder",
        "",
        &[24, 8, 0],
        Body::Struct { error: false, fields: &[field("inner", "", Shape::Option(&Shape::Named("Inner")))] }
    ));
    let read = |request| library_of(&[clock(), vec![inner, holder, request]].concat());
    let refused = Err(ReadError::Direct { name: "tick".into() });
    assert_eq!(read(piece!(request(HOLDER, false))), refused);
    assert_eq!(read(piece!(request(Shape::Option(&HOLDER), false))), refused);
    assert_eq!(read(piece!(request(Shape::List(&Shape::U8), false))), refused);
    assert_eq!(read(piece!(request(Shape::U8, true))), refused, "it ends later");
    for fine in [piece!(request(Shape::Option(&Shape::U8), false)), piece!(request(Shape::Bytes, false))] {
        assert!(read(fine).is_ok_and(|library| library.requests[0].direct));
    }
}

#[test]
fn types_that_mean_more_than_they_cross_as() {
    const POINT: Shape = Shape::As(WrittenLogic::Array(2), &Shape::List(&Shape::F64));
    const PATIENCE: Shape = Shape::As(WrittenLogic::Name("duration"), &Shape::U64);
    const DIGEST: Shape = Shape::As(WrittenLogic::Array(4), &Shape::Bytes);
    let event = piece!(item(
        "clock",
        "tick",
        "",
        &[48, 8, 0, 16, 24],
        Body::Event {
            params: &[field("point", "", POINT), field("patience", "", PATIENCE), field("digest", "", DIGEST)]
        }
    ));
    let library = clock_with(event).expect("a library");
    let params = &library.events.iter().find(|item| item.name == "tick").expect("it has it").params;
    let patience = Type::As(Logic::Name("duration".into()), Type::U64.into());
    assert_eq!(params[1].ty, patience);
    assert_eq!(patience.representation(), Type::U64);
    assert_eq!(Type::Option(patience.into()).representation(), Type::Option(Type::U64.into()));
    let shown: Vec<_> = params.iter().map(|param| param.ty.to_string()).collect();
    assert_eq!(shown.join(", "), "[f64; 2], Duration, [u8; 4]");
    let schema = cddl(&library);
    for rule in [r#""point": [2*2 (float / int)],"#, r#""patience": uint,"#, r#""digest": bytes .size 4,"#] {
        assert!(schema.contains(rule), "{rule} in\n{schema}");
    }
}

#[test]
fn newtypes_are_what_they_hold() {
    const IDS: Shape = Shape::List(&Shape::As(WrittenLogic::Newtype("UserId"), &Shape::U64));
    let newtype = piece!(item("clock", "UserId", "Whose.", &[], Body::Newtype { shape: Shape::U64 }));
    let other = piece!(item("clock", "UserId", "", &[], Body::Newtype { shape: Shape::U32 }));
    let event = piece!(item("clock", "tick", "", &[16, 8, 0], Body::Event { params: &[field("by", "", IDS)] }));
    let with = |newtypes: &[&'static [u8]]| library_of(&[clock(), newtypes.to_vec(), vec![event]].concat());
    let library = with(&[newtype]).expect("a library");
    let ty = &library.events.iter().find(|item| item.name == "tick").expect("it has it").params[0].ty;
    assert_eq!((ty.to_string(), ty.names()), ("Vec<UserId>".to_owned(), vec!["UserId"]));
    assert_eq!(ty.representation(), Type::List(Type::U64.into()));
    assert_eq!((&*library.newtypes[0].name, &*library.newtypes[0].docs), ("UserId", "Whose."));
    let schema = cddl(&library);
    for rule in ["; Whose.\nUserId = uint\n", r#""by": [* UserId],"#] {
        assert!(schema.contains(rule), "{rule} in\n{schema}");
    }
    for wrong in [&[other][..], &[]] {
        let error = with(wrong).expect_err("no newtype of that name holds this").to_string();
        let expected =
            "event `tick`, parameter `by` is of type `UserId`, which is no newtype that holds this of the library";
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_logic_is_a_name_or_an_array() {
    const EVIL: Shape = Shape::As(WrittenLogic::Name("*/ evil"), &Shape::U64);
    let event = piece!(item("clock", "tick", "", &[8, 8, 0], Body::Event { params: &[field("at", "", EVIL)] }));
    let error = clock_with(event).expect_err("that name would get out of a comment").to_string();
    assert!(error.contains("a name that is no identifier"), "{error}");
}

#[test]
fn layouts_and_docs_are_as_long_as_the_fields() {
    let layout = piece!(item("clock", "tick", "", &[8, 8], Body::Event { params: &[field("at", "", Shape::U64)] }));
    let error = clock_with(layout).expect_err("an offset is missing");
    assert!(
        error.to_string().starts_with("event `tick`, byte 6: `layout` has not one offset for each of the fields"),
        "{error}"
    );
    let event = piece!(item("clock", "tick", "", &[], Body::Event { params: &[] }));
    let document = document_of(&[clock(), vec![event]].concat());
    let mut long = document.clone();
    let docs = long.iter().rposition(|byte| *byte == 0x81).expect("the docs of the last item");
    long.splice(docs..=docs, [0x82, 0x60]);
    let error = Library::from_document(&long).expect_err("two texts for one item");
    assert!(error.to_string().contains("`docs` is too long by 1"), "{error}");
}

#[test]
fn deprecation_is_information() {
    const OLD: WrittenDocs =
        WrittenDocs { text: "Tells.", deprecated: Some(WrittenDeprecated { since: "1.2", note: "use `b`\nnow" }) };
    const FIELDS: &[WrittenField] =
        &[field("a", "", Shape::Bool), WrittenField { name: "b", docs: OLD, shape: Shape::U8 }];
    const EVENT: Item = Item { docs: OLD, ..item("clock", "tick", "", &[2, 1, 0, 1], Body::Event { params: FIELDS }) };
    const PLAIN: Item = item(
        "clock",
        "tick",
        "",
        &[2, 1, 0, 1],
        Body::Event { params: &[field("a", "", Shape::Bool), field("b", "", Shape::U8)] },
    );
    let (old, plain) = (clock_with(piece!(EVENT)).expect("a library"), clock_with(piece!(PLAIN)).expect("a library"));
    let deprecated = Some(Deprecated { since: "1.2".into(), note: "use `b`\nnow".into() });
    let event = &old.events[0];
    assert_eq!((&event.docs.deprecated, &event.params[1].docs.deprecated), (&deprecated, &deprecated));
    assert_eq!((&*event.docs, &event.params[0].docs.deprecated), ("Tells.", &None));
    assert_eq!(old.hash, plain.hash, "it is no part of the ABI");
    assert!(
        cddl(&old).contains("\n; Tells.\n; Deprecated since 1.2: use `b`\n; now\nevent.tick.args"),
        "{}",
        cddl(&old)
    );
    let notes: Vec<_> = diff(&plain, &old).into_iter().map(|change| (change.kind, change.why)).collect();
    assert!(notes.contains(&(ChangeKind::Note, "Deprecated since 1.2: use `b`\nnow".into())), "{notes:?}");
    let notes: Vec<_> = diff(&old, &plain).into_iter().map(|change| change.why).collect();
    assert!(notes.contains(&"it is not deprecated any more".to_owned()), "{notes:?}");
    let mut hostile = document_of(&[clock(), vec![piece!(EVENT)]].concat());
    let key = hostile.windows(10).position(|bytes| bytes == b"deprecated").expect("the key");
    // The place of the first of them.
    hostile[key + 12] = 3;
    let error = Library::from_document(&hostile).expect_err("no such place").to_string();
    assert!(error.contains("what is deprecated is not among `docs`"), "{error}");
}

#[test]
fn names_are_identifiers() {
    let event = piece!(item("clock", "tick */ evil", "", &[], Body::Event { params: &[] }));
    let error = clock_with(event).expect_err("that name would get out of a comment");
    assert!(error.to_string().starts_with("event `tick */ evil`, byte "), "{error}");
}

#[test]
fn an_item_has_a_hash_of_its_own() {
    let read = |pieces: &[&[u8]]| Checked::from_document(&document_of(pieces)).expect("a library");
    let (old, new) = (read(&notes()), read(&notes_2()));
    let (old, new) = (old.item_hashes(), new.item_hashes());
    let differ: Vec<_> =
        old.iter().filter(|(item, hash)| new.get(*item) != Some(*hash)).map(|(item, _)| *item).collect();
    // `search` takes an `Order`, which got a variant; `tag_counts` is gone; of `on_added` only the docs differ.
    assert_eq!(differ, ["enum `Order`", "request `next`", "request `search`", "request `tag_counts`"]);
    assert!(new.contains_key("host function `load`") && new.contains_key("constructor"));
}

#[test]
fn a_hash_is_of_the_item_and_of_what_it_reaches_in_the_order_of_bytes() {
    let pieces = notes();
    let library = Checked::from_document(&document_of(&pieces)).expect("a library");
    let section = section(&pieces);
    let split = split(&section).expect("pieces");
    let is_one_of = |item: &[u8], names: &[&str]| {
        let name = |name: &&str| [b"dname", [0x60 | name.len() as u8].as_slice(), name.as_bytes()].concat();
        names.iter().map(name).any(|name| item.windows(name.len()).any(|window| window == name))
    };
    let mut reached: Vec<_> =
        split.iter().map(|piece| piece.item).filter(|item| is_one_of(item, &["Date", "Zone"])).collect();
    reached.sort_unstable();
    assert_eq!(reached.len(), 2);
    let hash = reached.iter().fold(FNV1A_START, |hash, item| fnv1a(hash, item));
    assert_eq!(library.item_hash("struct `Date`"), Some(hash));
    assert_eq!(library.item_hash("struct `Unknown`"), None);
}

#[test]
fn a_type_that_reaches_itself_has_a_hash() {
    let hash = |tree: &'static [u8]| {
        let library = Checked::from_document(&document_of(&[clock(), vec![tree]].concat())).expect("a library");
        library.item_hash("struct `Tree`").expect("it is there")
    };
    const CHILDREN: Shape = Shape::List(&Shape::Named("Tree"));
    let tree = |docs| -> &'static [u8] {
        match docs {
            true => piece!(item(
                "clock",
                "Tree",
                "A tree.",
                &[16, 8, 0],
                Body::Struct { error: false, fields: &[field("below", "", CHILDREN)] }
            )),
            false => piece!(item(
                "clock",
                "Tree",
                "",
                &[16, 8, 0],
                Body::Struct { error: false, fields: &[field("below", "", CHILDREN)] }
            )),
        }
    };
    let leaf = piece!(item(
        "clock",
        "Tree",
        "",
        &[24, 8, 0, 16],
        Body::Struct { error: false, fields: &[field("below", "", CHILDREN), field("leaf", "", Shape::Bool)] }
    ));
    assert_eq!(hash(tree(true)), hash(tree(false)), "docs do not count");
    assert_ne!(hash(tree(false)), hash(leaf));
}
