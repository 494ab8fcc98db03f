//! What can be said of a type alone.

use super::model::{Deprecated, Docs, Logic, Payload, Type, Value};
use std::fmt;
use std::ops::Deref;

impl Type {
    /// The structs, enums, newtypes and handles in it.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Option(inner) | Self::List(inner) | Self::Map(inner) => inner.names(),
            Self::As(Logic::Newtype(name), inner) => [&**name].into_iter().chain(inner.names()).collect(),
            Self::As(_, inner) => inner.names(),
            Self::Named(name) | Self::Handle(name) => vec![name],
            _ => Vec::new(),
        }
    }

    /// The type behind its own logic. What is in it may have one.
    pub fn plain(&self) -> &Self {
        match self {
            Self::As(_, inner) => inner.plain(),
            plain => plain,
        }
    }

    /// The type that it crosses as, and so with whatever is in it.
    #[must_use]
    pub fn representation(&self) -> Self {
        match self {
            Self::As(_, inner) => inner.representation(),
            Self::Option(inner) => Self::Option(Box::new(inner.representation())),
            Self::List(inner) => Self::List(Box::new(inner.representation())),
            Self::Map(inner) => Self::Map(Box::new(inner.representation())),
            plain => plain.clone(),
        }
    }

    /// The least and the greatest number, of an integer type.
    pub fn range(&self) -> Option<(i128, i128)> {
        Some(match self {
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            Self::I64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
            Self::As(_, inner) => return inner.range(),
            _ => return None,
        })
    }

    /// Whether it is the type of a value.
    pub(super) fn has(&self, value: &Value) -> bool {
        let number = match (self, value) {
            (_, Value::Signed(number)) => i128::from(*number),
            (_, Value::Unsigned(number)) => i128::from(*number),
            (Self::Bool, Value::Bool(_))
            | (Self::F32 | Self::F64, Value::Float(_))
            | (Self::String, Value::Text(_)) => {
                return true;
            }
            _ => return false,
        };
        self.range().is_some_and(|(least, greatest)| (least..=greatest).contains(&number))
    }
}

/// As in Rust.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "()",
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::String => "String",
            Self::Bytes => "Vec<u8>",
            Self::Option(inner) => return write!(f, "Option<{inner}>"),
            Self::List(inner) => return write!(f, "Vec<{inner}>"),
            Self::Map(inner) => return write!(f, "HashMap<String, {inner}>"),
            Self::Named(name) => name,
            Self::Handle(name) => return write!(f, "Handle<{name}>"),
            Self::As(logic, inner) => return in_rust(logic, inner, f),
        })
    }
}

fn in_rust(logic: &Logic, representation: &Type, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (logic, representation) {
        (Logic::Array(len), Type::Bytes) => write!(f, "[u8; {len}]"),
        (Logic::Array(len), Type::List(inner)) => write!(f, "[{inner}; {len}]"),
        (Logic::Array(_), other) => fmt::Display::fmt(other, f),
        (Logic::Newtype(name), _) => f.write_str(name),
        (Logic::Name(name), representation) => match (&**name, representation) {
            ("duration", _) => f.write_str("Duration"),
            ("time", _) => f.write_str("SystemTime"),
            ("path", _) => f.write_str("PathBuf"),
            ("uuid", _) => f.write_str("Uuid"),
            ("url", _) => f.write_str("Url"),
            ("set", Type::List(inner)) => write!(f, "HashSet<{inner}>"),
            (name, _) => f.write_str(name),
        },
    }
}

impl Payload {
    /// The types of what a variant holds.
    pub fn types(&self) -> impl Iterator<Item = &Type> {
        let (one, fields) = match self {
            Self::Unit => (None, &[][..]),
            Self::One(ty) => (Some(ty), &[][..]),
            Self::Fields(fields) => (None, fields.as_slice()),
        };
        one.into_iter().chain(fields.iter().map(|field| &field.ty))
    }
}

/// As in Rust.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Signed(value) => value.fmt(f),
            Self::Unsigned(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

impl Deref for Docs {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Of something that is not deprecated.
impl<T: Into<String>> From<T> for Docs {
    fn from(text: T) -> Self {
        Self { text: text.into(), deprecated: None }
    }
}

/// `Deprecated since 1.2.0: use login`
impl fmt::Display for Deprecated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deprecated")?;
        if !self.since.is_empty() {
            write!(f, " since {}", self.since)?;
        }
        if self.note.is_empty() { f.write_str(".") } else { write!(f, ": {}", self.note) }
    }
}
