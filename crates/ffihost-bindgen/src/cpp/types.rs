//! The types of a library as C++ values, and how they are made from C types and lent to them.

use crate::Error;
use crate::c::{Types, variant_member};
use crate::docs::comment;
use crate::names::{Scope, camel, identifier, shouty};
use ffihost_schema::{Enum, Field, Library, Payload, Struct, Type, Value};
use std::collections::HashMap;

pub(crate) struct Values<'a> {
    library: &'a Library,
    c: &'a Types<'a>,
    structs: HashMap<&'a str, &'a Struct>,
    enums: HashMap<&'a str, &'a Enum>,
}

/// A type definition.
pub(crate) enum Shape {
    /// An enum without data.
    Numbers {
        comment: String,
        name: String,
        variants: Vec<Numbered>,
    },
    Record {
        comment: String,
        name: String,
        fields: Vec<Member>,
    },
    /// An enum with data.
    Variant {
        comment: String,
        name: String,
        variants: Vec<VariantShape>,
        list: String,
    },
}

pub(crate) struct Numbered {
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) value: usize,
}

pub(crate) struct Member {
    pub(crate) comment: String,
    pub(crate) text: String,
}

pub(crate) struct VariantShape {
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) fields: Vec<Member>,
}

/// The conversions of a type.
pub(crate) enum Converted {
    Record {
        c: String,
        cpp: String,
        fields: Vec<ConvertedField>,
    },
    Variant {
        c: String,
        cpp: String,
        variants: Vec<ConvertedVariant>,
    },
    /// The arguments of a host function or an event, which are only taken.
    Arguments {
        c: String,
        cpp: String,
        fields: Vec<ConvertedField>,
    },
}

pub(crate) struct ConvertedField {
    pub(crate) name: String,
    pub(crate) cpp: String,
}

pub(crate) struct ConvertedVariant {
    pub(crate) tag: usize,
    pub(crate) name: String,
    /// Where its values are, in C and in C++.
    pub(crate) fields: Vec<VariantField>,
}

pub(crate) struct VariantField {
    pub(crate) c: String,
    pub(crate) name: String,
    pub(crate) cpp: String,
}

/// How a declared error is described.
pub(crate) struct Described {
    pub(crate) cpp: String,
    pub(crate) name: String,
    /// Of an enum: the expression of a variant's number, and the variants.
    pub(crate) variants: Vec<String>,
    pub(crate) number: &'static str,
}

pub(crate) struct Constant {
    pub(crate) comment: String,
    pub(crate) text: String,
}

pub(crate) struct HandleClass {
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) release: String,
    pub(crate) class: super::functions::Class,
}

impl<'a> Values<'a> {
    pub(crate) fn new(library: &'a Library, c: &'a Types<'a>) -> Self {
        let structs = library.structs.iter().map(|item| (item.name.as_str(), item)).collect();
        let enums = library.enums.iter().map(|item| (item.name.as_str(), item)).collect();
        Self { library, c, structs, enums }
    }

    /// The namespace, from anywhere.
    pub(crate) fn namespace(&self) -> String {
        format!("::{}", identifier(&self.library.name))
    }

    /// A type of the library's own, from anywhere.
    fn own(&self, name: &str) -> String {
        format!("{}::{}", self.namespace(), identifier(name))
    }

    /// A type; one of the library's own without its namespace.
    pub(crate) fn name(&self, ty: &Type) -> String {
        self.spelled(ty, "")
    }

    /// A type, as it can be written in any namespace and class.
    pub(crate) fn qualified(&self, ty: &Type) -> String {
        self.spelled(ty, &format!("{}::", self.namespace()))
    }

    fn spelled(&self, ty: &Type, prefix: &str) -> String {
        let name = match ty {
            Type::Unit => "void",
            Type::Bool => "bool",
            Type::I8 => "std::int8_t",
            Type::I16 => "std::int16_t",
            Type::I32 => "std::int32_t",
            Type::I64 => "std::int64_t",
            Type::U8 => "std::uint8_t",
            Type::U16 => "std::uint16_t",
            Type::U32 => "std::uint32_t",
            Type::U64 => "std::uint64_t",
            Type::F32 => "float",
            Type::F64 => "double",
            Type::String => "std::string",
            Type::Bytes => "std::vector<std::uint8_t>",
            Type::Option(inner) => return format!("std::optional<{}>", self.spelled(inner, prefix)),
            Type::List(inner) => return format!("std::vector<{}>", self.spelled(inner, prefix)),
            Type::Map(inner) => return format!("std::map<std::string, {}>", self.spelled(inner, prefix)),
            Type::Named(name) | Type::Handle(name) => return format!("{prefix}{}", identifier(name)),
        };
        name.to_owned()
    }

    /// A declaration of a parameter of this type, which is only read.
    pub(crate) fn parameter(&self, ty: &Type, name: &str) -> String {
        match ty {
            Type::String => format!("std::string_view {name}"),
            Type::Named(item) if self.is_number(item) => format!("{} {name}", self.name(ty)),
            Type::Bytes | Type::Option(_) | Type::List(_) | Type::Map(_) | Type::Named(_) | Type::Handle(_) => {
                format!("const {} &{name}", self.name(ty))
            }
            _ => format!("{} {name}", self.name(ty)),
        }
    }

    fn is_number(&self, name: &str) -> bool {
        self.enums.get(name).is_some_and(|item| item.layout.is_none())
    }

    /// All type definitions, each after what it contains; after what it only has lists of too, if that can be.
    pub(crate) fn shapes(&self, scope: &mut Scope) -> Result<Vec<Shape>, Error> {
        let mut names: Vec<&str> = Vec::new();
        names.extend(self.library.enums.iter().filter(|item| item.layout.is_none()).map(|item| item.name.as_str()));
        names.extend(self.library.structs.iter().map(|item| item.name.as_str()));
        names.extend(self.library.enums.iter().filter(|item| item.layout.is_some()).map(|item| item.name.as_str()));
        for name in names.iter().copied().chain(self.library.handles.iter().map(|item| item.name.as_str())) {
            scope.claim(&identifier(name), format!("the type `{name}`"))?;
        }
        let (mut order, mut met) = (Vec::new(), HashMap::new());
        for name in names {
            self.visit(name, &mut met, &mut order);
        }
        order.into_iter().map(|name| self.shape(name)).collect()
    }

    fn visit<'n>(&'n self, name: &'n str, met: &mut HashMap<&'n str, ()>, order: &mut Vec<&'n str>) {
        if met.insert(name, ()).is_some() {
            return;
        }
        // What it contains by value cannot lead back to it, so only lists and maps are cut short here.
        for by_value in [true, false] {
            for ty in self.parts(name) {
                self.visit_type(ty, by_value, met, order);
            }
        }
        order.push(name);
    }

    fn visit_type<'n>(
        &'n self,
        ty: &'n Type,
        by_value: bool,
        met: &mut HashMap<&'n str, ()>,
        order: &mut Vec<&'n str>,
    ) {
        match ty {
            Type::Named(name) => self.visit(name, met, order),
            Type::Option(inner) => self.visit_type(inner, by_value, met, order),
            Type::List(inner) | Type::Map(inner) if !by_value => self.visit_type(inner, by_value, met, order),
            _ => {}
        }
    }

    /// The types that a type is made of.
    fn parts(&self, name: &str) -> Vec<&Type> {
        if let Some(item) = self.structs.get(name) {
            return item.fields.iter().map(|field| &field.ty).collect();
        }
        let variants = self.enums.get(name).map_or(&[][..], |item| &item.variants);
        variants
            .iter()
            .flat_map(|variant| match &variant.payload {
                Payload::Unit => Vec::new(),
                Payload::One(ty) => vec![ty],
                Payload::Fields(fields) => fields.iter().map(|field| &field.ty).collect(),
            })
            .collect()
    }

    fn shape(&self, name: &str) -> Result<Shape, Error> {
        if let Some(item) = self.structs.get(name) {
            let fields = item.fields.iter().map(|field| member(4, &field.docs, &self.name(&field.ty), &field.name));
            let (comment, name) = (comment(0, &item.docs), identifier(&item.name));
            return Ok(Shape::Record { comment, name, fields: fields.collect() });
        }
        let Some(item) = self.enums.get(name) else {
            return Err(Error::UnknownType { place: "a type".to_owned(), name: name.to_owned() });
        };
        let (comment, name) = (comment(0, &item.docs), identifier(&item.name));
        if item.layout.is_none() {
            let mut scope = Scope::default();
            let mut variants = Vec::new();
            for (value, variant) in item.variants.iter().enumerate() {
                let name = identifier(&variant.name);
                scope.claim(&name, format!("the variant `{}` of the enum `{}`", variant.name, item.name))?;
                variants.push(Numbered { comment: crate::docs::comment(4, &variant.docs), name, value });
            }
            return Ok(Shape::Numbers { comment, name, variants });
        }
        let names = variant_names(item);
        let variants = item.variants.iter().zip(&names).map(|(variant, name)| VariantShape {
            comment: crate::docs::comment(4, &variant.docs),
            name: name.clone(),
            fields: self.variant_members(&variant.payload),
        });
        let list = format!("    std::variant<{}> value;", names.join(", "));
        Ok(Shape::Variant { comment, name, variants: variants.collect(), list })
    }

    fn variant_members(&self, payload: &Payload) -> Vec<Member> {
        match payload {
            Payload::Unit => Vec::new(),
            Payload::One(ty) => vec![member(8, "", &self.qualified(ty), "value")],
            Payload::Fields(fields) => {
                fields.iter().map(|field| member(8, &field.docs, &self.qualified(&field.ty), &field.name)).collect()
            }
        }
    }

    /// The conversions of everything that is a struct in C and has a name.
    pub(crate) fn converted(&self) -> Vec<Converted> {
        let mut converted = Vec::new();
        for item in &self.library.structs {
            let (c, cpp) = (self.c.own(&item.name), self.own(&item.name));
            converted.push(Converted::Record { c, cpp, fields: self.converted_fields(&item.fields) });
        }
        for item in self.library.enums.iter().filter(|item| item.layout.is_some()) {
            let (c, cpp) = (self.c.own(&item.name), self.own(&item.name));
            let variants = item.variants.iter().zip(variant_names(item)).enumerate().map(|(tag, (variant, name))| {
                let member = variant_member(&variant.name);
                ConvertedVariant { tag, name, fields: self.variant_fields(&variant.payload, &member) }
            });
            converted.push(Converted::Variant { c, cpp, variants: variants.collect() });
        }
        let host_fns = self.library.host_fns.iter().map(|item| (&item.name, &item.params));
        let events = self.library.events.iter().map(|item| (&item.name, &item.params));
        for (name, params) in host_fns.chain(events).filter(|(_, params)| !params.is_empty()) {
            let (c, cpp) = (self.c.args(name), self.arguments(params));
            converted.push(Converted::Arguments { c, cpp, fields: self.converted_fields(params) });
        }
        converted
    }

    /// Parameters as one type.
    pub(crate) fn arguments(&self, params: &[Field]) -> String {
        let types: Vec<_> = params.iter().map(|field| self.qualified(&field.ty)).collect();
        format!("std::tuple<{}>", types.join(", "))
    }

    fn converted_fields(&self, fields: &[Field]) -> Vec<ConvertedField> {
        let converted =
            |field: &Field| ConvertedField { name: identifier(&field.name), cpp: self.qualified(&field.ty) };
        fields.iter().map(converted).collect()
    }

    fn variant_fields(&self, payload: &Payload, member: &str) -> Vec<VariantField> {
        match payload {
            Payload::Unit => Vec::new(),
            Payload::One(ty) => {
                vec![VariantField { c: member.to_owned(), name: "value".to_owned(), cpp: self.qualified(ty) }]
            }
            Payload::Fields(fields) => fields
                .iter()
                .map(|field| {
                    let name = identifier(&field.name);
                    VariantField { c: format!("{member}.{name}"), name, cpp: self.qualified(&field.ty) }
                })
                .collect(),
        }
    }

    /// The types of the library's own that are declared errors.
    pub(crate) fn described(&self) -> Vec<Described> {
        let requests = self.library.requests.iter().map(|item| item.error.as_ref());
        let host_fns = self.library.host_fns.iter().map(|item| item.error.as_ref());
        let all = requests.chain(host_fns).chain([self.library.constructor.error.as_ref()]).flatten();
        let mut names: Vec<&str> =
            all.filter_map(|ty| if let Type::Named(name) = ty { Some(name.as_str()) } else { None }).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| self.describe(name)).collect()
    }

    fn describe(&self, name: &str) -> Described {
        let item = self.enums.get(name);
        let variants =
            item.map_or_else(Vec::new, |item| item.variants.iter().map(|variant| variant.name.clone()).collect());
        let has_data = item.is_some_and(|item| item.layout.is_some());
        let number = if has_data { "error.value.index()" } else { "static_cast<std::size_t>(error)" };
        Described { cpp: self.own(name), name: name.to_owned(), variants, number }
    }

    pub(crate) fn constants(&self) -> Vec<Constant> {
        let upper = shouty(&self.library.name);
        let constant = |item: &ffihost_schema::Constant| {
            let (of_c, name) = (format!("{upper}_{}", shouty(&item.name)), camel(&item.name.to_lowercase()));
            let text = match &item.ty {
                Type::String => format!("std::string_view k{name}{{{of_c}, sizeof {of_c} - 1}}"),
                ty => format!("{} k{name} = {}", self.name(ty), special(ty, &item.value).unwrap_or(of_c)),
            };
            Constant { comment: comment(0, &item.docs), text }
        };
        self.library.constants.iter().map(constant).collect()
    }
}

/// What C only has as a macro with a cast.
fn special(ty: &Type, value: &Value) -> Option<String> {
    let Value::Float(value) = value else { return None };
    let limits = format!("std::numeric_limits<{}>", if *ty == Type::F32 { "float" } else { "double" });
    match *value {
        value if value.is_nan() => Some(format!("{limits}::quiet_NaN()")),
        f64::INFINITY => Some(format!("{limits}::infinity()")),
        f64::NEG_INFINITY => Some(format!("-{limits}::infinity()")),
        _ => None,
    }
}

/// What the variants of an enum with data are called: none as the enum itself, which would be its constructor.
fn variant_names(item: &Enum) -> Vec<String> {
    let mut scope = Scope::default();
    scope.reserve(&[&identifier(&item.name), "value"]);
    item.variants.iter().map(|variant| scope.give(&identifier(&variant.name), "a variant")).collect()
}

fn member(indent: usize, docs: &str, ty: &str, name: &str) -> Member {
    Member { comment: comment(indent, docs), text: format!("{}{ty} {}", " ".repeat(indent), identifier(name)) }
}
