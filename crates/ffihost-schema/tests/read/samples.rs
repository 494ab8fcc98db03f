//! Two versions of a library, `notes`, as its attributes would write it: what the tests and the fixtures are made of.

use ffihost_schema::write::*;

/// The piece of an item, made in a constant as the attributes make it.
macro_rules! piece {
    ($item:expr) => {{
        const ITEM: ffihost_schema::write::Item = $item;
        const PIECE: [u8; ITEM.piece_len()] = ITEM.piece();
        PIECE.as_slice()
    }};
}

pub(crate) const BOTH: Formats = Formats { native: true, cbor: true };
const NOTES: &str = "notes::api";
const TYPES: &str = "notes_types";

pub(crate) const fn field(name: &'static str, docs: &'static str, shape: Shape) -> Field {
    Field { name, docs: Docs::new(docs), shape }
}

const fn plain(name: &'static str, docs: &'static str) -> Variant {
    Variant { name, docs: Docs::new(docs), payload: Payload::Unit }
}

pub(crate) const fn item(
    module: &'static str,
    name: &'static str,
    docs: &'static str,
    layout: &'static [usize],
    body: Body,
) -> Item {
    Item { module, name, docs: Docs::new(docs), layout, body }
}

const ERROR: Option<Shape> = Some(Shape::Named("NotesError"));
const DATE: Shape = Shape::Named("Date");
const OPTIONAL_U32: Shape = Shape::Option(&Shape::U32);

/// The pieces of the library's first version, with those of the crate that its types are from.
pub(crate) fn notes() -> Vec<&'static [u8]> {
    let own = vec![
        piece!(item(
            NOTES,
            "notes",
            "Notes, kept by whoever hosts it.",
            &[],
            Body::Library { version: "1.0.0", formats: BOTH, serve: false }
        )),
        piece!(item(
            NOTES,
            "open",
            "Opens the notes of a user.",
            &[32, 8, 0, 16],
            Body::Constructor {
                params: &[field("user", "Whose.", Shape::String), field("limit", "At most so many.", OPTIONAL_U32)],
                error: ERROR,
                formats: BOTH,
            }
        )),
        piece!(item(
            NOTES,
            "Note",
            "A note.\n\nTitles need not differ.",
            &[72, 8, 0, 8, 24, 40, 56],
            Body::Struct {
                error: false,
                fields: &[
                    field("id", "Given by the library.", Shape::U64),
                    field("title", "", Shape::String),
                    field("tags", "In no order.", Shape::List(&Shape::String)),
                    field("picture", "PNG.", Shape::Bytes),
                    field("written", "", DATE),
                ],
            }
        )),
        piece!(item(
            NOTES,
            "Order",
            "How a search sorts.",
            &[],
            Body::Enum { error: false, variants: &[plain("ByDate", "The latest first."), plain("ByTitle", "")] }
        )),
        piece!(item(
            NOTES,
            "NotesError",
            "What can go wrong.",
            &[24, 8, 8],
            Body::Enum {
                error: true,
                variants: &[
                    plain("NotFound", "There is no such note."),
                    Variant {
                        name: "Storage",
                        docs: Docs::new("The host could not store it."),
                        payload: Payload::One(Shape::String)
                    },
                    Variant {
                        name: "TooMany",
                        docs: Docs::new("There are too many."),
                        payload: Payload::Fields(&[field("limit", "The limit.", Shape::U32)]),
                    },
                ],
            }
        )),
        piece!(item(NOTES, "Cursor", "A search that goes on.", &[], Body::Handle)),
        piece!(item(
            NOTES,
            "add",
            "Adds a note.",
            &[],
            Body::Request {
                of: None,
                asynchronous: true,
                receiver: Receiver::Context,
                params: &[field("note", "Its id does not matter.", Shape::Named("Note"))],
                result: Shape::U64,
                error: ERROR,
                formats: BOTH,
                direct: false,
            }
        )),
        piece!(item(
            NOTES,
            "search",
            "Searches titles.",
            &[],
            Body::Request {
                of: None,
                asynchronous: true,
                receiver: Receiver::Context,
                params: &[field("text", "", Shape::String), field("order", "", Shape::Named("Order"))],
                result: Shape::Handle("Cursor"),
                error: ERROR,
                formats: BOTH,
                direct: false,
            }
        )),
        piece!(item(
            NOTES,
            "next",
            "The next notes of a search.",
            &[],
            Body::Request {
                of: None,
                asynchronous: false,
                receiver: Receiver::Handle("Cursor"),
                params: &[field("from", "", Shape::Handle("Cursor")), field("count", "", Shape::U32)],
                result: Shape::List(&Shape::Named("Note")),
                error: None,
                formats: BOTH,
                direct: false,
            }
        )),
        piece!(item(
            NOTES,
            "tag_counts",
            "",
            &[],
            Body::Request {
                of: None,
                asynchronous: false,
                receiver: Receiver::Free,
                params: &[],
                result: Shape::Map(&Shape::U32),
                error: None,
                formats: Formats { native: false, cbor: true },
                direct: false,
            }
        )),
        piece!(item(
            NOTES,
            "store",
            "Keeps bytes under a key.",
            &[32, 8, 0, 16],
            Body::HostFn {
                asynchronous: true,
                params: &[field("key", "", Shape::String), field("bytes", "", Shape::Bytes)],
                result: Shape::Unit,
                error: ERROR,
                member: None,
            }
        )),
        piece!(item(
            NOTES,
            "today",
            "The date where the host is.",
            &[],
            Body::HostFn { asynchronous: false, params: &[], result: DATE, error: None, member: None }
        )),
        piece!(item(
            NOTES,
            "on_added",
            "A note was added.",
            &[8, 8, 0],
            Body::Event { params: &[field("id", "Which.", Shape::U64)] }
        )),
        piece!(item(
            NOTES,
            "MAX_TITLE",
            "Bytes of a title.",
            &[],
            Body::Constant { of: None, shape: Shape::U32, value: Value::Unsigned(120) }
        )),
        piece!(item(
            NOTES,
            "GREETING",
            "",
            &[],
            Body::Constant { of: None, shape: Shape::String, value: Value::Text("say \"hi\"\n") }
        )),
        piece!(item(
            NOTES,
            "OFFSET",
            "",
            &[],
            Body::Constant { of: None, shape: Shape::I64, value: Value::Signed(-3) }
        )),
        piece!(item(NOTES, "RATIO", "", &[], Body::Constant { of: None, shape: Shape::F64, value: Value::Float(0.5) })),
        piece!(item(
            NOTES,
            "STRICT",
            "",
            &[],
            Body::Constant { of: None, shape: Shape::Bool, value: Value::Bool(true) }
        )),
    ];
    [own, types()].concat()
}

/// A crate without a library: two types that `notes` uses, and one that it does not.
pub(crate) fn types() -> Vec<&'static [u8]> {
    vec![
        piece!(item(
            TYPES,
            "Date",
            "A day.",
            &[8, 4, 0, 4],
            Body::Struct {
                error: false,
                fields: &[field("day", "Since 1970.", Shape::I32), field("zone", "", Shape::Named("Zone"))],
            }
        )),
        piece!(item(
            TYPES,
            "Zone",
            "",
            &[],
            Body::Enum { error: false, variants: &[plain("Utc", ""), plain("Local", "")] }
        )),
        piece!(item(
            TYPES,
            "Unused",
            "",
            &[1, 1, 0],
            Body::Struct { error: false, fields: &[field("flag", "", Shape::Bool)] }
        )),
    ]
}

/// The library's second version: some items replaced, some more, one gone.
pub(crate) fn notes_2() -> Vec<&'static [u8]> {
    let mut pieces: Vec<_> =
        notes().into_iter().filter(|piece| !REPLACED.iter().any(|name| has_name(piece, name))).collect();
    pieces.extend([
        piece!(item(
            NOTES,
            "notes",
            "Notes, kept by whoever hosts it.",
            &[],
            Body::Library { version: "2.0.0", formats: BOTH, serve: false }
        )),
        piece!(item(
            NOTES,
            "Order",
            "How a search sorts.",
            &[],
            Body::Enum {
                error: false,
                variants: &[plain("ByDate", "The latest first."), plain("ByTitle", ""), plain("ById", "")],
            }
        )),
        piece!(item(
            NOTES,
            "next",
            "The next notes of a search.",
            &[],
            Body::Request {
                of: None,
                asynchronous: false,
                receiver: Receiver::Handle("Cursor"),
                params: &[
                    field("from", "", Shape::Handle("Cursor")),
                    field("count", "", Shape::U64),
                    field("skip", "", OPTIONAL_U32)
                ],
                result: Shape::List(&Shape::Named("Note")),
                error: None,
                formats: BOTH,
                direct: false,
            }
        )),
        piece!(item(
            NOTES,
            "on_added",
            "A note was added, here or elsewhere.",
            &[8, 8, 0],
            Body::Event { params: &[field("id", "Which.", Shape::U64)] }
        )),
        piece!(item(
            NOTES,
            "load",
            "The bytes under a key.",
            &[16, 8, 0],
            Body::HostFn {
                asynchronous: true,
                params: &[field("key", "", Shape::String)],
                result: Shape::Option(&Shape::Bytes),
                error: ERROR,
                member: None,
            }
        )),
    ]);
    pieces
}

const REPLACED: [&str; 5] = ["notes", "Order", "next", "on_added", "tag_counts"];

fn has_name(piece: &[u8], name: &str) -> bool {
    let needle = [b"dname", [0x60 | name.len() as u8].as_slice(), name.as_bytes()].concat();
    let item = piece.windows(needle.len()).position(|window| window == needle);
    item.is_some_and(|at| at < 60)
}

/// A second library, of another crate, that fits into the same file.
pub(crate) fn clock() -> Vec<&'static [u8]> {
    vec![
        piece!(item("clock", "clock", "", &[], Body::Library { version: "0.1.0", formats: BOTH, serve: false })),
        piece!(item("clock", "start", "", &[], Body::Constructor { params: &[], error: None, formats: BOTH })),
    ]
}

/// A section: pieces with zeros between them, as a linker may leave it.
pub(crate) fn section(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.join([0; 3].as_slice())
}

pub(crate) use piece;
