//! What C++ calls of the library: requests and the constructor, in their native form, or in CBOR if they have no other.

use super::Cpp;
use crate::c::C;
use crate::model::docs::Docs;
use crate::model::items::{Field, Owner, Request};
use crate::model::names::{Scope, cbor};
use crate::write::comment::table;
use ffihost_schema::Type;
use std::borrow::Cow;

/// A request or the constructor, in its native form, or in CBOR if it has no other.
pub(super) struct Function<'m> {
    pub(super) name: String,
    /// The same function of C.
    pub(super) symbol: String,
    pub(super) params: Vec<Parameter<'m>>,
    /// The parameter that takes the context, of what is a static member of a handle's class.
    pub(super) context: Option<String>,
    /// What it gives, its declared error, and both with their types of C.
    pub(super) value: String,
    pub(super) error: Option<String>,
    pub(super) signature: String,
    /// Whether it takes and gives CBOR.
    pub(super) is_cbor: bool,
}

pub(super) struct Parameter<'m> {
    pub(super) name: String,
    pub(super) declared: String,
    /// Its type in C, and whether C takes a pointer to that.
    pub(super) c_type: String,
    pub(super) by_pointer: bool,
    pub(super) docs: Cow<'m, Docs>,
}

/// How requests in CBOR take their map, and what they give.
const IN_CBOR: &str = "ffihost::CborView request";
const OF_CBOR: &str = "ffihost::Cbor";

impl<'m> Cpp<'m> {
    pub(super) fn create(&self) -> Function<'m> {
        let item = &self.model.constructor;
        self.function(("create", "create"), &item.params, None, item.error, !item.formats.native)
    }

    pub(super) fn request(&self, item: &'m Request<'m>) -> Function<'m> {
        // In CBOR alone, what is called on a handle is the context's.
        let name = if item.is_method() && !item.formats.native { item.name } else { item.member };
        let (result, is_cbor) = (Some(item.result), !item.formats.native);
        let mut function = self.function((name, item.name), &item.params, result, item.error, is_cbor);
        if item.owner.needs_context() && !item.is_method() {
            let mut scope = Scope::default();
            scope.reserve(&function.params.iter().map(|param| &*param.name).collect::<Vec<_>>());
            function.context = Some(scope.give("context", "a parameter"));
        }
        function
    }

    /// `result` is `None` for the constructor, which has no result.
    fn function(
        &self,
        (name, symbol): (&str, &str),
        fields: &'m [Field<'m>],
        result: Option<&Type>,
        error: Option<&Type>,
        is_cbor: bool,
    ) -> Function<'m> {
        let [name, symbol] = [name, symbol].map(|name| if is_cbor { cbor(name) } else { name.to_owned() });
        let symbol = format!("::{}_{symbol}", self.model.library.name);
        let context = None;
        if !is_cbor {
            let error_name = error.map(|ty| self.name(ty));
            let result = result.unwrap_or(&Type::Unit);
            let signature = self.signature(result, error);
            let (params, value) = (self.parameters(fields), self.name(result));
            return Function { name, symbol, params, context, value, error: error_name, signature, is_cbor };
        }
        let request = Parameter {
            name: "request".to_owned(),
            declared: IN_CBOR.to_owned(),
            c_type: String::new(),
            by_pointer: false,
            docs: Cow::default(),
        };
        let (result, value) = match result {
            None => ("void, void".to_owned(), "void"),
            Some(_) => (format!("FFIBytes, {OF_CBOR}"), OF_CBOR),
        };
        let of_error = error.map(|_| format!(", FFIBytes, {OF_CBOR}")).unwrap_or_default();
        let signature = format!("ffihost::detail::Signature<{result}{of_error}>");
        let error = error.map(|_| OF_CBOR.to_owned());
        let (params, value) = (vec![request], value.to_owned());
        Function { name, symbol, params, context, value, error, signature, is_cbor }
    }
}

impl Function<'_> {
    /// Whether it has parameters to lend.
    pub(super) fn lends(&self) -> bool {
        !self.is_cbor && !self.params.is_empty()
    }

    /// What has the context.
    pub(super) fn bound(&self) -> &str {
        self.context.as_deref().unwrap_or("*this")
    }

    /// What it gives and its declared error.
    pub(super) fn outcome(&self) -> String {
        [Some(&*self.value), self.error.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The maps that functions in CBOR take.
impl Cpp<'_> {
    /// The keys of the map that a request in CBOR takes.
    pub(super) fn keys<'f>(owner: &Owner<'f>, fields: &'f [Field<'f>]) -> Vec<(&'f str, Cow<'f, Docs>)> {
        let handle = match owner {
            Owner::Handle { name, param } => {
                let docs = Docs::parse(&format!("raw() of the {}", Self::called(name)));
                Some((*param, Cow::Owned(docs)))
            }
            Owner::Nobody | Owner::Context => None,
        };
        handle.into_iter().chain(fields.iter().map(|field| (field.name, Cow::Borrowed(&field.docs)))).collect()
    }

    pub(super) fn key_table(keys: &[(&str, Cow<'_, Docs>)]) -> String {
        table(keys.iter().map(|(name, docs)| (*name, &**docs)))
    }
}

/// What is deprecated.
impl Cpp<'_> {
    /// In front of a deprecated function or constant, on a line of its own.
    pub(super) fn deprecated(docs: &Docs, indent: usize) -> String {
        C::deprecated(docs, indent)
    }

    /// In front of the name of a deprecated type.
    pub(super) fn deprecated_type(docs: &Docs) -> String {
        let mark = C::deprecated(docs, 0);
        if mark.is_empty() { mark } else { format!("{} ", mark.trim_start()) }
    }

    /// Behind the name of a deprecated variant.
    pub(super) fn deprecated_value(docs: &Docs) -> String {
        C::deprecated_value(docs)
    }
}
