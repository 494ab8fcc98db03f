//! JSON for people, CBOR for libraries: the one becomes the other by the types that the library declares.
//!
//! `docs/abi.md` says what the CBOR is. In JSON it looks like this:
//!
//! | type | JSON |
//! |---|---|
//! | integers | a number, exact in all 64 bits |
//! | `f32`, `f64` | a number, or the text "NaN", "Infinity" or "-Infinity" |
//! | `bool`, `String` | true or false, a text |
//! | `Vec<u8>` | a text in base64 |
//! | `Vec<T>`, `HashMap<String, T>` | a list, an object |
//! | `Option<T>` | null, or the value; as a field or argument it may be left out |
//! | struct, arguments | an object, keyed by the names |
//! | enum | the variant's name as a text; with data an object of one entry, from the name to the value or the fields |
//! | `Handle<T>` | its number |
//! | `()` | null |
//!
//! `value` is JSON in memory, `read` makes CBOR of it, `write` makes it of CBOR. Libraries ignore keys that they do not know;
//! here they are errors, because people mistype.

mod read;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub(crate) use self::value::Json;

use ciborium::Value;
use ffihost_schema::{Field, Library, Struct, Type};
use std::fmt;

/// What does not fit its type, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    path: String,
    problem: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", self.path, self.problem)
    }
}

/// Where in a value something is, such as `req.echoes[2].message`.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root,
    Name(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn misfit(&self, problem: impl fmt::Display) -> Misfit {
        Misfit { path: self.to_string(), problem: problem.to_string() }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Name(Self::Root, name) => f.write_str(name),
            Self::Name(of, name) => write!(f, "{of}.{name}"),
            Self::Index(of, index) => write!(f, "{of}[{index}]"),
        }
    }
}

/// The types of a library, to convert by.
#[derive(Clone, Copy)]
pub(crate) struct Types<'a>(pub(crate) &'a Library);

impl<'a> Types<'a> {
    /// A map of arguments, in CBOR.
    pub(crate) fn arguments_to_cbor(self, params: &[Field], json: &Json) -> Result<Vec<u8>, Misfit> {
        let Json::Object(entries) = json else {
            let problem = format!("an object with the arguments is needed, this is {}", json.shown());
            return Err(Path::Root.misfit(problem));
        };
        self.read_fields(Path::Root, None, params, entries).map(|value| encode(&value))
    }

    /// A value, in CBOR.
    pub(crate) fn to_cbor(self, ty: &Type, json: &Json) -> Result<Vec<u8>, Misfit> {
        self.read(Path::Root, ty, json).map(|value| encode(&value))
    }

    /// The map of arguments that some CBOR is.
    pub(crate) fn arguments_to_json(self, params: &[Field], cbor: &[u8]) -> Result<Json, Misfit> {
        self.write_fields(Path::Root, params, &decode(cbor)?)
    }

    /// The value that some CBOR is.
    pub(crate) fn to_json(self, ty: &Type, cbor: &[u8]) -> Result<Json, Misfit> {
        self.write(Path::Root, ty, &decode(cbor)?)
    }

    fn named(self, name: &str) -> Option<Named<'a>> {
        let structs = self.0.structs.iter().find(|item| item.name == name).map(Named::Struct);
        structs.or_else(|| self.0.enums.iter().find(|item| item.name == name).map(Named::Enum))
    }
}

/// A type that has a name.
enum Named<'a> {
    Struct(&'a Struct),
    Enum(&'a ffihost_schema::Enum),
}

/// What stands for floats that are no numbers of JSON.
const FLOATS: [(&str, f64); 3] = [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)];

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory takes everything");
    bytes
}

fn decode(mut cbor: &[u8]) -> Result<Value, Misfit> {
    let value = ciborium::from_reader(&mut cbor).map_err(|error| Path::Root.misfit(format!("no CBOR: {error}")))?;
    if cbor.is_empty() { Ok(value) } else { Err(Path::Root.misfit("something follows the CBOR")) }
}
