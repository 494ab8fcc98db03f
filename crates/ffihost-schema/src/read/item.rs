//! One item with its information: a piece of the model.

use super::ReadError;
use super::cbor::{Damage, Map, Reader, Scalar};
use super::info::{Info, fields_layout, layout as read_layout};
use super::model::*;
use super::shape::{MAX_NAME, identifier, optional_type, read_type};
use ffihost_abi::layout;

/// An item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Library(Head),
    Struct(Struct),
    Enum(Enum),
    Newtype(Newtype),
    Handle(Handle),
    Constructor(Constructor),
    Request(Request),
    HostFn(HostFn),
    Event(Event),
    Constant(Constant),
}

/// The item of the library itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) docs: Docs,
    pub(super) version: String,
    pub(super) pointer_width: u32,
    pub(super) target: u64,
    pub(super) formats: Formats,
    pub(super) serve: bool,
}

impl Entry {
    /// Reads an item and its information.
    pub(super) fn read(item: &[u8], info: &[u8]) -> Result<Self, ReadError> {
        let wrong = |what: &str, Damage { at, problem }| {
            let item = format!("{what}{}", describe(item));
            ReadError::Item { item, at, problem: problem.into_owned() }
        };
        let map = Map::whole(item).map_err(|damage| wrong("", damage))?;
        let mut info = Info::read(info).map_err(|damage| wrong("information of ", damage))?;
        let entry = entry(&map, &mut info).map_err(|damage| wrong("", damage))?;
        info.docs.end().map_err(|damage| wrong("information of ", damage))?;
        Ok(entry)
    }

    /// The name; empty if there is none.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Library(item) => &item.name,
            Self::Constructor(_) => "",
            Self::Struct(item) => &item.name,
            Self::Enum(item) => &item.name,
            Self::Newtype(item) => &item.name,
            Self::Handle(item) => &item.name,
            Self::Request(item) => &item.name,
            Self::HostFn(item) => &item.name,
            Self::Event(item) => &item.name,
            Self::Constant(item) => &item.name,
        }
    }
}

/// An item as people know it, as far as it can be told.
fn describe(item: &[u8]) -> String {
    let text = |key| Map::whole(item).ok()?.need(key).ok()?.text().ok();
    match (text("kind"), text("name")) {
        (Some(kind), Some(name)) if kind.len() + name.len() > 2 * MAX_NAME => "an item with a long name".to_owned(),
        (Some(kind), Some(name)) => format!("{} `{}`", kind.escape_debug(), name.escape_debug()),
        _ => "an item without kind and name".to_owned(),
    }
}

fn entry(map: &Map<'_>, info: &mut Info<'_>) -> Result<Entry, Damage> {
    let mut kind = map.need("kind")?;
    let unknown = kind.damage("an unknown kind of item");
    match kind.text()? {
        "library" => library(map, info).map(Entry::Library),
        "struct" => structure(map, info).map(Entry::Struct),
        "enum" => enumeration(map, info).map(Entry::Enum),
        "newtype" => newtype(map, info).map(Entry::Newtype),
        "handle" => Ok(Entry::Handle(Handle { name: name(map)?, docs: info.docs.next() })),
        "constructor" => constructor(map, info).map(Entry::Constructor),
        "request" => request(map, info).map(Entry::Request),
        "host_fn" => host_fn(map, info).map(Entry::HostFn),
        "event" => event(map, info).map(Entry::Event),
        "constant" => constant(map, info).map(Entry::Constant),
        _ => Err(unknown),
    }
}

fn library(map: &Map<'_>, info: &mut Info<'_>) -> Result<Head, Damage> {
    let mut width = info.map.need("pointer_width")?;
    let bad_width = width.damage("a pointer width that no target has");
    let pointer_width = match width.unsigned()? {
        16 => 16,
        32 => 32,
        64 => 64,
        _ => return Err(bad_width),
    };
    let target = info.map.get("target")?.map(|mut target| target.unsigned()).transpose()?;
    Ok(Head {
        name: name(map)?,
        docs: info.docs.next(),
        version: info.map.need("version")?.text()?.to_owned(),
        pointer_width,
        target: target.unwrap_or(layout::natural(pointer_width)),
        formats: formats(map)?,
        serve: map.get("serve")?.map(|mut serve| serve.bool()).transpose()?.unwrap_or(false),
    })
}

fn structure(map: &Map<'_>, info: &mut Info<'_>) -> Result<Struct, Damage> {
    let (name, docs, fields) = (name(map)?, info.docs.next(), fields(map, "fields", info)?);
    let layout = fields_layout(map, info, fields.len())?;
    Ok(Struct { name, docs, error: map.need("error")?.bool()?, fields, layout })
}

fn enumeration(map: &Map<'_>, info: &mut Info<'_>) -> Result<Enum, Damage> {
    let (name, docs, error) = (name(map)?, info.docs.next(), map.need("error")?.bool()?);
    let mut variants = map.need("variants")?;
    let start = variants;
    let variants = variants.list(|reader| variant(reader, info))?;
    if variants.is_empty() {
        return Err(start.damage("an enum without variants"));
    }
    let has_data = variants.iter().any(|variant| variant.payload != Payload::Unit);
    let layout = match (&info.layout, has_data) {
        (None, false) => None,
        (Some(numbers), true) => {
            Some(read_layout(numbers, 1).ok_or_else(|| start.damage("`layout` is not an enum's"))?)
        }
        (None, true) => return Err(start.damage("an enum with data but without `layout`")),
        (Some(_), false) => return Err(start.damage("an enum with `layout` but without data")),
    };
    Ok(Enum { name, docs, error, variants, layout })
}

fn variant(reader: &mut Reader<'_>, info: &mut Info<'_>) -> Result<Variant, Damage> {
    let map = reader.map()?;
    let (name, docs) = (name(&map)?, info.docs.next());
    let payload = match (map.get("type")?, map.get("fields")?) {
        (None, None) => Payload::Unit,
        (Some(mut ty), None) => Payload::One(read_type(&mut ty, 0)?),
        (None, Some(_)) => Payload::Fields(fields(&map, "fields", info)?),
        (Some(ty), Some(_)) => return Err(ty.damage("a variant with both a type and fields")),
    };
    Ok(Variant { name, docs, payload })
}

fn newtype(map: &Map<'_>, info: &mut Info<'_>) -> Result<Newtype, Damage> {
    Ok(Newtype { name: name(map)?, docs: info.docs.next(), ty: read_type(&mut map.need("type")?, 0)? })
}

fn constructor(map: &Map<'_>, info: &mut Info<'_>) -> Result<Constructor, Damage> {
    name(map)?;
    let (docs, params) = (info.docs.next(), fields(map, "params", info)?);
    let layout = fields_layout(map, info, params.len())?;
    Ok(Constructor { docs, params, error: optional_type(map, "error")?, formats: formats(map)?, layout })
}

fn request(map: &Map<'_>, info: &mut Info<'_>) -> Result<Request, Damage> {
    let (name, docs, receiver) = (name(map)?, info.docs.next(), receiver(&mut map.need("receiver")?)?);
    let of = of(map)?;
    let mut params = fields(map, "params", info)?;
    let receiver_name = take_receiver(&receiver, &mut params)
        .ok_or(map.need("params")?.damage("a function of a handle whose first parameter is another"))?;
    Ok(Request {
        name,
        docs,
        of,
        asynchronous: map.need("async")?.bool()?,
        receiver,
        receiver_name,
        params,
        result: read_type(&mut map.need("result")?, 0)?,
        error: optional_type(map, "error")?,
        formats: formats(map)?,
        direct: map.get("direct")?.map(|mut direct| direct.bool()).transpose()?.unwrap_or(false),
    })
}

/// Takes the handle that a request is a function of out of its parameters, of which it is the first.
fn take_receiver(receiver: &Receiver, params: &mut Vec<Field>) -> Option<String> {
    let Receiver::Handle(handle) = receiver else { return Some(String::new()) };
    match params.first() {
        Some(Field { ty: Type::Handle(first), .. }) if first == handle => Some(params.remove(0).name),
        _ => None,
    }
}

fn host_fn(map: &Map<'_>, info: &mut Info<'_>) -> Result<HostFn, Damage> {
    let (name, docs, params) = (name(map)?, info.docs.next(), fields(map, "params", info)?);
    let layout = fields_layout(map, info, params.len())?;
    let (result, error) = (read_type(&mut map.need("result")?, 0)?, optional_type(map, "error")?);
    let (asynchronous, member) = (map.need("async")?.bool()?, member(map)?);
    Ok(HostFn { name, docs, asynchronous, params, result, error, member, layout })
}

/// The group of a host function: both keys, or neither.
fn member(map: &Map<'_>) -> Result<Option<Member>, Damage> {
    match (map.get("group")?, map.get("method")?) {
        (None, None) => Ok(None),
        (Some(mut group), Some(mut method)) => {
            Ok(Some(Member { group: identifier(&mut group)?, method: identifier(&mut method)? }))
        }
        (Some(alone), None) | (None, Some(alone)) => Err(alone.damage("one of `group` and `method` without the other")),
    }
}

fn event(map: &Map<'_>, info: &mut Info<'_>) -> Result<Event, Damage> {
    let (name, docs, params) = (name(map)?, info.docs.next(), fields(map, "params", info)?);
    let layout = fields_layout(map, info, params.len())?;
    Ok(Event { name, docs, params, layout })
}

fn constant(map: &Map<'_>, info: &mut Info<'_>) -> Result<Constant, Damage> {
    let (name, docs, ty) = (name(map)?, info.docs.next(), read_type(&mut map.need("type")?, 0)?);
    let mut value = map.need("value")?;
    let not_of_type = value.damage(format!("a value that is not of type {ty}"));
    let value = constant_value(&ty, value.scalar()?).ok_or(not_of_type)?;
    Ok(Constant { name, docs, of: of(map)?, ty, value })
}

/// The value as the type has it: a signed type's are signed, however they are written.
fn constant_value(ty: &Type, value: Scalar<'_>) -> Option<Value> {
    if let Some((least, greatest)) = ty.range() {
        let number = match value {
            Scalar::Unsigned(number) => i128::from(number),
            Scalar::Signed(number) => i128::from(number),
            _ => return None,
        };
        return match number {
            _ if number < least || number > greatest => None,
            _ if least < 0 => i64::try_from(number).ok().map(Value::Signed),
            _ => u64::try_from(number).ok().map(Value::Unsigned),
        };
    }
    match (ty, value) {
        (Type::Bool, Scalar::Bool(value)) => Some(Value::Bool(value)),
        (Type::F32 | Type::F64, Scalar::Float(value)) => Some(Value::Float(value)),
        (Type::String, Scalar::Text(value)) => Some(Value::Text(value.to_owned())),
        _ => None,
    }
}

/// The handle that an item is of.
fn of(map: &Map<'_>) -> Result<Option<String>, Damage> {
    map.get("of")?.map(|mut of| identifier(&mut of)).transpose()
}

fn name(map: &Map<'_>) -> Result<String, Damage> {
    identifier(&mut map.need("name")?)
}

fn fields(map: &Map<'_>, key: &str, info: &mut Info<'_>) -> Result<Vec<Field>, Damage> {
    map.need(key)?.list(|reader| {
        let map = reader.map()?;
        Ok(Field { name: name(&map)?, docs: info.docs.next(), ty: read_type(&mut map.need("type")?, 0)? })
    })
}

fn formats(map: &Map<'_>) -> Result<Formats, Damage> {
    let mut formats = Formats { native: false, cbor: false };
    map.need("formats")?.list(|reader| {
        let unknown = reader.damage("an unknown format");
        match reader.text()? {
            "native" => formats.native = true,
            "cbor" => formats.cbor = true,
            _ => return Err(unknown),
        }
        Ok(())
    })?;
    Ok(formats)
}

fn receiver(reader: &mut Reader<'_>) -> Result<Receiver, Damage> {
    let start = *reader;
    if reader.null() {
        return Ok(Receiver::Free);
    }
    if reader.is_array() {
        return match read_type(reader, 0)? {
            Type::Handle(name) => Ok(Receiver::Handle(name)),
            _ => Err(start.damage("a receiver that is neither the context nor a handle")),
        };
    }
    match reader.text()? {
        "context" => Ok(Receiver::Context),
        _ => Err(start.damage("a receiver that is neither the context nor a handle")),
    }
}
