//! Structs and enums that cross.

use super::{Field, Head, refuse_generics, types};
use crate::attrs::{self, FfiArgs, Role};
use crate::errors::Errors;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use syn::{Fields, ItemEnum, ItemStruct, Type};

pub(crate) struct Struct {
    pub(crate) item: ItemStruct,
    pub(crate) head: Head,
    pub(crate) error: bool,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Enum {
    pub(crate) item: ItemEnum,
    pub(crate) head: Head,
    pub(crate) error: bool,
    pub(crate) variants: Vec<Variant>,
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) docs: TokenStream,
    pub(crate) payload: Payload,
}

pub(crate) enum Payload {
    Unit,
    One(Box<Type>),
    Fields(Vec<Field>),
}

impl Struct {
    pub(crate) fn new(mut item: ItemStruct, args: &FfiArgs, errors: &mut Errors) -> Self {
        let head = Head::new(&item.ident, &mut item.attrs, errors);
        let error = is_error(args, errors);
        refuse_generics(&item.generics, "a type that crosses", errors);
        let named = match &item.fields {
            Fields::Named(_) if item.fields.is_empty() => {
                errors
                    .on(&item.ident, "a struct without fields is nothing to a host: give it a field, or leave it out");
                false
            }
            Fields::Named(_) => true,
            Fields::Unnamed(fields) => {
                errors.on(fields, "fields cross by their names: write `struct Name { field: Type }`");
                false
            }
            Fields::Unit => {
                errors
                    .on(&item.ident, "a struct without fields is nothing to a host: give it a field, or leave it out");
                false
            }
        };
        let fields = if named { fields(&item.fields, &item.ident, errors) } else { Vec::new() };
        Self { item, head, error, fields }
    }
}

impl Enum {
    pub(crate) fn new(mut item: ItemEnum, args: &FfiArgs, errors: &mut Errors) -> Self {
        let head = Head::new(&item.ident, &mut item.attrs, errors);
        let error = is_error(args, errors);
        refuse_generics(&item.generics, "a type that crosses", errors);
        if item.variants.is_empty() {
            errors.on(&item.ident, "an enum without variants has no value that could cross: give it one");
        }
        let variants = item.variants.iter().map(|variant| Variant::new(variant, &item.ident, errors)).collect();
        Self { item, head, error, variants }
    }

    /// Whether one of the variants holds something.
    pub(crate) fn has_data(&self) -> bool {
        self.variants.iter().any(|variant| !matches!(variant.payload, Payload::Unit))
    }
}

impl Variant {
    fn new(variant: &syn::Variant, of: &Ident, errors: &mut Errors) -> Self {
        attrs::refuse_conditions(&variant.attrs, "a variant", errors);
        names::check(&variant.ident, errors);
        if let Some((_, discriminant)) = &variant.discriminant {
            let message = "variants cross by their index: leave the number out, and keep the order";
            errors.on(discriminant, message);
        }
        let payload = match &variant.fields {
            Fields::Unit => Payload::Unit,
            Fields::Named(named) if named.named.is_empty() => {
                errors.on(variant, "this variant holds nothing: leave the braces out");
                Payload::Unit
            }
            Fields::Named(_) => Payload::Fields(fields(&variant.fields, of, errors)),
            Fields::Unnamed(unnamed) => match (unnamed.unnamed.first(), unnamed.unnamed.len()) {
                (Some(field), 1) => {
                    types::check(&field.ty, errors);
                    Payload::One(Box::new(types::without_self(&field.ty, of)))
                }
                (_, 0) => {
                    errors.on(variant, "this variant holds nothing: leave the parentheses out");
                    Payload::Unit
                }
                _ => {
                    errors.on(unnamed, "several values cross by their names: write `Variant { name: Type, … }`");
                    Payload::Unit
                }
            },
        };
        let (ident, docs) = (variant.ident.clone(), attrs::docs(&variant.attrs));
        Self { name: names::text(&ident), ident, docs, payload }
    }

    /// Of what it holds.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        let one = match &self.payload {
            Payload::One(ty) => Some(&**ty),
            Payload::Unit | Payload::Fields(_) => None,
        };
        one.into_iter().chain(self.fields().iter().map(|field| &field.ty))
    }

    pub(crate) fn fields(&self) -> &[Field] {
        match &self.payload {
            Payload::Fields(fields) => fields,
            Payload::Unit | Payload::One(_) => &[],
        }
    }
}

fn fields(fields: &Fields, of: &Ident, errors: &mut Errors) -> Vec<Field> {
    let field = |field: &syn::Field| {
        attrs::refuse_conditions(&field.attrs, "a field", errors);
        types::check(&field.ty, errors);
        let ident = field.ident.clone()?;
        names::check(&ident, errors);
        let (docs, ty) = (attrs::docs(&field.attrs), types::without_self(&field.ty, of));
        Some(Field { name: names::text(&ident), ident, docs, ty })
    };
    fields.iter().filter_map(field).collect()
}

fn is_error(args: &FfiArgs, errors: &mut Errors) -> bool {
    args.refuse_formats(errors);
    match args.role {
        Some((Role::Error, _)) => true,
        Some((Role::Handle, span)) => {
            errors.at(span, "a handle is a struct that stays in the library: use `#[ffi]` for an enum that crosses");
            false
        }
        Some((Role::Constructor | Role::Destructor, span)) => {
            errors.at(span, "this is for the function that makes or ends the state: use `#[ffi]` for a type");
            false
        }
        None => false,
    }
}
