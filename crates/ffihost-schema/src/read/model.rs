//! A library's surface, as tools see it.

use ffihost_abi::names;
use serde::{Serialize, Serializer};

/// A type that crosses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[expect(missing_docs, reason = "each is the type of that name")]
#[serde(rename_all = "snake_case")]
pub enum Type {
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
    Option(Box<Self>),
    List(Box<Self>),
    /// From text.
    Map(Box<Self>),
    /// A struct or an enum of that name.
    Named(String),
    /// A handle of that name.
    Handle(String),
    /// What it means, and the type that it crosses as: its representation.
    As(Logic, Box<Self>),
}

/// What a type means, beyond its representation. Who does not know it goes by the representation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Logic {
    /// A meaning of that name.
    Name(String),
    /// A list or bytes of exactly that length.
    Array(u64),
    /// The newtype of that name.
    Newtype(String),
}

/// What people are told of something: nothing of it is part of the ABI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Docs {
    /// The doc comment.
    #[serde(rename = "docs")]
    pub text: String,
    /// What `#[deprecated]` says of it. None: it is not deprecated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecated>,
}

/// What `#[deprecated]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deprecated {
    /// The version since which it is; empty if that is not said.
    pub since: String,
    /// What to use instead; empty if that is not said.
    pub note: String,
}

/// A library's surface. In each list the order is that of the names, so that it depends on nothing else.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Library {
    /// What its exports start with.
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// The library's own version.
    pub version: String,
    /// Bits of a pointer of the target that it was built for; layouts hold for this.
    pub pointer_width: u32,
    /// How that target lays out structs: what `<name>_abi_layout` returns.
    #[serde(serialize_with = "as_hex")]
    pub target: u64,
    /// What `<name>_abi_hash` returns.
    #[serde(serialize_with = "as_hex")]
    pub hash: u64,
    pub formats: Formats,
    /// Whether `<name>_serve` is exported.
    pub serve: bool,
    pub constructor: Constructor,
    pub structs: Vec<Struct>,
    pub enums: Vec<Enum>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub newtypes: Vec<Newtype>,
    pub handles: Vec<Handle>,
    pub requests: Vec<Request>,
    pub host_fns: Vec<HostFn>,
    pub events: Vec<Event>,
    pub constants: Vec<Constant>,
}

/// In which formats something is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is the format of that name")]
pub struct Formats {
    pub native: bool,
    pub cbor: bool,
}

/// Size, alignment and offsets of a C type, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Layout {
    pub size: u64,
    pub align: u64,
    /// Of each field; of an enum with data: of its payload.
    pub offsets: Vec<u64>,
}

/// A parameter or a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Field {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    #[serde(rename = "type")]
    pub ty: Type,
}

/// A struct.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Struct {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// Whether it is an error.
    pub error: bool,
    pub fields: Vec<Field>,
    pub layout: Layout,
}

/// An enum. A variant's tag is its index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Enum {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// Whether it is an error.
    pub error: bool,
    pub variants: Vec<Variant>,
    /// Nothing if no variant holds data: it is an int32 then.
    pub layout: Option<Layout>,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Variant {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    pub payload: Payload,
}

/// What a variant holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// Nothing.
    Unit,
    /// One value without a name.
    One(Type),
    /// Fields.
    Fields(Vec<Field>),
}

/// A name for what is just another type. It is used as [`Type::As`] with [`Logic::Newtype`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Newtype {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// What it holds.
    #[serde(rename = "type")]
    pub ty: Type,
}

/// A live object that hosts know as a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Handle {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
}

/// Makes a context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Constructor {
    #[serde(flatten)]
    pub docs: Docs,
    pub params: Vec<Field>,
    pub error: Option<Type>,
    pub formats: Formats,
    /// Of the parameters as one struct, which CBOR and remote callers use.
    pub layout: Layout,
}

/// Whose a request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// Nobody's: it takes no context.
    Free,
    /// The context's.
    Context,
    /// A handle's, of that name.
    Handle(String),
}

/// What a host can ask of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Request {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// The handle in whose `impl` it was written, if it was in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Whether it runs on the FFI thread and calls back from there; otherwise on the caller's thread, before the call
    /// returns.
    pub asynchronous: bool,
    pub receiver: Receiver,
    /// What the parameter is called that takes the handle, and its key in CBOR; empty if the receiver is none.
    pub receiver_name: String,
    /// Those after the receiver.
    pub params: Vec<Field>,
    pub result: Type,
    pub error: Option<Type>,
    pub formats: Formats,
    /// Whether its native form is direct: it returns its status, writes its result where the caller says, and calls nobody
    /// back. Only synchronous ones are, whose result has no pointers in it or is text or bytes.
    pub direct: bool,
}

impl Request {
    /// The name that it has in the class of the handle that it is of, or else its own.
    pub fn member(&self) -> &str {
        member(&self.name, self.of.as_deref(), names::member)
    }

    /// Whether it makes the handle that it is of.
    pub fn is_constructor(&self) -> bool {
        let makes = |of| self.result == Type::Handle(of);
        self.of.clone().is_some_and(makes) && !matches!(self.receiver, Receiver::Handle(_))
    }
}

impl Constant {
    /// The name that it has in the class of the handle that it is of, or else its own.
    pub fn member(&self) -> &str {
        member(&self.name, self.of.as_deref(), names::member_constant)
    }
}

/// A name without that of the handle, which `whole` puts in front.
fn member<'n>(name: &'n str, of: Option<&str>, whole: fn(&str, &str) -> String) -> &'n str {
    of.and_then(|of| name.strip_prefix(&*whole(of, ""))).unwrap_or(name)
}

/// What the library asks of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct HostFn {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// Whether the host may answer later; otherwise only before the function returns.
    pub asynchronous: bool,
    pub params: Vec<Field>,
    pub result: Type,
    pub error: Option<Type>,
    /// Nothing if it is declared alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
    /// Of the parameters as one struct: what `req` points to.
    pub layout: Layout,
}

/// The group that a host function belongs to. No two functions of a group have one `method`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Member {
    pub group: String,
    /// What the function is called in the group.
    pub method: String,
}

/// What the library tells whoever listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Event {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    pub params: Vec<Field>,
    /// Of the parameters as one struct: what `msg` points to.
    pub layout: Layout,
}

/// A value that is copied into every binding.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
pub struct Constant {
    pub name: String,
    #[serde(flatten)]
    pub docs: Docs,
    /// The handle in whose `impl` it was written, if it was in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    #[serde(rename = "type")]
    pub ty: Type,
    pub value: Value,
}

/// The value of a constant.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "each is what it says")]
#[serde(untagged)]
pub enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

/// As text: many readers of JSON know no integer of 64 bits.
fn as_hex<S: Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{hash:#018x}"))
}
