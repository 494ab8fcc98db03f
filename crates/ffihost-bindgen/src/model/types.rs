//! The types of a library: what each is, how it is passed, and in which order they can be written down.

use super::docs::Docs;
use super::items::Field;
use super::ownership::Ownership;
use ffihost_schema::{self as schema, Checked, Layout, Type};
use std::collections::{HashMap, HashSet};

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Unit,
    /// A bool, an integer or a float.
    Scalar,
    Text,
    Bytes,
    Option,
    List,
    /// From text.
    Map,
    /// An enum without data.
    Number,
    /// A struct.
    Record,
    /// An enum with data.
    Tagged,
    Handle,
}

/// How a value is passed in the native format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// Not at all.
    Nothing,
    /// By value: scalars, enums without data, handles.
    Value,
    /// By value as a parameter, and as just these bytes as an answer: strings and bytes.
    Text,
    /// By value as a parameter, by pointer as an answer: lists and maps.
    Slice,
    /// By const pointer: structs, enums with data, options.
    Pointer,
}

/// A struct.
pub(crate) struct Record<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) fields: Vec<Field<'a>>,
    /// In C, on the target that the library was built for.
    pub(crate) layout: &'a Layout,
}

/// An enum.
pub(crate) struct Enum<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) variants: Vec<Variant<'a>>,
    /// In C; nothing of an enum without data, which is an `int32_t`.
    pub(crate) layout: Option<&'a Layout>,
}

pub(crate) struct Variant<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) tag: usize,
    pub(crate) payload: Payload<'a>,
}

/// A name for what is just another type.
pub(crate) struct Newtype<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    /// What it holds.
    pub(crate) ty: &'a Type,
}

/// What a variant holds.
pub(crate) enum Payload<'a> {
    Nothing,
    /// One value without a name.
    One(&'a Type),
    Fields(Vec<Field<'a>>),
}

/// Every type that has a name.
pub(crate) struct Types<'a> {
    pub(crate) records: Vec<Record<'a>>,
    pub(crate) enums: Vec<Enum<'a>>,
    /// Each after those that it holds.
    pub(crate) newtypes: Vec<Newtype<'a>>,
    classes: HashMap<&'a str, Class>,
}

/// A type that has a name, apart from handles.
#[derive(Clone, Copy)]
pub(crate) enum Named<'m> {
    Record(&'m Record<'m>),
    Enum(&'m Enum<'m>),
}

impl<'a> Types<'a> {
    pub(super) fn new(library: &'a Checked) -> Self {
        let record = |item: &'a schema::Struct| Record {
            name: &item.name,
            docs: Docs::of(&item.docs),
            fields: Field::all(&item.fields),
            layout: &item.layout,
        };
        let records: Vec<_> = library.structs.iter().map(record).collect();
        let enums: Vec<_> = library.enums.iter().map(Enum::new).collect();
        let newtype =
            |item: &'a schema::Newtype| Newtype { name: &item.name, docs: Docs::of(&item.docs), ty: &item.ty };
        let mut newtypes: Vec<_> = library.newtypes.iter().map(newtype).collect();
        newtypes.sort_by_key(|item| depth(item.ty));
        let mut classes: HashMap<_, _> = records.iter().map(|item| (item.name, Class::Record)).collect();
        classes.extend(enums.iter().map(|item| (item.name, item.class())));
        Self { records, enums, newtypes, classes }
    }

    /// What a type of the library is.
    pub(crate) fn class(&self, ty: &Type) -> Class {
        match ty {
            Type::Unit => Class::Unit,
            Type::String => Class::Text,
            Type::Bytes => Class::Bytes,
            Type::Option(_) => Class::Option,
            Type::List(_) => Class::List,
            Type::Map(_) => Class::Map,
            Type::Handle(_) => Class::Handle,
            Type::As(_, inner) => self.class(inner),
            Type::Named(name) => *self.classes.get(name.as_str()).expect("a checked library defines what it uses"),
            _ => Class::Scalar,
        }
    }

    pub(crate) fn passing(&self, ty: &Type) -> Passing {
        match self.class(ty) {
            Class::Unit => Passing::Nothing,
            Class::Scalar | Class::Number | Class::Handle => Passing::Value,
            Class::Text | Class::Bytes => Passing::Text,
            Class::List | Class::Map => Passing::Slice,
            Class::Option | Class::Record | Class::Tagged => Passing::Pointer,
        }
    }

    pub(crate) fn ownership(&self, ty: &Type) -> Ownership {
        Ownership::of(self.class(ty))
    }

    /// Whether there is a value of it that nobody has to choose. What a struct contains by value does not lead back to it.
    pub(crate) fn has_default(&self, ty: &Type) -> bool {
        match (self.class(ty), ty.plain()) {
            (Class::Record, Type::Named(name)) => {
                let record = self.records.iter().find(|record| record.name == name);
                record.is_some_and(|record| record.fields.iter().all(|field| self.has_default(field.ty)))
            }
            (class, _) => !matches!(class, Class::Handle | Class::Number | Class::Tagged),
        }
    }

    /// Structs and enums, each after what it contains; after what it only has lists and maps of too, if that can be.
    pub(crate) fn in_order(&self) -> Vec<Named<'_>> {
        let is_number = |item: &&Enum<'_>| item.layout.is_none();
        let numbers = self.enums.iter().filter(is_number).map(Named::Enum);
        let tagged = self.enums.iter().filter(|item| !is_number(item)).map(Named::Enum);
        let all: Vec<_> = numbers.chain(self.records.iter().map(Named::Record)).chain(tagged).collect();
        let places = all.iter().enumerate().map(|(at, item)| (item.name(), at)).collect();
        let mut order = Order { all: &all, places, met: HashSet::new(), done: Vec::new() };
        (0..all.len()).for_each(|at| order.visit(at));
        order.done.into_iter().map(|at| all[at]).collect()
    }
}

impl<'a> Enum<'a> {
    fn new(item: &'a schema::Enum) -> Self {
        let variant = |(tag, variant): (usize, &'a schema::Variant)| Variant {
            name: &variant.name,
            docs: Docs::of(&variant.docs),
            tag,
            payload: match &variant.payload {
                schema::Payload::Unit => Payload::Nothing,
                schema::Payload::One(ty) => Payload::One(ty),
                schema::Payload::Fields(fields) => Payload::Fields(Field::all(fields)),
            },
        };
        Self {
            name: &item.name,
            docs: Docs::of(&item.docs),
            variants: item.variants.iter().enumerate().map(variant).collect(),
            layout: item.layout.as_ref(),
        }
    }

    fn class(&self) -> Class {
        if self.layout.is_none() { Class::Number } else { Class::Tagged }
    }
}

impl<'a> Payload<'a> {
    /// The types of what a variant holds.
    pub(crate) fn types(&self) -> Vec<&'a Type> {
        match self {
            Self::Nothing => Vec::new(),
            Self::One(ty) => vec![ty],
            Self::Fields(fields) => fields.iter().map(|field| field.ty).collect(),
        }
    }
}

impl<'m> Named<'m> {
    pub(crate) fn name(self) -> &'m str {
        match self {
            Self::Record(record) => record.name,
            Self::Enum(item) => item.name,
        }
    }

    /// The variants of an enum.
    pub(crate) fn variants(self) -> &'m [Variant<'m>] {
        match self {
            Self::Record(_) => &[],
            Self::Enum(item) => &item.variants,
        }
    }

    /// Whether it is an enum without data.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Enum(item) if item.layout.is_none())
    }

    /// The types that it is made of.
    fn parts(self) -> Vec<&'m Type> {
        match self {
            Self::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
            Self::Enum(item) => item.variants.iter().flat_map(|variant| variant.payload.types()).collect(),
        }
    }
}

/// How many types are put into each other. A newtype is deeper than what it holds.
fn depth(ty: &Type) -> usize {
    match ty {
        Type::Option(inner) | Type::List(inner) | Type::Map(inner) | Type::As(_, inner) => 1 + depth(inner),
        _ => 0,
    }
}

/// A walk through the types, from each to its parts.
struct Order<'o> {
    all: &'o [Named<'o>],
    places: HashMap<&'o str, usize>,
    met: HashSet<usize>,
    done: Vec<usize>,
}

impl Order<'_> {
    fn visit(&mut self, at: usize) {
        if !self.met.insert(at) {
            return;
        }
        // What it contains by value cannot lead back to it, so only lists and maps are cut short here.
        for by_value in [true, false] {
            for ty in self.all[at].parts() {
                self.visit_type(ty, by_value);
            }
        }
        self.done.push(at);
    }

    fn visit_type(&mut self, ty: &Type, by_value: bool) {
        match ty {
            Type::Named(name) => {
                if let Some(&at) = self.places.get(name.as_str()) {
                    self.visit(at);
                }
            }
            Type::Option(inner) | Type::As(_, inner) => self.visit_type(inner, by_value),
            Type::List(inner) | Type::Map(inner) if !by_value => self.visit_type(inner, by_value),
            _ => {}
        }
    }
}
