//! The C header: how types, names and sentences are spelled in C. What is written with them is in `c/templates`, a file for
//! each construct; `ffihost.h` there, which the header includes, is ffihost's own, word for word.

mod direct;
mod names;
mod sentences;
mod standard;
mod words;

pub(crate) use self::words::{CALLED, RULES};

use self::standard::Symbol;
use crate::backend::Backend;
use crate::model::Model;
use crate::model::contract::Lifetime;
use crate::model::definitions::{Defined, Definitions};
use crate::model::docs::Docs;
use crate::model::items::{Constant, Constructor, Field, Outcome, Owner, Request};
use crate::model::names::{Helpers, Rules, args, camel, shouty, snake};
use crate::model::types::{Class, Passing, Payload};
use crate::write::comment::table;
use crate::write::layout::{Style, lists};
use crate::write::text::fold;
use crate::write::{filters, literal};
use crate::{Error, File};
use askama::Template;
use ffihost_schema::{Checked, Logic, Status, Type, Value};
use std::borrow::Cow;

/// The header, from its main template.
#[derive(Template)]
#[template(path = "c/templates/header.h", escape = "none")]
struct Header<'m> {
    model: &'m Model<'m>,
    library: &'m Checked,
    constructor: &'m Constructor<'m>,
    definitions: Definitions<'m>,
    /// What every library exports.
    standard: Vec<Symbol>,
    c: C<'m>,
}

impl Header<'_> {
    /// Whether a constant is a macro of `<math.h>`.
    fn needs_math(&self) -> bool {
        self.model.constants.iter().any(|item| matches!(item.value, Value::Float(value) if !value.is_finite()))
    }
}

/// `<lib>.h`.
pub(crate) struct Bindings;

impl Backend for Bindings {
    fn flags(&self) -> &'static [&'static str] {
        &["c"]
    }

    fn rules(&self) -> Rules {
        RULES
    }

    fn files(&self, model: &Model<'_>) -> Result<Vec<File>, Error> {
        let definitions = Definitions::new(model)?;
        let c = C::new(model, &definitions)?;
        let standard = standard::symbols(model.library, &c.upper);
        let header =
            Header { model, library: model.library, constructor: &model.constructor, definitions, standard, c };
        let own = File { path: format!("{}.h", model.library.name), contents: render(&header)? };
        Ok(vec![own, File { path: "ffihost.h".to_owned(), contents: include_str!("c/templates/ffihost.h").to_owned() }])
    }

    fn helpers(&self, model: &Model<'_>) -> Result<Helpers, Error> {
        Ok(C::new(model, &Definitions::new(model)?)?.helpers)
    }
}

/// A template, filled: lists laid out, no trailing spaces, no line that is too long, one newline at the end.
pub(crate) fn render(template: &impl Template) -> Result<String, Error> {
    let text = lists(template.render()?.trim(), Style::Packed);
    let mut contents = String::with_capacity(text.len());
    text.lines().for_each(|line| fold(line.trim_end(), &mut contents));
    Ok(contents)
}

/// How a callback's payload is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Nothing,
    /// A pointer to it is returned.
    Pointer,
    /// It is copied out.
    Value,
    String,
    Bytes,
}

/// A parameter of a C function.
struct Parameter<'m> {
    name: String,
    declared: String,
    docs: Cow<'m, Docs>,
}

/// How a library is spelled in C.
pub(crate) struct C<'m> {
    model: &'m Model<'m>,
    /// What its types start with: `MyApp`.
    prefix: String,
    /// What its constants start with: `MY_APP`.
    pub(crate) upper: String,
    /// What only the header has, by its role and the item that it belongs to.
    helpers: Helpers,
}

impl C<'_> {
    /// What a helper is called.
    pub(crate) fn helper(&self, role: &str, item: &str) -> &str {
        self.helpers.get(role, item)
    }

    /// A type of the library's own.
    pub(crate) fn own(&self, name: &str) -> String {
        format!("{}{}", self.prefix, camel(name))
    }

    /// What the parameters of a host function or an event are as one struct.
    pub(crate) fn args(&self, item: &str) -> String {
        format!("{}{}", self.prefix, args(item))
    }

    fn fn_type(&self, host_fn: &str) -> String {
        self.own(&format!("{host_fn}_fn"))
    }

    pub(crate) fn constant(&self, item: &Constant<'_>) -> String {
        format!("{}_{}", self.upper, shouty(item.name))
    }

    /// The constant of a variant.
    fn variant(&self, item: &str, variant: &str) -> String {
        format!("{}_{}_{}", self.upper, shouty(item), shouty(variant))
    }

    fn entry(&self, map: &Type) -> String {
        let name = self.name(map);
        format!("{}Entry", name.strip_suffix("Map").unwrap_or(&name))
    }

    fn defined(&self, item: &Defined<'_>) -> String {
        match item {
            Defined::Option(ty, _) | Defined::List(ty, _) | Defined::Map(ty) => self.name(ty),
            Defined::Entry(map, _) => self.entry(map),
            Defined::Record(record) => self.own(record.name),
            Defined::Tagged(item) => self.own(item.name),
            Defined::Arguments(item) => self.args(item.name),
        }
    }

    /// The size that it has in the library, and the offsets of its members.
    fn layout(&self, item: &Defined<'_>) -> Option<(u64, Vec<(String, u64)>)> {
        let fields = |fields: &[Field<'_>]| fields.iter().map(|field| RULES.identifier(field.name)).collect();
        let (layout, names): (_, Vec<_>) = match item {
            Defined::Record(record) => (record.layout, fields(&record.fields)),
            Defined::Arguments(item) => (item.layout, fields(item.fields)),
            Defined::Tagged(item) => (item.layout?, vec!["payload".to_owned()]),
            _ => return None,
        };
        Some((layout.size, names.into_iter().zip(layout.offsets.iter().copied()).collect()))
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
            _ => return format!("{}{}", self.prefix, stem(ty)),
        };
        name.to_owned()
    }

    /// Whether a type is one that the header defines.
    pub(crate) fn is_own(&self, ty: &Type) -> bool {
        let is_plain = matches!(self.model.types.class(ty), Class::Unit | Class::Scalar | Class::Text | Class::Bytes);
        !is_plain || matches!(ty, Type::As(..))
    }

    /// A declaration of a parameter of this type.
    fn parameter(&self, ty: &Type, name: &str) -> String {
        match self.model.types.passing(ty) {
            Passing::Pointer => format!("const {} *{name}", self.name(ty)),
            _ => format!("{} {name}", self.name(ty)),
        }
    }

    /// How a payload is read.
    fn reading(&self, outcome: &Outcome<'_>) -> Reading {
        match (self.model.types.passing(outcome.ty), outcome.ty.plain()) {
            (Passing::Nothing, _) => Reading::Nothing,
            (Passing::Text, Type::Bytes) => Reading::Bytes,
            (Passing::Text, _) => Reading::String,
            (Passing::Value, _) => Reading::Value,
            (Passing::Slice | Passing::Pointer, _) => Reading::Pointer,
        }
    }
}

/// What depends on no library.
impl C<'_> {
    fn identifier(name: &str) -> String {
        RULES.identifier(name)
    }

    /// The member of a group's registration that is one of its functions.
    fn function(method: &str) -> String {
        format!("functions.{}", RULES.identifier(method))
    }

    /// The union's member of a variant.
    pub(crate) fn variant_member(variant: &str) -> String {
        RULES.identifier(&snake(variant))
    }

    /// What the library calls a field or a variant that has another name here.
    pub(crate) fn note(name: &str) -> String {
        Self::renamed(name, &RULES.identifier(name))
    }

    /// Says that something has another name in the library, if it has.
    pub(crate) fn renamed(name: &str, here: &str) -> String {
        let name = name.strip_prefix("r#").unwrap_or(name);
        if name == here {
            return String::new();
        }
        format!("Called {name} in the library: a keyword of C or C++, or a macro of a common header.")
    }

    /// The characters of a text that is too long for a literal.
    fn characters(item: &Constant<'_>) -> Option<String> {
        let Value::Text(text) = item.value else { return None };
        (text.len() > literal::LONGEST).then(|| literal::characters(text))
    }

    fn literal(item: &Constant<'_>) -> String {
        literal::value(item.ty, item.value)
    }

    fn string(text: &str) -> String {
        literal::string(text)
    }

    fn table(params: &[Parameter<'_>]) -> String {
        table(params.iter().map(|param| (&*param.name, &*param.docs)))
    }

    fn fields(fields: &[Field<'_>]) -> String {
        table(fields.iter().map(|field| (field.name, &field.docs)))
    }

    /// What a callback of a request is passed that the header reads: C has no CBOR.
    fn read<'r>(request: &Request<'r>) -> Vec<Outcome<'r>> {
        if request.formats.native && !request.is_direct() { request.outcomes() } else { Vec::new() }
    }

    fn which(outcome: &Outcome<'_>) -> &'static str {
        if outcome.status == Status::Ok { "result" } else { "error" }
    }

    fn verb(outcome: &Outcome<'_>) -> &'static str {
        if outcome.status == Status::Ok { "complete" } else { "fail" }
    }
}

/// What a type adds to the names of those put together from it. An option of something that is put together itself is named
/// from the inside out, so that a list of options and an option of a list differ.
fn stem(ty: &Type) -> String {
    match ty {
        Type::Named(name) | Type::Handle(name) | Type::As(Logic::Newtype(name), _) => camel(name),
        Type::Option(inner) if matches!(**inner, Type::Option(_) | Type::List(_) | Type::Map(_)) => {
            format!("{}Optional", stem(inner))
        }
        Type::Option(inner) => format!("Optional{}", stem(inner)),
        Type::List(inner) => format!("{}List", stem(inner)),
        Type::Map(inner) => format!("{}Map", stem(inner)),
        plain => format!("{plain:?}"),
    }
}
