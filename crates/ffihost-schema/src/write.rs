//! Writing pieces, in constants: no piece is made at run time.

use crate::MAGIC;
use ffihost_abi::layout;
use ffihost_cbor::constant::{self, major};

/// A type, as the descriptor names it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is the type of that name")]
pub enum Shape {
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    String,
    Bytes,
    Option(&'static Self),
    List(&'static Self),
    /// A map from text.
    Map(&'static Self),
    /// A struct or an enum.
    Named(&'static str),
    Handle(&'static str),
    /// What it means, and the type that it crosses as.
    As(Logic, &'static Self),
}

/// What a type means, beyond the type that it crosses as.
#[derive(Clone, Copy, Debug)]
pub enum Logic {
    /// A meaning of that name.
    Name(&'static str),
    /// A list or bytes of exactly that length.
    Array(usize),
    /// The newtype of that name.
    Newtype(&'static str),
}

impl Shape {
    /// Whether its C type may hold pointers. What a struct or an enum is made of is not known here, so it may.
    pub const fn may_point(&self) -> bool {
        match self {
            Self::Unit | Self::Bool | Self::Handle(_) => false,
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => false,
            Self::U8 | Self::U16 | Self::U32 | Self::U64 | Self::F32 | Self::F64 => false,
            Self::Option(inner) | Self::As(_, inner) => inner.may_point(),
            _ => true,
        }
    }
}

/// What people are told of something: nothing of it is part of the ABI.
#[derive(Clone, Copy, Debug)]
pub struct Docs {
    /// The doc comment.
    pub text: &'static str,
    /// What `#[deprecated]` says, if it is deprecated.
    pub deprecated: Option<Deprecated>,
}

/// What `#[deprecated]` says; what it does not say is empty.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Deprecated {
    pub since: &'static str,
    pub note: &'static str,
}

impl Docs {
    /// Of something that is not deprecated.
    pub const fn new(text: &'static str) -> Self {
        Self { text, deprecated: None }
    }
}

/// A parameter or a field.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Field {
    pub name: &'static str,
    pub docs: Docs,
    pub shape: Shape,
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Variant {
    pub name: &'static str,
    pub docs: Docs,
    pub payload: Payload,
}

/// What a variant holds.
#[derive(Clone, Copy, Debug)]
pub enum Payload {
    /// Nothing.
    Unit,
    /// One value without a name.
    One(Shape),
    /// Fields.
    Fields(&'static [Field]),
}

/// In which formats an item is exported.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is the format of that name")]
pub struct Formats {
    pub native: bool,
    pub cbor: bool,
}

/// Whose a request is.
#[derive(Clone, Copy, Debug)]
pub enum Receiver {
    /// Nobody's: it takes no context.
    Free,
    /// The context's.
    Context,
    /// A handle's.
    Handle(&'static str),
}

/// The value of a constant.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is what it says")]
pub enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'static str),
}

/// The group that a host function belongs to, and what it is called there.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Member {
    pub group: &'static str,
    pub method: &'static str,
}

/// What is particular to a kind of item.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the crate's docs say what each is")]
pub enum Body {
    Library {
        version: &'static str,
        formats: Formats,
        serve: bool,
    },
    Struct {
        error: bool,
        fields: &'static [Field],
    },
    Enum {
        error: bool,
        variants: &'static [Variant],
    },
    Newtype {
        shape: Shape,
    },
    Handle,
    Constructor {
        params: &'static [Field],
        error: Option<Shape>,
        formats: Formats,
    },
    Request {
        /// The handle in whose `impl` it is.
        of: Option<&'static str>,
        asynchronous: bool,
        receiver: Receiver,
        params: &'static [Field],
        result: Shape,
        error: Option<Shape>,
        formats: Formats,
        direct: bool,
    },
    HostFn {
        asynchronous: bool,
        params: &'static [Field],
        result: Shape,
        error: Option<Shape>,
        member: Option<Member>,
    },
    Event {
        params: &'static [Field],
    },
    Constant {
        /// The handle in whose `impl` it is.
        of: Option<&'static str>,
        shape: Shape,
        value: Value,
    },
}

/// One item of a library's surface.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Where it is: `module_path!()`. Only the crate's name counts.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What people are told of it.
    pub docs: Docs,
    /// Size, alignment and offsets of the C type that goes with it, or nothing.
    pub layout: &'static [usize],
    /// The rest.
    pub body: Body,
}

impl Item {
    /// How long the piece is.
    pub const fn piece_len(&self) -> usize {
        self.write::<0>().len
    }

    /// The piece; `N` is [`piece_len`](Self::piece_len).
    ///
    /// # Panics
    ///
    /// If `N` is something else.
    pub const fn piece<const N: usize>(&self) -> [u8; N] {
        let out = self.write::<N>();
        assert!(out.len == N, "N is not the piece's length");
        out.bytes
    }

    const fn write<const N: usize>(&self) -> Out<N> {
        let crate_len = crate_name_len(self.module);
        let item_len = Out::<0>::new().item(self).len;
        let info_len = Out::<0>::new().info(self).len;
        Out::new()
            .raw(&MAGIC, MAGIC.len())
            .raw(&(crate_len as u32).to_le_bytes(), 4)
            .raw(&(item_len as u32).to_le_bytes(), 4)
            .raw(&(info_len as u32).to_le_bytes(), 4)
            .raw(self.module.as_bytes(), crate_len)
            .item(self)
            .info(self)
    }
}

/// The length of a path's first segment.
const fn crate_name_len(module: &str) -> usize {
    let bytes = module.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b':' {
        at += 1;
    }
    at
}

/// CBOR on its way into an array. What does not fit is only counted.
struct Out<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Out<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    const fn byte(mut self, byte: u8) -> Self {
        if self.len < N {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
        self
    }

    const fn raw(mut self, bytes: &[u8], len: usize) -> Self {
        let mut at = 0;
        while at < len {
            self = self.byte(bytes[at]);
            at += 1;
        }
        self
    }

    const fn head(self, major: u8, argument: u64) -> Self {
        let head = constant::head(major, argument);
        self.raw(&head.bytes, head.len)
    }

    const fn unsigned(self, value: u64) -> Self {
        self.head(major::UNSIGNED, value)
    }

    const fn text(self, text: &str) -> Self {
        self.head(major::TEXT, text.len() as u64).raw(text.as_bytes(), text.len())
    }

    const fn array(self, len: usize) -> Self {
        self.head(major::ARRAY, len as u64)
    }

    const fn map(self, len: usize) -> Self {
        self.head(major::MAP, len as u64)
    }

    const fn bool(self, value: bool) -> Self {
        self.byte(if value { constant::TRUE } else { constant::FALSE })
    }

    const fn null(self) -> Self {
        self.byte(constant::NULL)
    }

    const fn value(self, value: Value) -> Self {
        match value {
            Value::Bool(value) => self.bool(value),
            Value::Unsigned(value) => self.unsigned(value),
            Value::Signed(value) if value < 0 => self.head(major::NEGATIVE, !(value as u64)),
            Value::Signed(value) => self.unsigned(value as u64),
            Value::Float(value) => self.byte(constant::F64).raw(&value.to_bits().to_be_bytes(), 8),
            Value::Text(value) => self.text(value),
        }
    }

    const fn shape(self, shape: &Shape) -> Self {
        match shape {
            Shape::Unit => self.text("unit"),
            Shape::Bool => self.text("bool"),
            Shape::I8 => self.text("i8"),
            Shape::I16 => self.text("i16"),
            Shape::I32 => self.text("i32"),
            Shape::I64 => self.text("i64"),
            Shape::U8 => self.text("u8"),
            Shape::U16 => self.text("u16"),
            Shape::U32 => self.text("u32"),
            Shape::U64 => self.text("u64"),
            Shape::F32 => self.text("f32"),
            Shape::F64 => self.text("f64"),
            Shape::String => self.text("string"),
            Shape::Bytes => self.text("bytes"),
            Shape::Option(shape) => self.array(2).text("option").shape(shape),
            Shape::List(shape) => self.array(2).text("list").shape(shape),
            Shape::Map(shape) => self.array(2).text("map").shape(shape),
            Shape::Named(name) => self.array(2).text("named").text(name),
            Shape::Handle(name) => self.array(2).text("handle").text(name),
            Shape::As(Logic::Name(name), shape) => self.array(3).text("as").text(name).shape(shape),
            Shape::As(Logic::Newtype(name), shape) => {
                self.array(3).text("as").array(2).text("newtype").text(name).shape(shape)
            }
            Shape::As(Logic::Array(len), shape) => {
                self.array(3).text("as").array(2).text("array").unsigned(*len as u64).shape(shape)
            }
        }
    }

    const fn error(self, error: &Option<Shape>) -> Self {
        match error {
            Some(shape) => self.text("error").shape(shape),
            None => self.text("error").null(),
        }
    }

    const fn formats(self, formats: Formats) -> Self {
        let mut out = self.text("formats").array(formats.native as usize + formats.cbor as usize);
        if formats.native {
            out = out.text("native");
        }
        if formats.cbor {
            out = out.text("cbor");
        }
        out
    }

    const fn fields(self, key: &str, fields: &[Field]) -> Self {
        let mut out = self.text(key).array(fields.len());
        let mut at = 0;
        while at < fields.len() {
            out = out.map(2).text("name").text(fields[at].name).text("type").shape(&fields[at].shape);
            at += 1;
        }
        out
    }

    const fn variants(self, variants: &[Variant]) -> Self {
        let mut out = self.text("variants").array(variants.len());
        let mut at = 0;
        while at < variants.len() {
            let name = variants[at].name;
            out = match &variants[at].payload {
                Payload::Unit => out.map(1).text("name").text(name),
                Payload::One(shape) => out.map(2).text("name").text(name).text("type").shape(shape),
                Payload::Fields(fields) => out.map(2).text("name").text(name).fields("fields", fields),
            };
            at += 1;
        }
        out
    }

    const fn start(self, entries: usize, kind: &str, item: &Item) -> Self {
        self.map(2 + entries).text("kind").text(kind).text("name").text(item.name)
    }

    /// The start of what may be in the `impl` of a handle.
    const fn start_of(self, entries: usize, kind: &str, item: &Item, of: &Option<&str>) -> Self {
        match of {
            Some(of) => self.start(entries + 1, kind, item).text("of").text(of),
            None => self.start(entries, kind, item),
        }
    }

    const fn item(self, item: &Item) -> Self {
        match &item.body {
            // A library that is not served says nothing of it.
            Body::Library { version: _, formats, serve: false } => self.start(1, "library", item).formats(*formats),
            Body::Library { version: _, formats, serve: true } => {
                self.start(2, "library", item).formats(*formats).text("serve").bool(true)
            }
            Body::Struct { error, fields } => {
                self.start(2, "struct", item).text("error").bool(*error).fields("fields", fields)
            }
            Body::Enum { error, variants } => self.start(2, "enum", item).text("error").bool(*error).variants(variants),
            Body::Newtype { shape } => self.start(1, "newtype", item).text("type").shape(shape),
            Body::Handle => self.start(0, "handle", item),
            Body::Constructor { params, error, formats } => {
                self.start(3, "constructor", item).fields("params", params).error(error).formats(*formats)
            }
            Body::Request { of, asynchronous, receiver, params, result, error, formats, direct } => {
                let out = self
                    .start_of(6 + *direct as usize, "request", item, of)
                    .text("async")
                    .bool(*asynchronous)
                    .text("receiver");
                let out = match receiver {
                    Receiver::Free => out.null(),
                    Receiver::Context => out.text("context"),
                    Receiver::Handle(name) => out.array(2).text("handle").text(name),
                };
                let out = out.fields("params", params).text("result").shape(result).error(error).formats(*formats);
                // One with a callback says nothing of it.
                if *direct { out.text("direct").bool(true) } else { out }
            }
            Body::HostFn { asynchronous, params, result, error, member } => {
                let entries = if member.is_some() { 6 } else { 4 };
                let out = self.start(entries, "host_fn", item).text("async").bool(*asynchronous);
                let out = out.fields("params", params).text("result").shape(result).error(error);
                match member {
                    Some(member) => out.text("group").text(member.group).text("method").text(member.method),
                    None => out,
                }
            }
            Body::Event { params } => self.start(1, "event", item).fields("params", params),
            Body::Constant { of, shape, value } => {
                self.start_of(2, "constant", item, of).text("type").shape(shape).text("value").value(*value)
            }
        }
    }

    const fn info(self, item: &Item) -> Self {
        let version = match &item.body {
            Body::Library { version, .. } => Some(*version),
            _ => None,
        };
        // What is left out is natural.
        let target = version.is_some() && layout::LAYOUT != layout::natural(usize::BITS);
        let texts = Out::<0>::new().told(item, Told::CountOfTexts).len;
        let deprecated = Out::<0>::new().told(item, Told::CountOfDeprecated).len;
        let entries = 1
            + (deprecated > 0) as usize
            + !item.layout.is_empty() as usize
            + 2 * version.is_some() as usize
            + target as usize;
        let mut out = self.map(entries).text("docs").array(texts).told(item, Told::Texts);
        if deprecated > 0 {
            out = out.text("deprecated").array(deprecated).told(item, Told::Deprecated);
        }
        if !item.layout.is_empty() {
            out = out.text("layout").array(item.layout.len());
            let mut at = 0;
            while at < item.layout.len() {
                out = out.unsigned(item.layout[at] as u64);
                at += 1;
            }
        }
        if let Some(version) = version {
            out = out.text("version").text(version).text("pointer_width").unsigned(usize::BITS as u64);
        }
        if target {
            out = out.text("target").unsigned(layout::LAYOUT);
        }
        out
    }

    /// Goes through what people are told of an item, in the order of the format's docs.
    const fn told(self, item: &Item, what: Told) -> Self {
        let out = self.one(&item.docs, 0, what);
        match &item.body {
            Body::Struct { fields, .. }
            | Body::Constructor { params: fields, .. }
            | Body::Request { params: fields, .. }
            | Body::HostFn { params: fields, .. }
            | Body::Event { params: fields } => out.told_of(fields, 1, what),
            Body::Enum { variants, .. } => {
                let (mut out, mut index, mut at) = (out, 1, 0);
                while at < variants.len() {
                    let fields = variants[at].fields();
                    out = out.one(&variants[at].docs, index, what).told_of(fields, index + 1, what);
                    index += 1 + fields.len();
                    at += 1;
                }
                out
            }
            Body::Library { .. } | Body::Newtype { .. } | Body::Handle | Body::Constant { .. } => out,
        }
    }

    /// Of fields, the first of which has that place.
    const fn told_of(mut self, fields: &[Field], index: usize, what: Told) -> Self {
        let mut at = 0;
        while at < fields.len() {
            self = self.one(&fields[at].docs, index + at, what);
            at += 1;
        }
        self
    }

    const fn one(mut self, docs: &Docs, index: usize, what: Told) -> Self {
        match (what, &docs.deprecated) {
            (Told::Texts, _) => self.text(docs.text),
            (Told::Deprecated, Some(Deprecated { since, note })) => {
                self.array(3).unsigned(index as u64).text(since).text(note)
            }
            (Told::Deprecated, None) => self,
            // Only the length is looked at: it is a count.
            (Told::CountOfTexts, _) | (Told::CountOfDeprecated, Some(_)) => {
                self.len += 1;
                self
            }
            (Told::CountOfDeprecated, None) => self,
        }
    }
}

/// What is written of what people are told.
#[derive(Clone, Copy)]
enum Told {
    Texts,
    Deprecated,
    CountOfTexts,
    CountOfDeprecated,
}

impl Variant {
    const fn fields(&self) -> &'static [Field] {
        match self.payload {
            Payload::Fields(fields) => fields,
            Payload::Unit | Payload::One(_) => &[],
        }
    }
}
