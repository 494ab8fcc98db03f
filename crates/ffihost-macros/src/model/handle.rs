//! Structs that stay in the library.

use super::{Head, refuse_generics};
use crate::attrs::FfiArgs;
use crate::errors::Errors;
use ffihost_abi::names;
use syn::ItemStruct;

pub(crate) struct Handle {
    pub(crate) item: ItemStruct,
    pub(crate) head: Head,
    /// The export that releases one, without the library's prefix.
    pub(crate) release: String,
}

impl Handle {
    pub(crate) fn new(mut item: ItemStruct, args: &FfiArgs, errors: &mut Errors) -> Self {
        let head = Head::new(&item.ident, &mut item.attrs, errors);
        args.refuse_formats(errors);
        refuse_generics(&item.generics, "a handle", errors);
        let release = names::release(&head.name);
        Self { item, head, release }
    }
}
