//! The client in Rust: how types, names and values are spelled in Rust. What is written with them is in `rust/templates`, a
//! file for each construct. What does not depend on the library is `ffihost_ipc::typed`.

mod names;

use crate::backend::Backend;
use crate::model::Model;
use crate::model::docs::Docs;
use crate::model::items::{Constant, Constructor, Field, Form, Group, Method, Owner, Request};
use crate::model::names::{Escape, Helpers, Rules};
use crate::model::ownership::Ownership;
use crate::model::types::{Class, Payload};
use crate::write::comment::list;
use crate::write::filters;
use crate::write::layout::{Style, lists};
use crate::{Error, File};
use askama::Template;
use ffihost_schema::{Checked, Deprecated, Logic, Type, Value};

/// Keywords are raw, apart from those that cannot be.
pub(crate) const RULES: Rules = Rules(&[(NEVER, Escape::Underscore), (KEYWORDS, Escape::Raw("r#"))]);

/// The client, from its main template.
#[derive(Template)]
#[template(path = "rust/templates/library.rs", escape = "none")]
struct Client<'m> {
    model: &'m Model<'m>,
    library: &'m Checked,
    constructor: &'m Constructor<'m>,
    rust: Rust<'m>,
}

/// `<lib>.rs`.
pub(crate) struct Bindings;

impl Backend for Bindings {
    fn flags(&self) -> &'static [&'static str] {
        &["rust", "rs"]
    }

    fn rules(&self) -> Rules {
        RULES
    }

    fn files(&self, model: &Model<'_>) -> Result<Vec<File>, Error> {
        let rust = Rust::new(model)?;
        let text = Client { model, library: model.library, constructor: &model.constructor, rust }.render()?;
        let lines = lists(text.trim_start(), Style::Listed);
        let contents: String = lines.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let contents = contents.replace("{\n\n", "{\n").replace("{\n}", "{}");
        Ok(vec![File { path: format!("{}.rs", model.library.name), contents }])
    }

    fn helpers(&self, model: &Model<'_>) -> Result<Helpers, Error> {
        Ok(Rust::new(model)?.helpers)
    }
}

/// How a library is spelled in Rust.
struct Rust<'m> {
    model: &'m Model<'m>,
    /// What only these bindings have.
    helpers: Helpers,
}

/// How an argument is passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// It is a slice of bytes, which is no list.
    Bytes,
    /// It is such a slice, or nothing.
    OptionalBytes,
    /// It is lent already.
    Lent,
    /// By reference.
    Reference,
    /// By what can be borrowed.
    Borrow,
}

impl<'m> Rust<'m> {
    /// What only these bindings have.
    fn helper(&self, role: &str) -> &str {
        self.helpers.get(role, "")
    }

    /// A type, as it is lent.
    fn lent(&self, ty: &Type) -> String {
        match (self.model.types.ownership(ty), ty.plain()) {
            (_, Type::String) => "&str".to_owned(),
            (_, Type::Bytes) => "&[u8]".to_owned(),
            (_, Type::List(inner)) => format!("&[{}]", Self::name(inner)),
            (_, Type::Option(inner)) => format!("Option<{}>", self.lent(inner)),
            (Ownership::Copied, _) => Self::name(ty),
            (Ownership::Borrowed | Ownership::Counted, _) => format!("&{}", Self::name(ty)),
        }
    }

    fn pass(&self, ty: &Type) -> Pass {
        match self.model.types.class(ty) {
            Class::Bytes => Pass::Bytes,
            Class::Option if *ty.plain() == Type::Option(Box::new(Type::Bytes)) => Pass::OptionalBytes,
            Class::Text | Class::List | Class::Map => Pass::Lent,
            Class::Record | Class::Tagged | Class::Handle => Pass::Borrow,
            Class::Unit | Class::Scalar | Class::Option | Class::Number => Pass::Reference,
        }
    }

    /// The type of a parameter.
    fn parameter(&self, ty: &Type) -> String {
        match self.pass(ty) {
            Pass::Bytes | Pass::OptionalBytes | Pass::Lent | Pass::Reference => self.lent(ty),
            Pass::Borrow => format!("impl ffi::Borrow<{}>", Self::name(ty)),
        }
    }

    /// Whether all that a struct has can have a value that nobody has to choose.
    fn has_default(&self, fields: &[Field<'_>]) -> bool {
        fields.iter().all(|field| self.model.types.has_default(field.ty))
    }

    /// The requests of the client, or of a handle.
    fn requests(&self, class: Option<&str>) -> Vec<&'m Request<'m>> {
        let is_of = |item: &&Request<'_>| item.formats.cbor && item.class == class;
        self.model.requests.iter().filter(is_of).collect()
    }

    /// The groups of which a client can implement functions.
    fn groups(&self) -> Vec<&'m Group<'m>> {
        self.model.groups.iter().filter(|group| !Self::methods(group).is_empty()).collect()
    }

    /// The names of host functions that a client cannot implement.
    fn inline(&self) -> Vec<&'m str> {
        let inline = self.model.host_fns.iter().filter(|item| item.form == Form::Synchronous);
        inline.map(|item| item.name).collect()
    }
}

/// What depends on no library.
impl Rust<'_> {
    /// The functions of a group that a client can implement.
    fn methods<'g>(group: &'g Group<'g>) -> Vec<&'g Method<'g>> {
        group.methods.iter().filter(|method| method.host_fn.form == Form::Asynchronous).collect()
    }

    fn identifier(name: &str) -> String {
        RULES.identifier(name)
    }

    /// What a field or variant is called in CBOR, if it cannot be called so here.
    fn renamed(name: &str) -> Option<&str> {
        (RULES.escape(name) == Some(Escape::Underscore)).then_some(name)
    }

    /// A type, as what it is.
    fn name(ty: &Type) -> String {
        match ty {
            Type::Bytes => "ffi::Bytes".to_owned(),
            Type::Option(inner) => format!("Option<{}>", Self::name(inner)),
            Type::List(inner) => format!("Vec<{}>", Self::name(inner)),
            Type::Map(inner) => format!("ffi::BTreeMap<String, {}>", Self::name(inner)),
            Type::Named(name) | Type::Handle(name) | Type::As(Logic::Newtype(name), _) => RULES.identifier(name),
            plain => plain.to_string(),
        }
    }

    fn string(text: &str) -> String {
        format!("{text:?}")
    }

    /// In front of what is deprecated, on a line of its own.
    fn deprecated(docs: &Docs, indent: usize) -> String {
        let mark = |Deprecated { since, note }: &Deprecated| {
            let said = [("since", since), ("note", note)].into_iter().filter(|(_, text)| !text.is_empty());
            let said: Vec<_> = said.map(|(key, text)| format!("{key} = {}", Self::string(text))).collect();
            let said = if said.is_empty() { String::new() } else { format!("({})", said.join(", ")) };
            format!("\n{}#[deprecated{said}]", " ".repeat(indent))
        };
        docs.deprecated.as_ref().map(mark).unwrap_or_default()
    }

    fn list(fields: &[Field<'_>]) -> String {
        list(fields.iter().map(|field| (field.name, &field.docs)))
    }

    /// The type and the value of a constant, which is of that type.
    fn literal(item: &Constant<'_>) -> String {
        match item.value {
            Value::Float(value) => float(item.ty, *value),
            value => value.to_string(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an f32 was made an f64 to be told")]
fn float(ty: &Type, value: f64) -> String {
    match value {
        value if value.is_nan() => format!("{ty}::NAN"),
        f64::INFINITY => format!("{ty}::INFINITY"),
        f64::NEG_INFINITY => format!("{ty}::NEG_INFINITY"),
        value if *ty == Type::F32 => format!("{:?}", value as f32),
        value => format!("{value:?}"),
    }
}

/// Keywords of all editions, but for those that cannot be raw.
const KEYWORDS: &str = "\
    abstract as async await become box break const continue do dyn else enum extern false final fn for gen if impl \
    in let loop macro match mod move mut override priv pub ref return static struct trait true try type typeof \
    unsafe unsized use virtual where while yield";

/// Keywords that cannot be raw.
const NEVER: &str = "\
    Self _ crate self super";
