//! Constants that are copied into bindings.

use super::members::Membership;
use super::{Head, refuse_generics};
use crate::attrs::FfiArgs;
use crate::errors::Errors;
use syn::ItemConst;

pub(crate) struct Constant {
    pub(crate) item: ItemConst,
    pub(crate) head: Head,
    /// Of what is in an `impl`.
    pub(crate) membership: Option<Membership>,
}

impl Constant {
    pub(crate) fn new(mut item: ItemConst, args: &FfiArgs, errors: &mut Errors) -> Self {
        let head = Head::new(&item.ident, &mut item.attrs, errors);
        args.refuse_formats(errors);
        if let Some((_, span)) = args.role {
            errors.at(span, "a constant is just that: write `#[ffi]`");
        }
        refuse_generics(&item.generics, "a constant", errors);
        if head.name == "_" {
            errors.on(&item.ident, "a constant crosses by its name: give it one");
        }
        Self { item, head, membership: None }
    }
}
