//! From CBOR to JSON.

use super::{FLOATS, Json, Misfit, Named, Path, Types};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value;
use ffihost_schema::{Enum, Field, Payload, Type};

impl Types<'_> {
    pub(super) fn write(self, path: Path<'_>, ty: &Type, cbor: &Value) -> Result<Json, Misfit> {
        let wrong = || path.misfit(format_args!("CBOR that is no {ty}"));
        match (ty, cbor) {
            (ty, Value::Tag(_, inner)) => self.write(path, ty, inner),
            (Type::Option(_) | Type::Unit, Value::Null) => Ok(Json::Null),
            (Type::Option(inner), cbor) => self.write(path, inner, cbor),
            (Type::Bool, Value::Bool(value)) => Ok(Json::Bool(*value)),
            (Type::F32 | Type::F64, cbor) => float(ty, cbor).ok_or_else(wrong),
            (Type::String, Value::Text(text)) => Ok(Json::Text(text.clone())),
            (Type::Bytes, Value::Bytes(bytes)) => Ok(Json::Text(STANDARD.encode(bytes))),
            (Type::List(inner), Value::Array(items)) => {
                let items = items.iter().enumerate();
                let items = items.map(|(at, item)| self.write(Path::Index(&path, at), inner, item));
                items.collect::<Result<_, _>>().map(Json::List)
            }
            (Type::As(_, inner), cbor) => self.write(path, inner, cbor),
            (Type::Map(inner), Value::Map(entries)) => {
                let entry = |(key, value): &(Value, Value)| {
                    let key = key.as_text().ok_or_else(wrong)?;
                    Ok((key.to_owned(), self.write(Path::Name(&path, key), inner, value)?))
                };
                entries.iter().map(entry).collect::<Result<_, _>>().map(Json::Object)
            }
            (Type::Handle(_), Value::Integer(number)) => integer(&Type::U64, *number).ok_or_else(wrong),
            (Type::Named(name), cbor) => match self.named(name) {
                Some(Named::Struct(item)) => self.write_fields(path, &item.fields, cbor),
                Some(Named::Enum(item)) => self.write_enum(path, item, cbor).unwrap_or_else(|| Err(wrong())),
                None => Err(wrong()),
            },
            (ty, Value::Integer(number)) => integer(ty, *number).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }

    /// In the order of the declaration, whatever that of the CBOR is. What is none is null.
    pub(super) fn write_fields(self, path: Path<'_>, fields: &[Field], cbor: &Value) -> Result<Json, Misfit> {
        let entries = cbor.as_map().ok_or_else(|| path.misfit("CBOR that is no map"))?;
        let field = |Field { name, ty, .. }: &Field| {
            let path = Path::Name(&path, name);
            let value = match entries.iter().find(|(key, _)| key.as_text() == Some(name)) {
                Some((_, value)) => self.write(path, ty, value)?,
                None if matches!(ty, Type::Option(_)) => Json::Null,
                None => return Err(path.misfit("it is missing")),
            };
            Ok((name.clone(), value))
        };
        fields.iter().map(field).collect::<Result<_, _>>().map(Json::Object)
    }

    /// None if the CBOR is no value of an enum, or of a variant that is not known.
    fn write_enum(self, path: Path<'_>, item: &Enum, cbor: &Value) -> Option<Result<Json, Misfit>> {
        let (name, data) = match cbor {
            Value::Text(name) => (name.as_str(), None),
            Value::Map(entries) => match &entries[..] {
                [(name, data)] => (name.as_text()?, Some(data)),
                _ => return None,
            },
            _ => return None,
        };
        let path = Path::Name(&path, name);
        let data = match (&item.variants.iter().find(|variant| variant.name == name)?.payload, data) {
            (Payload::Unit, None) => return Some(Ok(Json::Text(name.to_owned()))),
            (Payload::One(ty), Some(data)) => self.write(path, ty, data),
            (Payload::Fields(fields), Some(data)) => self.write_fields(path, fields, data),
            _ => return None,
        };
        Some(data.map(|data| Json::Object(vec![(name.to_owned(), data)])))
    }
}

fn integer(ty: &Type, number: ciborium::value::Integer) -> Option<Json> {
    let (least, greatest) = ty.range()?;
    let number = Some(i128::from(number)).filter(|number| (least..=greatest).contains(number))?;
    u64::try_from(number).map(Json::Unsigned).or_else(|_| i64::try_from(number).map(Json::Signed)).ok()
}

fn float(ty: &Type, cbor: &Value) -> Option<Json> {
    let number = match cbor {
        Value::Float(number) => *number,
        Value::Integer(number) => i128::from(*number) as f64,
        _ => return None,
    };
    let same = |other: f64| number == other || (number.is_nan() && other.is_nan());
    if let Some((name, _)) = FLOATS.iter().find(|(_, special)| same(*special)) {
        return Some(Json::Text((*name).to_owned()));
    }
    match ty {
        // With as few digits as tell it from other floats of its own width.
        Type::F32 => (number as f32).to_string().parse().ok().map(Json::Float),
        _ => Some(Json::Float(number)),
    }
}
