//! The types of a library in Rust.

use super::docs::docs;
use super::names::{identifier, renamed};
use crate::Error;
use crate::names::{Scope, camel};
use ffihost_schema::{Constant, Enum, Event, Field, Library, Payload, Struct, Type, Value, Variant};
use std::collections::{HashMap, HashSet};

/// How types are written.
pub(super) struct Types<'a> {
    structs: HashMap<&'a str, &'a Struct>,
    enums: HashMap<&'a str, &'a Enum>,
    handles: HashSet<&'a str>,
}

/// A struct or an enum.
pub(super) struct Shape {
    pub(super) docs: String,
    pub(super) derives: &'static str,
    pub(super) keyword: &'static str,
    pub(super) name: String,
    pub(super) members: Vec<Member>,
}

/// A field or a variant.
pub(super) struct Member {
    pub(super) docs: String,
    pub(super) text: String,
}

/// A constant.
pub(super) struct ConstantView {
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) value: String,
}

/// How a parameter is declared, and how it is passed on.
pub(super) struct Parameter {
    pub(super) declared: String,
    pub(super) passed: String,
}

const DERIVES: &str = "Clone, Debug, PartialEq, ffi::Serialize, ffi::Deserialize";
const DERIVES_WITH_DEFAULT: &str = "Clone, Debug, Default, PartialEq, ffi::Serialize, ffi::Deserialize";
const DERIVES_OF_NUMBERS: &str = "Clone, Copy, Debug, PartialEq, Eq, Hash, ffi::Serialize, ffi::Deserialize";

impl<'a> Types<'a> {
    pub(super) fn new(library: &'a Library) -> Self {
        let enums: HashMap<_, _> = library.enums.iter().map(|item| (item.name.as_str(), item)).collect();
        let structs = library.structs.iter().map(|item| (item.name.as_str(), item)).collect();
        Self { structs, enums, handles: library.handles.iter().map(|item| item.name.as_str()).collect() }
    }

    /// A type, as what it is.
    pub(super) fn name(&self, ty: &Type) -> String {
        let name = match ty {
            Type::Unit => "()",
            Type::Bool => "bool",
            Type::I8 => "i8",
            Type::I16 => "i16",
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::U8 => "u8",
            Type::U16 => "u16",
            Type::U32 => "u32",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::String => "String",
            Type::Bytes => "ffi::Bytes",
            Type::Option(inner) => return format!("Option<{}>", self.name(inner)),
            Type::List(inner) => return format!("Vec<{}>", self.name(inner)),
            Type::Map(inner) => return format!("ffi::BTreeMap<String, {}>", self.name(inner)),
            Type::Named(name) | Type::Handle(name) => return identifier(name),
        };
        name.to_owned()
    }

    /// A type, as it is lent.
    fn lent(&self, ty: &Type) -> String {
        match ty {
            Type::String => "&str".to_owned(),
            Type::List(inner) => format!("&[{}]", self.name(inner)),
            Type::Option(inner) => format!("Option<{}>", self.lent(inner)),
            Type::Bytes | Type::Map(_) | Type::Handle(_) => format!("&{}", self.name(ty)),
            Type::Named(name) if !self.is_number(name) => format!("&{}", self.name(ty)),
            _ => self.name(ty),
        }
    }

    /// Whether that is an enum without data.
    fn is_number(&self, name: &str) -> bool {
        self.enums.get(name).is_some_and(|item| item.layout.is_none())
    }

    /// Whether there is a value of it that nobody has to choose. What a struct contains by value does not lead back to it.
    fn has_default(&self, ty: &Type) -> bool {
        match ty {
            Type::Named(name) => {
                let fields = self.structs.get(name.as_str()).map(|item| &item.fields);
                fields.is_some_and(|fields| fields.iter().all(|field| self.has_default(&field.ty)))
            }
            Type::Handle(_) => false,
            _ => true,
        }
    }

    /// A parameter `name` with the key `key`.
    pub(super) fn parameter(&self, field: &Field) -> Parameter {
        let (key, name) = (&field.name, identifier(&field.name));
        let (ty, passed) = match &field.ty {
            Type::Bytes => ("&[u8]".to_owned(), format!(".bytes({key:?}, {name})")),
            Type::String | Type::List(_) | Type::Map(_) => (self.lent(&field.ty), format!(".with({key:?}, {name})")),
            Type::Named(item) if self.is_number(item) => (self.name(&field.ty), format!(".with({key:?}, &{name})")),
            Type::Named(_) | Type::Handle(_) => {
                (format!("impl ffi::Borrow<{}>", self.name(&field.ty)), format!(".with({key:?}, {name}.borrow())"))
            }
            _ => (self.lent(&field.ty), format!(".with({key:?}, &{name})")),
        };
        Parameter { declared: format!("{name}: {ty}"), passed }
    }

    /// Checks that a type can be where it is.
    pub(super) fn check(&self, ty: &Type, place: &str) -> Result<(), Error> {
        match ty {
            Type::Option(inner) | Type::List(inner) | Type::Map(inner) => self.check(inner, place),
            Type::Named(name) if !self.structs.contains_key(&**name) && !self.enums.contains_key(&**name) => {
                Err(Error::UnknownType { place: place.to_owned(), name: name.clone() })
            }
            Type::Handle(name) if !self.handles.contains(name.as_str()) => {
                Err(Error::UnknownType { place: place.to_owned(), name: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Checks that no type contains itself by value; those that a list or a map holds are elsewhere.
    pub(super) fn check_ends(&self) -> Result<(), Error> {
        let mut met = HashMap::new();
        self.structs.keys().chain(self.enums.keys()).try_for_each(|name| self.check_end(name, &mut met))
    }

    /// `met` says of each type whether what it contains has been looked at.
    fn check_end(&self, name: &'a str, met: &mut HashMap<&'a str, bool>) -> Result<(), Error> {
        match met.insert(name, false) {
            Some(false) => return Err(Error::Endless { place: format!("the type `{name}`") }),
            None => {
                for mut ty in self.parts(name) {
                    while let Type::Option(inner) = ty {
                        ty = inner;
                    }
                    if let Type::Named(part) = ty {
                        self.check_end(part, met)?;
                    }
                }
            }
            Some(true) => {}
        }
        met.insert(name, true);
        Ok(())
    }

    /// The types that a type is made of.
    fn parts(&self, name: &str) -> Vec<&'a Type> {
        let types = |fields: &'a [Field]| fields.iter().map(|field| &field.ty).collect();
        if let Some(item) = self.structs.get(name) {
            return types(&item.fields);
        }
        let of_variant = |variant: &'a Variant| match &variant.payload {
            Payload::Unit => Vec::new(),
            Payload::One(ty) => vec![ty],
            Payload::Fields(fields) => types(fields),
        };
        self.enums.get(name).map_or_else(Vec::new, |item| item.variants.iter().flat_map(of_variant).collect())
    }

    fn check_fields(&self, fields: &[Field], of: &str) -> Result<(), Error> {
        let mut scope = Scope::default();
        for field in fields {
            let place = format!("the field `{}` of {of}", field.name);
            scope.claim(&identifier(&field.name), place.clone())?;
            self.check(&field.ty, &place)?;
        }
        Ok(())
    }

    /// All structs and enums.
    pub(super) fn shapes(&self, library: &Library) -> Result<Vec<Shape>, Error> {
        let mut shapes = Vec::new();
        for item in &library.structs {
            self.check_fields(&item.fields, &format!("the struct `{}`", item.name))?;
            shapes.push(self.record(&item.docs, identifier(&item.name), &item.fields));
        }
        for item in &library.enums {
            shapes.push(self.enumeration(item)?);
        }
        Ok(shapes)
    }

    /// What an event holds, as a struct.
    pub(super) fn event(&self, item: &Event, name: &str) -> Result<Shape, Error> {
        self.check_fields(&item.params, &format!("the event `{}`", item.name))?;
        Ok(self.record(&format!("What the event `{}` tells.", item.name), name.to_owned(), &item.params))
    }

    fn record(&self, text: &str, name: String, fields: &[Field]) -> Shape {
        let members = fields.iter().map(|field| {
            let text = format!("{}pub {},", renamed(&field.name).unwrap_or_default(), self.field(field));
            Member { docs: docs(4, &field.docs), text }
        });
        let has_default = fields.iter().all(|field| self.has_default(&field.ty));
        let derives = if has_default { DERIVES_WITH_DEFAULT } else { DERIVES };
        Shape { docs: docs(0, text), derives, keyword: "struct", name, members: members.collect() }
    }

    /// A field, as it is declared.
    pub(super) fn field(&self, field: &Field) -> String {
        format!("{}: {}", identifier(&field.name), self.name(&field.ty))
    }

    fn enumeration(&self, item: &Enum) -> Result<Shape, Error> {
        let mut scope = Scope::default();
        let mut members = Vec::new();
        for variant in &item.variants {
            let place = format!("the variant `{}` of the enum `{}`", variant.name, item.name);
            scope.claim(&identifier(&variant.name), place.clone())?;
            members.push(self.variant(variant, &place)?);
        }
        Ok(Shape {
            docs: docs(0, &item.docs),
            derives: if item.layout.is_none() { DERIVES_OF_NUMBERS } else { DERIVES },
            keyword: "enum",
            name: identifier(&item.name),
            members,
        })
    }

    fn variant(&self, variant: &Variant, place: &str) -> Result<Member, Error> {
        let mut text = format!("{}{}", renamed(&variant.name).unwrap_or_default(), identifier(&variant.name));
        match &variant.payload {
            Payload::Unit => {}
            Payload::One(ty) => {
                self.check(ty, place)?;
                text.push_str(&format!("({})", self.name(ty)));
            }
            Payload::Fields(fields) => {
                self.check_fields(fields, place)?;
                text.push_str(" {");
                for field in fields {
                    let rename = renamed(&field.name).unwrap_or_default();
                    text.push_str(&docs(8, &field.docs));
                    text.push_str(&format!("\n        {rename}{},", self.field(field)));
                }
                text.push_str("\n    }");
            }
        }
        text.push(',');
        Ok(Member { docs: docs(4, &variant.docs), text })
    }

    pub(super) fn constant(&self, item: &Constant) -> Result<ConstantView, Error> {
        let value = value(&item.ty, &item.value)
            .ok_or_else(|| Error::Value { place: format!("the constant `{}`", item.name) })?;
        let ty = if item.ty == Type::String { "&str".to_owned() } else { self.name(&item.ty) };
        let docs = docs(0, &item.docs);
        Ok(ConstantView { docs, name: identifier(&item.name), ty, value })
    }
}

/// A constant's value; none if its type does not have it.
fn value(ty: &Type, value: &Value) -> Option<String> {
    match (ty, value) {
        (Type::Bool, Value::Bool(value)) => Some(value.to_string()),
        (Type::String, Value::Text(text)) => Some(format!("{text:?}")),
        (Type::F32 | Type::F64, Value::Float(value)) => Some(float(ty, *value)),
        (_, Value::Signed(value)) => fits(ty, (*value).into()).then(|| value.to_string()),
        (_, Value::Unsigned(value)) => fits(ty, (*value).into()).then(|| value.to_string()),
        _ => None,
    }
}

fn fits(ty: &Type, value: i128) -> bool {
    let (signed, bits) = match ty {
        Type::I8 => (true, 8),
        Type::I16 => (true, 16),
        Type::I32 => (true, 32),
        Type::I64 => (true, 64),
        Type::U8 => (false, 8),
        Type::U16 => (false, 16),
        Type::U32 => (false, 32),
        Type::U64 => (false, 64),
        _ => return false,
    };
    let (least, most) = if signed { (-(1_i128 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
    (least..=most).contains(&value)
}

#[expect(clippy::cast_possible_truncation, reason = "an f32 was made an f64 to be told")]
fn float(ty: &Type, value: f64) -> String {
    let name = if *ty == Type::F32 { "f32" } else { "f64" };
    match value {
        value if value.is_nan() => format!("{name}::NAN"),
        f64::INFINITY => format!("{name}::INFINITY"),
        f64::NEG_INFINITY => format!("{name}::NEG_INFINITY"),
        value if *ty == Type::F32 => format!("{:?}", value as f32),
        value => format!("{value:?}"),
    }
}

/// What an event holds is called like it.
pub(super) fn event_name(item: &Event, scope: &mut Scope) -> String {
    scope.give(&camel(&item.name), "what an event holds")
}
