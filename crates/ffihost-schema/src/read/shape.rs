//! Types and names, as items spell them.

use super::cbor::{Damage, Map, Reader};
use super::model::{Logic, Type};

/// How deep types may be put into each other. It bounds the recursion of everything that walks a type.
const MAX_DEPTH: usize = 32;

/// How long a name may be, in bytes. Messages repeat names.
pub(super) const MAX_NAME: usize = ffihost_abi::limits::NAME;

/// An identifier: whatever names something in generated code is one, so nothing else gets in by a name.
pub(super) fn identifier(reader: &mut Reader<'_>) -> Result<String, Damage> {
    let start = *reader;
    let name = reader.text()?;
    if name.len() > MAX_NAME {
        return Err(start.damage(format!("a name of more than {MAX_NAME} bytes")));
    }
    let starts = name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic());
    if starts && name.chars().all(|char| char == '_' || char.is_ascii_alphanumeric()) {
        Ok(name.to_owned())
    } else {
        Err(start.damage("a name that is no identifier"))
    }
}

pub(super) fn optional_type(map: &Map<'_>, key: &str) -> Result<Option<Type>, Damage> {
    let mut reader = map.need(key)?;
    if reader.null() { Ok(None) } else { read_type(&mut reader, 0).map(Some) }
}

pub(super) fn read_type(reader: &mut Reader<'_>, depth: usize) -> Result<Type, Damage> {
    let start = *reader;
    if depth == MAX_DEPTH {
        return Err(start.damage("a type that is too deep"));
    }
    if !reader.is_array() {
        return plain_type(reader.text()?).ok_or_else(|| start.damage("an unknown type"));
    }
    let parts = reader.array()?;
    let kind = reader.text()?;
    if parts != if kind == "as" { 3 } else { 2 } {
        return Err(start.damage("a type that has not as many parts as its kind"));
    }
    Ok(match kind {
        "as" => Type::As(logic(reader)?, Box::new(read_type(reader, depth + 1)?)),
        "option" => Type::Option(Box::new(read_type(reader, depth + 1)?)),
        "list" => Type::List(Box::new(read_type(reader, depth + 1)?)),
        "map" => Type::Map(Box::new(read_type(reader, depth + 1)?)),
        "named" => Type::Named(identifier(reader)?),
        "handle" => Type::Handle(identifier(reader)?),
        _ => return Err(start.damage("an unknown type")),
    })
}

/// What a type means: a name, how long an array is, or which newtype it is.
fn logic(reader: &mut Reader<'_>) -> Result<Logic, Damage> {
    let start = *reader;
    if !reader.is_array() {
        return identifier(reader).map(Logic::Name);
    }
    match (reader.array()?, reader.text()?) {
        (2, "array") => reader.unsigned().map(Logic::Array),
        (2, "newtype") => identifier(reader).map(Logic::Newtype),
        _ => Err(start.damage("an unknown logic")),
    }
}

fn plain_type(name: &str) -> Option<Type> {
    Some(match name {
        "unit" => Type::Unit,
        "bool" => Type::Bool,
        "i8" => Type::I8,
        "i16" => Type::I16,
        "i32" => Type::I32,
        "i64" => Type::I64,
        "u8" => Type::U8,
        "u16" => Type::U16,
        "u32" => Type::U32,
        "u64" => Type::U64,
        "f32" => Type::F32,
        "f64" => Type::F64,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        _ => return None,
    })
}
