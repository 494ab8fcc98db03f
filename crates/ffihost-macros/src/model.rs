//! The typed model of each item. Making one checks everything that can be checked by looks; what is wrong is collected, and
//! the model is as good as it can be, for the stub that keeps one error from becoming many.

pub(crate) mod constant;
pub(crate) mod data;
pub(crate) mod declared;
pub(crate) mod function;
pub(crate) mod group;
pub(crate) mod handle;
pub(crate) mod library;
pub(crate) mod members;
pub(crate) mod represented;
pub(crate) mod signature;
pub(crate) mod types;

use crate::attrs;
use crate::errors::Errors;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Generics, Index, Member, Type};

/// A field or a parameter.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// As it crosses.
    pub(crate) name: String,
    /// An expression.
    pub(crate) docs: TokenStream,
    /// The type that is owned.
    pub(crate) ty: Type,
    /// Its place, if it has no name of its own in Rust.
    pub(crate) index: Option<u32>,
}

impl Field {
    /// How Rust names it in the struct or variant that it is a field of.
    pub(crate) fn member(&self) -> Member {
        self.index.map_or_else(
            || Member::Named(self.ident.clone()),
            |index| Member::Unnamed(Index { index, span: self.ident.span() }),
        )
    }
}

/// What every item has.
pub(crate) struct Head {
    pub(crate) ident: Ident,
    /// As it crosses.
    pub(crate) name: String,
    /// An expression.
    pub(crate) docs: TokenStream,
    /// `#[cfg(…)]`
    pub(crate) conditions: Vec<Attribute>,
}

impl Head {
    /// Also takes out attributes of ours that are one too many.
    pub(crate) fn new(ident: &Ident, attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        attrs::refuse_second(attrs, errors);
        names::check(ident, errors);
        Self {
            ident: ident.clone(),
            name: names::text(ident),
            docs: attrs::docs(attrs),
            conditions: attrs::conditions(attrs),
        }
    }
}

fn refuse_generics(generics: &Generics, what: &str, errors: &mut Errors) {
    if !generics.params.is_empty() {
        let message = format_args!("{what} has no generic parameters and no lifetimes: hosts need to know every type");
        errors.on(&generics.params, message);
    }
    if let Some(clause) = &generics.where_clause {
        errors.on(clause, format_args!("{what} has no `where` clause: hosts need to know every type"));
    }
}
