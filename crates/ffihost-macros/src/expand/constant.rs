//! Constants.

use super::{beside, piece, unique};
use crate::model::constant::{Constant, Kind};
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(constant: &Constant) -> TokenStream {
    let (item, ident) = (&constant.item, &constant.head.ident);
    let (shape, value) = match &constant.kind {
        Kind::Bool => (quote!(Bool), quote!(Bool(#ident))),
        Kind::Unsigned(shape) => (quote!(#shape), quote!(Unsigned(#ident as u64))),
        Kind::Signed(shape) => (quote!(#shape), quote!(Signed(#ident as i64))),
        Kind::Float(shape) => (quote!(#shape), quote!(Float(#ident as f64))),
        Kind::Text => (quote!(String), quote!(Text(#ident))),
    };
    let body = quote! {
        Constant { shape: ::ffihost::export::Shape::#shape, value: ::ffihost::export::Value::#value }
    };
    let piece = piece(&constant.head, &TokenStream::new(), &body);
    let unique = unique("Constants", [ident.clone()]);
    let beside = beside(&constant.head, &quote!(#unique #piece));
    quote!(#item #beside)
}
