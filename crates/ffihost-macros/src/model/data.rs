//! Structs and enums that cross.

use super::{Field, Head, refuse_generics, types};
use crate::attrs::{self, FfiArgs, Role};
use crate::errors::Errors;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::format_ident;
use syn::spanned::Spanned;
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
        let fields = fields(&item.fields, &item.ident, errors);
        let data = Self { item, head, error, fields };
        data.check_newtype(args, errors);
        data
    }

    /// What it holds, if that is one field without a name: it crosses as just that.
    pub(crate) fn newtype(&self) -> Option<&Field> {
        match &*self.fields {
            [field] if field.index.is_some() => Some(field),
            _ => None,
        }
    }

    fn check_newtype(&self, args: &FfiArgs, errors: &mut Errors) {
        let Some(field) = self.newtype() else { return };
        if types::mentions(&field.ty, &self.head.ident) {
            errors.on(&field.ty, "a newtype crosses as what it holds, and cannot hold itself: give the field a name");
        }
        if let Some((Role::Error, span)) = args.role {
            errors.at(
                span,
                "a newtype crosses as what it holds, which is no error: give the field a name, or use an enum",
            );
        }
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
                _ => Payload::Fields(fields(&variant.fields, of, errors)),
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

/// Fields without names cross as `field0`, `field1` and so on.
fn fields(fields: &Fields, of: &Ident, errors: &mut Errors) -> Vec<Field> {
    let field = |(index, field): (u32, &syn::Field)| {
        attrs::refuse_conditions(&field.attrs, "a field", errors);
        types::check(&field.ty, errors);
        let ident = field.ident.clone().unwrap_or_else(|| format_ident!("field{}", index, span = field.ty.span()));
        names::check(&ident, errors);
        let (docs, ty) = (attrs::docs(&field.attrs), types::without_self(&field.ty, of));
        Field { name: names::text(&ident), docs, ty, index: field.ident.is_none().then_some(index), ident }
    };
    (0..).zip(fields).map(field).collect()
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
