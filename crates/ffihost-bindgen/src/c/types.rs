//! The types of a library in C: what they are called, how they are passed, and which have to be defined before which.

use crate::Error;
use crate::docs::{comment, paragraphs};
use crate::names::{self, Scope, camel, identifier, shouty, snake};
use ffihost_schema::{Enum, Field, Library, Payload, Struct, Type};
use std::collections::{HashMap, HashSet};

/// How a value of a type is passed as a parameter and as an answer.
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

/// The names of the C types of a library.
pub(crate) struct Types<'a> {
    prefix: String,
    structs: HashMap<&'a str, &'a Struct>,
    enums: HashMap<&'a str, &'a Enum>,
    handles: HashSet<&'a str>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(library: &'a Library) -> Self {
        Self {
            prefix: camel(&library.name),
            structs: library.structs.iter().map(|item| (item.name.as_str(), item)).collect(),
            enums: library.enums.iter().map(|item| (item.name.as_str(), item)).collect(),
            handles: library.handles.iter().map(|item| item.name.as_str()).collect(),
        }
    }

    /// A type of the library's own.
    pub(crate) fn own(&self, name: &str) -> String {
        format!("{}{}", self.prefix, camel(name))
    }

    /// What the parameters of a host function or an event are as one struct.
    pub(crate) fn args(&self, item: &str) -> String {
        format!("{}{}", self.prefix, names::args(item))
    }

    pub(crate) fn name(&self, ty: &Type) -> String {
        let name = match ty {
            Type::Unit => "void",
            Type::Bool => "bool",
            Type::I8 => "int8_t",
            Type::I16 => "int16_t",
            Type::I32 => "int32_t",
            Type::I64 => "int64_t",
            Type::U8 => "uint8_t",
            Type::U16 => "uint16_t",
            Type::U32 => "uint32_t",
            Type::U64 => "uint64_t",
            Type::F32 => "float",
            Type::F64 => "double",
            Type::String => "FFIString",
            Type::Bytes => "FFIBytes",
            Type::Option(_) | Type::List(_) | Type::Map(_) | Type::Named(_) | Type::Handle(_) => {
                return format!("{}{}", self.prefix, stem(ty));
            }
        };
        name.to_owned()
    }

    pub(crate) fn passing(&self, ty: &Type) -> Passing {
        match ty {
            Type::Unit => Passing::Nothing,
            Type::String | Type::Bytes => Passing::Text,
            Type::List(_) | Type::Map(_) => Passing::Slice,
            Type::Option(_) => Passing::Pointer,
            Type::Named(name) if self.is_number(name) => Passing::Value,
            Type::Named(_) => Passing::Pointer,
            _ => Passing::Value,
        }
    }

    /// A declaration of a parameter of this type.
    pub(crate) fn parameter(&self, ty: &Type, name: &str) -> String {
        match self.passing(ty) {
            Passing::Pointer => format!("const {} *{name}", self.name(ty)),
            _ => format!("{} {name}", self.name(ty)),
        }
    }

    /// Whether that is an enum without data.
    fn is_number(&self, name: &str) -> bool {
        self.enums.get(name).is_some_and(|item| item.layout.is_none())
    }

    /// Checks that a type can be where it is.
    pub(crate) fn check(&self, ty: &Type, place: &str) -> Result<(), Error> {
        let unknown = |name: &str| Error::UnknownType { place: place.to_owned(), name: name.to_owned() };
        match ty {
            Type::Unit => Err(Error::Unit { place: place.to_owned() }),
            Type::Option(inner) | Type::List(inner) | Type::Map(inner) => self.check(inner, place),
            Type::Named(name) if !self.structs.contains_key(&**name) && !self.enums.contains_key(&**name) => {
                Err(unknown(name))
            }
            Type::Handle(name) if !self.handles.contains(&**name) => Err(unknown(name)),
            _ => Ok(()),
        }
    }

    fn is_struct_by_value(&self, ty: &Type) -> bool {
        matches!(self.passing(ty), Passing::Pointer | Passing::Slice)
    }
}

/// What a type adds to the names of those put together from it. An option of something that is put together itself is named
/// from the inside out, so that a list of options and an option of a list differ.
fn stem(ty: &Type) -> String {
    let name = match ty {
        Type::Unit => "Unit",
        Type::Bool => "Bool",
        Type::I8 => "I8",
        Type::I16 => "I16",
        Type::I32 => "I32",
        Type::I64 => "I64",
        Type::U8 => "U8",
        Type::U16 => "U16",
        Type::U32 => "U32",
        Type::U64 => "U64",
        Type::F32 => "F32",
        Type::F64 => "F64",
        Type::String => "String",
        Type::Bytes => "Bytes",
        Type::Named(name) | Type::Handle(name) => return camel(name),
        Type::Option(inner) if matches!(**inner, Type::Option(_) | Type::List(_) | Type::Map(_)) => {
            return format!("{}Optional", stem(inner));
        }
        Type::Option(inner) => return format!("Optional{}", stem(inner)),
        Type::List(inner) => return format!("{}List", stem(inner)),
        Type::Map(inner) => return format!("{}Map", stem(inner)),
    };
    name.to_owned()
}

/// A type as Rust writes it, for comments and errors.
fn in_rust(ty: &Type) -> String {
    match ty {
        Type::Option(inner) => format!("Option<{}>", in_rust(inner)),
        Type::List(inner) => format!("Vec<{}>", in_rust(inner)),
        Type::Map(inner) => format!("HashMap<String, {}>", in_rust(inner)),
        Type::Handle(name) => format!("Handle<{name}>"),
        Type::Bytes => "Vec<u8>".to_owned(),
        Type::Bool | Type::F32 | Type::F64 => format!("{ty:?}").to_lowercase(),
        Type::String => "String".to_owned(),
        Type::Named(name) => name.clone(),
        Type::Unit => "()".to_owned(),
        integer => format!("{integer:?}").to_lowercase(),
    }
}

/// A number with a name of its own: an enum without data, or a handle.
pub(crate) struct Number {
    pub(crate) comment: String,
    pub(crate) underlying: &'static str,
    pub(crate) name: String,
}

/// The variants of an enum: the values of an enum without data, the tags of one with data.
pub(crate) struct Variants {
    pub(crate) owner: String,
    /// The enum itself, if it has no data.
    pub(crate) number: Option<Number>,
    pub(crate) items: Vec<VariantValue>,
}

pub(crate) struct VariantValue {
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) value: usize,
}

/// A struct of C, whatever it is in Rust.
pub(crate) struct Definition {
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) members: Vec<Member>,
    /// The sizes and offsets that the library has.
    pub(crate) layout: Option<Asserted>,
    /// What has to be defined before it.
    needs: Vec<String>,
    /// For errors.
    what: String,
}

pub(crate) struct Member {
    pub(crate) comment: String,
    pub(crate) text: String,
}

pub(crate) struct Asserted {
    pub(crate) size: u64,
    pub(crate) offsets: Vec<(String, u64)>,
}

/// All type definitions of a header, in the order in which they have to be written.
pub(crate) struct Definitions {
    pub(crate) numbers: Vec<Number>,
    pub(crate) variants: Vec<Variants>,
    /// In an order that forward declarations make the best of: that of discovery.
    pub(crate) declared: Vec<String>,
    pub(crate) structs: Vec<Definition>,
}

/// Finds every type that the library uses, and orders them.
pub(crate) fn define(library: &Library, types: &Types<'_>, scope: &mut Scope) -> Result<Definitions, Error> {
    let mut finder = Finder { types, scope, found: HashSet::new(), structs: Vec::new() };
    let (mut numbers, mut variants) = (Vec::new(), Vec::new());
    for item in &library.enums {
        finder.scope.claim(&types.own(&item.name), format!("the enum `{}`", item.name))?;
        variants.push(finder.variants(&library.name, item)?);
    }
    for item in &library.handles {
        let name = types.own(&item.name);
        finder.scope.claim(&name, format!("the handle `{}`", item.name))?;
        let text = format!(
            "A live object of the library's; 0 is none. Yours until {}_{}, or the end of its context.",
            library.name,
            names::release(&item.name)
        );
        numbers.push(Number { comment: comment(0, &paragraphs(&[&item.docs, &text])), underlying: "uint64_t", name });
    }
    for item in &library.structs {
        finder.structure(item)?;
    }
    for item in library.enums.iter().filter(|item| item.layout.is_some()) {
        finder.tagged(library, item)?;
    }
    finder.surface(library)?;
    let declared = finder.structs.iter().map(|item| item.name.clone()).collect();
    Ok(Definitions { numbers, variants, declared, structs: in_order(finder.structs)? })
}

struct Finder<'f, 'l> {
    types: &'f Types<'l>,
    scope: &'f mut Scope,
    /// What is put together from other types, and was met already.
    found: HashSet<String>,
    structs: Vec<Definition>,
}

impl Finder<'_, '_> {
    /// What requests, host functions and events use.
    fn surface(&mut self, library: &Library) -> Result<(), Error> {
        self.fields(&library.constructor.params, "the constructor's parameter")?;
        self.result(library.constructor.error.as_ref(), "the constructor's error")?;
        for item in &library.requests {
            let place = format!("the request `{}`", item.name);
            self.fields(&item.params, &format!("{place}'s parameter"))?;
            self.result(Some(&item.result), &format!("{place}'s result"))?;
            self.result(item.error.as_ref(), &format!("{place}'s error"))?;
        }
        for item in &library.host_fns {
            let place = format!("the host function `{}`", item.name);
            self.arguments(&item.name, &item.params, &item.layout.offsets, item.layout.size, &place)?;
            self.result(Some(&item.result), &format!("{place}'s result"))?;
            self.result(item.error.as_ref(), &format!("{place}'s error"))?;
        }
        for item in &library.events {
            let place = format!("the event `{}`", item.name);
            self.arguments(&item.name, &item.params, &item.layout.offsets, item.layout.size, &place)?;
        }
        Ok(())
    }

    fn fields(&mut self, fields: &[Field], place: &str) -> Result<(), Error> {
        fields.iter().try_for_each(|field| self.uses(&field.ty, &format!("{place} `{}`", field.name)))
    }

    fn result(&mut self, ty: Option<&Type>, place: &str) -> Result<(), Error> {
        match ty {
            None | Some(Type::Unit) => Ok(()),
            Some(ty) => self.uses(ty, place),
        }
    }

    /// Defines what a type is put together from, once.
    fn uses(&mut self, ty: &Type, place: &str) -> Result<(), Error> {
        self.types.check(ty, place)?;
        let (Type::Option(inner) | Type::List(inner) | Type::Map(inner)) = ty else { return Ok(()) };
        self.uses(inner, place)?;
        if !self.found.insert(in_rust(ty)) {
            return Ok(());
        }
        let (name, of) = (self.types.name(ty), self.types.name(inner));
        let value = Member { comment: String::new(), text: format!("{of} value") };
        let count = Member { comment: String::new(), text: "size_t len".to_owned() };
        let rust = in_rust(ty);
        let what = format!("the type `{rust}`");
        match ty {
            Type::Option(_) => {
                let present = Member { comment: String::new(), text: "bool present".to_owned() };
                let docs = format!("{rust}: `value` means something only if `present`.");
                self.push(name, what, &docs, vec![present, value], self.needs(inner))
            }
            Type::List(_) => {
                let data = Member { comment: String::new(), text: format!("const {of} *data") };
                let docs = format!("{rust}; `data` may be NULL if `len` is 0.");
                self.push(name, what, &docs, vec![data, count], Vec::new())
            }
            _ => {
                let entry = format!("{}Entry", name.strip_suffix("Map").unwrap_or(&name));
                let key = Member { comment: String::new(), text: "FFIString key".to_owned() };
                let docs = format!("One entry of a {rust}.");
                let whose = format!("an entry of the type `{rust}`");
                self.push(entry.clone(), whose, &docs, vec![key, value], self.needs(inner))?;
                let data = Member { comment: String::new(), text: format!("const {entry} *data") };
                let docs = format!("{rust}, in any order; `data` may be NULL if `len` is 0.");
                self.push(name, what, &docs, vec![data, count], Vec::new())
            }
        }
    }

    fn needs(&self, ty: &Type) -> Vec<String> {
        if self.types.is_struct_by_value(ty) { vec![self.types.name(ty)] } else { Vec::new() }
    }

    fn push(
        &mut self,
        name: String,
        what: String,
        docs: &str,
        members: Vec<Member>,
        needs: Vec<String>,
    ) -> Result<(), Error> {
        self.scope.claim(&name, what.clone())?;
        self.structs.push(Definition { comment: comment(0, docs), name, members, layout: None, needs, what });
        Ok(())
    }

    fn structure(&mut self, item: &Struct) -> Result<(), Error> {
        let place = format!("the struct `{}`", item.name);
        if item.fields.is_empty() {
            return Err(Error::Empty { place });
        }
        let name = self.types.own(&item.name);
        self.record(&name, &place, &item.docs, &item.fields)?;
        self.assert_last(&item.fields, &item.layout.offsets, item.layout.size);
        Ok(())
    }

    fn arguments(
        &mut self,
        item: &str,
        params: &[Field],
        offsets: &[u64],
        size: u64,
        place: &str,
    ) -> Result<(), Error> {
        if params.is_empty() {
            return Ok(());
        }
        let what = format!("the arguments of {place}");
        self.record(
            &self.types.args(item),
            &what,
            &format!("The arguments of {}.", place.trim_start_matches("the ")),
            params,
        )?;
        self.assert_last(params, offsets, size);
        Ok(())
    }

    /// A struct with named fields. What its fields are put together from is found first, so it comes last.
    fn record(&mut self, name: &str, place: &str, docs: &str, fields: &[Field]) -> Result<(), Error> {
        self.fields(fields, &format!("{place}'s field"))?;
        let mut own = Scope::default();
        let (mut members, mut needs) = (Vec::new(), Vec::new());
        for field in fields {
            let name = identifier(&field.name);
            own.claim(&name, format!("the field `{}` of {place}", field.name))?;
            members.push(self.member(4, &field.docs, &field.ty, &name));
            needs.extend(self.needs(&field.ty));
        }
        self.push(name.to_owned(), place.to_owned(), docs, members, needs)
    }

    fn member(&self, indent: usize, docs: &str, ty: &Type, name: &str) -> Member {
        Member { comment: comment(indent, docs), text: format!("{} {name}", self.types.name(ty)) }
    }

    fn assert_last(&mut self, fields: &[Field], offsets: &[u64], size: u64) {
        if let Some(last) = self.structs.last_mut() {
            let names = fields.iter().map(|field| identifier(&field.name));
            last.layout = Some(Asserted { size, offsets: names.zip(offsets.iter().copied()).collect() });
        }
    }

    /// An enum with data: its tag and a union of what the variants hold.
    fn tagged(&mut self, library: &Library, item: &Enum) -> Result<(), Error> {
        let place = format!("the enum `{}`", item.name);
        let (mut union, mut needs, mut own) = (String::from("union {"), Vec::new(), Scope::default());
        for variant in &item.variants {
            let whose = format!("{place}'s variant `{}`", variant.name);
            let name = variant_member(&variant.name);
            let value = variant_value(&library.name, &item.name, &variant.name);
            match &variant.payload {
                Payload::One(ty) => {
                    self.uses(ty, &whose)?;
                    own.claim(&name, &*whose)?;
                    let member = self.member(8, "", ty, &name);
                    union.push_str(&format!("{}\n        {};", comment(8, &format!("of {value}")), member.text));
                    needs.extend(self.needs(ty));
                }
                Payload::Fields(fields) if !fields.is_empty() => {
                    self.fields(fields, &format!("{whose}'s field"))?;
                    own.claim(&name, &*whose)?;
                    union.push_str(&format!("{}\n        struct {{", comment(8, &format!("of {value}"))));
                    let mut inner = Scope::default();
                    for field in fields {
                        let name = identifier(&field.name);
                        inner.claim(&name, format!("the field `{}` of {whose}", field.name))?;
                        let member = self.member(12, &field.docs, &field.ty, &name);
                        union.push_str(&format!("{}\n            {};", member.comment, member.text));
                        needs.extend(self.needs(&field.ty));
                    }
                    union.push_str(&format!("\n        }} {name};"));
                }
                Payload::Unit | Payload::Fields(_) => {}
            }
        }
        union.push_str("\n    } payload");
        let tag = Member {
            comment: comment(4, "which variant it is, and so what is in the payload"),
            text: "int32_t tag".to_owned(),
        };
        let payload = Member { comment: String::new(), text: union };
        // Its name was claimed with those of all enums.
        let layout = item.layout.as_ref().map(|layout| Asserted {
            size: layout.size,
            offsets: layout.offsets.iter().map(|offset| ("payload".to_owned(), *offset)).collect(),
        });
        let name = self.types.own(&item.name);
        let comment = comment(0, &item.docs);
        self.structs.push(Definition { comment, name, members: vec![tag, payload], layout, needs, what: place });
        Ok(())
    }

    fn variants(&mut self, library: &str, item: &Enum) -> Result<Variants, Error> {
        let mut items = Vec::new();
        for (value, variant) in item.variants.iter().enumerate() {
            let name = variant_value(library, &item.name, &variant.name);
            self.scope.claim(&name, format!("the variant `{}` of the enum `{}`", variant.name, item.name))?;
            items.push(VariantValue { comment: comment(4, &variant.docs), name, value });
        }
        let owner = self.types.own(&item.name);
        let number = item.layout.is_none().then(|| Number {
            comment: comment(0, &item.docs),
            underlying: "int32_t",
            name: owner.clone(),
        });
        Ok(Variants { owner, number, items })
    }
}

/// The constant of a variant.
fn variant_value(library: &str, item: &str, variant: &str) -> String {
    format!("{}_{}_{}", shouty(library), shouty(item), shouty(variant))
}

/// The union's member of a variant.
pub(crate) fn variant_member(variant: &str) -> String {
    identifier(&snake(variant))
}

/// Each after what it contains.
fn in_order(structs: Vec<Definition>) -> Result<Vec<Definition>, Error> {
    let places: HashMap<String, usize> = structs.iter().enumerate().map(|(at, item)| (item.name.clone(), at)).collect();
    let mut order = Vec::with_capacity(structs.len());
    let mut marks = vec![Mark::New; structs.len()];
    for at in 0..structs.len() {
        visit(at, &structs, &places, &mut marks, &mut order)?;
    }
    let mut structs: Vec<_> = structs.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| structs[at].take()).collect())
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

fn visit(
    at: usize,
    structs: &[Definition],
    places: &HashMap<String, usize>,
    marks: &mut [Mark],
    order: &mut Vec<usize>,
) -> Result<(), Error> {
    match marks[at] {
        Mark::Done => return Ok(()),
        Mark::Open => return Err(Error::Endless { place: structs[at].what.clone() }),
        Mark::New => marks[at] = Mark::Open,
    }
    for need in &structs[at].needs {
        if let Some(&needed) = places.get(need) {
            visit(needed, structs, places, marks, order)?;
        }
    }
    marks[at] = Mark::Done;
    order.push(at);
    Ok(())
}
