//! Constants.

use super::place::Place;
use super::{beside, piece, unique};
use crate::model::constant::Constant;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(constant: &Constant) -> TokenStream {
    let (item, ident) = (&constant.item, &constant.head.ident);
    let shape = Place::of(&item.ty).item(quote!(::ffihost::wire::constant::Constant), "SHAPE");
    let body = quote! {
        Constant {
            of: ::core::option::Option::None,
            shape: #shape,
            value: unsafe { ::ffihost::wire::constant::value(#shape, ::core::ptr::from_ref(&#ident).cast()) },
        }
    };
    let piece = piece(&constant.head, &TokenStream::new(), &body);
    let unique = unique("Constants", [ident.clone()]);
    let beside = beside(&constant.head, &quote!(#unique #piece));
    quote!(#item #beside)
}
