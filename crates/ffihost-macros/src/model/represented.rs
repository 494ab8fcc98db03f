//! Types that cross as another one: what they are made of is their own affair.

use super::{Head, refuse_generics, types};
use crate::attrs::{self, FfiArgs};
use crate::errors::Errors;
use ffihost_abi::names::LOGICS;
use syn::{Attribute, Fields, Generics, Item, Type};

pub(crate) struct Represented {
    pub(crate) item: Item,
    pub(crate) head: Head,
    pub(crate) generics: Generics,
    /// What it crosses as.
    pub(crate) representation: Type,
}

impl Represented {
    /// Of a struct or an enum; nothing of any other item.
    pub(crate) fn new(mut item: Item, representation: &Type, args: &FfiArgs, errors: &mut Errors) -> Option<Self> {
        let (ident, attrs, generics) = match &mut item {
            Item::Struct(item) => (&item.ident, &mut item.attrs, &item.generics),
            Item::Enum(item) => (&item.ident, &mut item.attrs, &item.generics),
            _ => return None,
        };
        let (head, generics) = (Head::new(ident, attrs, errors), generics.clone());
        args.refuse_formats(errors);
        refuse_generics(&generics, "a type that crosses", errors);
        if let Some((_, span)) = args.role {
            errors.at(span, "a type with `as` is a plain value: nothing else can be said of it");
        }
        refuse_known(&head, errors);
        refuse_marked_parts(&mut item, errors);
        let representation = types::without_self(representation, &head.ident);
        types::check(&representation, errors);
        if types::is(&representation, &head.name) {
            errors.on(&representation, "a type that crosses as itself needs no `as`: `#[ffi]` is enough");
        }
        Some(Self { item, head, generics, representation })
    }
}

/// Bindings would take it for what they know by that name.
fn refuse_known(head: &Head, errors: &mut Errors) {
    if LOGICS.contains(&&*head.name) {
        let message = format_args!("`{}` means something else to bindings: use another name", head.name);
        errors.on(&head.ident, message);
    }
}

/// Takes out what is said to us of fields and variants.
fn refuse_marked_parts(item: &mut Item, errors: &mut Errors) {
    match item {
        Item::Struct(item) => refuse_marked_fields(&mut item.fields, errors),
        Item::Enum(item) => {
            for variant in &mut item.variants {
                refuse_marked(&mut variant.attrs, errors);
                refuse_marked_fields(&mut variant.fields, errors);
            }
        }
        _ => {}
    }
}

fn refuse_marked_fields(fields: &mut Fields, errors: &mut Errors) {
    fields.iter_mut().for_each(|field| refuse_marked(&mut field.attrs, errors));
}

fn refuse_marked(list: &mut Vec<Attribute>, errors: &mut Errors) {
    for attr in attrs::take_ours(list) {
        errors.on(attr, "fields and variants of a type with `as` do not cross: leave this out");
    }
}
