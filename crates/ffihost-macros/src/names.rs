//! Names as they cross, and those that are refused.

use crate::errors::Errors;
use ffihost_abi::limits::NAME;
use ffihost_abi::{EXPORTS, names};
use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;

/// As it crosses: `r#type` is `type`.
pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Names become names in C and other languages.
pub(crate) fn check(ident: &Ident, errors: &mut Errors) {
    let name = text(ident);
    check_length(ident, &name, errors);
    if !name.is_ascii() {
        errors.on(ident, format_args!("`{name}` crosses to languages whose names are ASCII: use letters from a to z"));
    }
}

/// In bytes: hosts register by name, and readers of the descriptor take no longer one.
pub(crate) fn check_length(tokens: impl ToTokens, name: &str, errors: &mut Errors) {
    if name.len() > NAME {
        errors.on(tokens, format_args!("this name has {} bytes: use one of at most {NAME}", name.len()));
    }
}

/// As [`check`], and no export of every library.
pub(crate) fn check_export(ident: &Ident, errors: &mut Errors) {
    check(ident, errors);
    let name = text(ident);
    if EXPORTS.iter().any(|export| export.name == name) {
        let message = format_args!("every library exports a `{name}` of its own: use another name");
        errors.on(ident, message);
    } else if name.ends_with(names::CBOR) {
        errors.on(
            ident,
            "a name that ends with `_cbor` is that of the CBOR export of another function: use another name",
        );
    }
}
