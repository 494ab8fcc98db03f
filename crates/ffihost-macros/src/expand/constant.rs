//! Constants.

use super::place::Place;
use super::{beside, described_of, piece, unique};
use crate::model::constant::Constant;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

pub(crate) fn expand(constant: &Constant) -> TokenStream {
    let (item, ident) = (&constant.item, &constant.head.ident);
    let path = match &constant.membership {
        Some(membership) => membership.path.clone(),
        None => ident.to_token_stream(),
    };
    let of = described_of(constant.membership.as_ref());
    let shape = Place::of(&item.ty).item(quote!(::ffihost::wire::constant::Constant), "SHAPE");
    let body = quote! {
        Constant {
            of: #of,
            shape: #shape,
            value: unsafe { ::ffihost::wire::constant::value(#shape, ::core::ptr::from_ref(&#path).cast()) },
        }
    };
    let piece = piece(&constant.head, &TokenStream::new(), &body);
    let unique = unique("Constants", [ident.clone()]);
    beside(&constant.head, &quote!(#unique #piece))
}
