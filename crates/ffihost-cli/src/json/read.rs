//! From JSON to CBOR.

use super::{FLOATS, Json, Misfit, Named, Path, Types};
use crate::nearest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value;
use ffihost_schema::{Enum, Field, Payload, Type};

type Entries = [(String, Json)];

impl Types<'_> {
    pub(super) fn read(self, path: Path<'_>, ty: &Type, json: &Json) -> Result<Value, Misfit> {
        let wrong = || path.misfit(format_args!("{} is needed, this is {}", self.needed(ty), json.shown()));
        match (ty, json) {
            (Type::Option(_) | Type::Unit, Json::Null) => Ok(Value::Null),
            (Type::Option(inner), json) => self.read(path, inner, json),
            (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
            (Type::F32 | Type::F64, json) => float(ty, json).map(Value::Float).ok_or_else(wrong),
            (Type::String, Json::Text(text)) => Ok(Value::Text(text.clone())),
            (Type::Bytes, Json::Text(text)) => STANDARD.decode(text).map(Value::Bytes).map_err(|_| wrong()),
            (Type::List(inner), Json::List(items)) => {
                let items = items.iter().enumerate();
                let items = items.map(|(at, item)| self.read(Path::Index(&path, at), inner, item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            (Type::As(_, inner), json) => self.read(path, inner, json),
            (Type::Map(inner), Json::Object(entries)) => {
                let entry = |(key, value): &(String, Json)| {
                    Ok((Value::Text(key.clone()), self.read(Path::Name(&path, key), inner, value)?))
                };
                entries.iter().map(entry).collect::<Result<_, _>>().map(Value::Map)
            }
            (Type::Handle(_), Json::Unsigned(number)) => Ok(Value::from(*number)),
            (Type::Named(name), json) => match (self.named(name), json) {
                (Some(Named::Struct(item)), Json::Object(entries)) => {
                    self.read_fields(path, Some(name), &item.fields, entries)
                }
                (Some(Named::Enum(item)), json) => self.read_enum(path, item, json).unwrap_or_else(|| Err(wrong())),
                _ => Err(wrong()),
            },
            (ty, json) => integer(ty, json).ok_or_else(wrong),
        }
    }

    /// `of` is the name of the struct; arguments have none.
    pub(super) fn read_fields(
        self,
        path: Path<'_>,
        of: Option<&str>,
        fields: &[Field],
        entries: &Entries,
    ) -> Result<Value, Misfit> {
        if let Some((unknown, _)) = entries.iter().find(|(key, _)| !fields.iter().any(|field| field.name == *key)) {
            let what = of.map_or_else(|| "argument".to_owned(), |of| format!("field in {of}"));
            let names = fields.iter().map(|field| field.name.as_str());
            let instead = nearest::or_all(unknown, names);
            return Err(Path::Name(&path, unknown).misfit(format_args!("there is no such {what}{instead}")));
        }
        let mut map = Vec::new();
        for Field { name, ty, .. } in fields {
            let path = Path::Name(&path, name);
            let value = match entries.iter().find(|(key, _)| key == name) {
                Some((_, value)) => self.read(path, ty, value)?,
                None if matches!(ty, Type::Option(_)) => continue,
                None => return Err(path.misfit(format_args!("it is missing; {} is needed", self.needed(ty)))),
            };
            map.push((Value::Text(name.clone()), value));
        }
        Ok(Value::Map(map))
    }

    /// None if the JSON does not look like a value of an enum.
    fn read_enum(self, path: Path<'_>, item: &Enum, json: &Json) -> Option<Result<Value, Misfit>> {
        let (name, data) = match json {
            Json::Text(name) => (name, None),
            Json::Object(entries) => match &entries[..] {
                [(name, data)] => (name, Some(data)),
                _ => return None,
            },
            _ => return None,
        };
        let Some(variant) = item.variants.iter().find(|variant| variant.name == *name) else {
            let instead = nearest::or_all(name, item.variants.iter().map(|variant| variant.name.as_str()));
            return Some(Err(path.misfit(format_args!("{} has no variant {name:?}{instead}", item.name))));
        };
        let path = Path::Name(&path, name);
        let data = match (&variant.payload, data) {
            (Payload::Unit, None) => return Some(Ok(Value::Text(name.clone()))),
            (Payload::One(ty), Some(data)) => self.read(path, ty, data),
            (Payload::Fields(fields), Some(Json::Object(entries))) => {
                let of = format!("{}::{name}", item.name);
                self.read_fields(path, Some(&of), fields, entries)
            }
            (Payload::Unit, Some(_)) => Err(path.misfit(format_args!("it holds nothing: the text {name:?} is needed"))),
            (Payload::One(ty), None) => {
                Err(path.misfit(format_args!("it holds a value: {{{name:?}: …}} with {} is needed", self.needed(ty))))
            }
            (Payload::Fields(_), _) => Err(path.misfit(format_args!("it has fields: {{{name:?}: {{…}}}} is needed"))),
        };
        Some(data.map(|data| Value::Map(vec![(Value::Text(name.clone()), data)])))
    }

    /// What is needed for a type, for people.
    fn needed(self, ty: &Type) -> String {
        match ty {
            Type::Unit => "null".to_owned(),
            Type::Bool => "true or false".to_owned(),
            Type::F32 | Type::F64 => "a number, \"NaN\", \"Infinity\" or \"-Infinity\"".to_owned(),
            Type::String => "a text".to_owned(),
            Type::Bytes => "a text in base64".to_owned(),
            Type::Option(inner) => format!("null or {}", self.needed(inner)),
            Type::List(inner) => format!("a list of {inner}"),
            Type::As(_, inner) => self.needed(inner),
            Type::Map(inner) => format!("an object with values of {inner}"),
            Type::Handle(name) => format!("the number of a {name}"),
            Type::Named(name) => match self.named(name) {
                Some(Named::Enum(item)) => {
                    let names: Vec<_> = item.variants.iter().map(|variant| &*variant.name).collect();
                    format!("a variant of {name} ({})", names.join(", "))
                }
                _ => format!("an object, {name},"),
            },
            ty => {
                let (least, greatest) = ty.range().expect("what is left are integers");
                format!("a number from {least} to {greatest}")
            }
        }
    }
}

fn integer(ty: &Type, json: &Json) -> Option<Value> {
    let (least, greatest) = ty.range()?;
    let number = match json {
        Json::Unsigned(number) => i128::from(*number),
        Json::Signed(number) => i128::from(*number),
        _ => return None,
    };
    let number = Some(number).filter(|number| (least..=greatest).contains(number))?;
    ciborium::value::Integer::try_from(number).ok().map(Value::Integer)
}

/// A float of that type, as the wider one.
fn float(ty: &Type, json: &Json) -> Option<f64> {
    let number = match json {
        Json::Float(number) => *number,
        Json::Unsigned(number) => *number as f64,
        Json::Signed(number) => *number as f64,
        Json::Text(text) => return FLOATS.iter().find(|(name, _)| name == text).map(|(_, number)| *number),
        _ => return None,
    };
    match ty {
        Type::F32 => {
            let short = number as f32;
            short.is_finite().then(|| f64::from(short))
        }
        _ => Some(number),
    }
}
