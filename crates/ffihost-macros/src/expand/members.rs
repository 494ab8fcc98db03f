//! The `impl` of the state or of a handle. Each member is emitted as it is of either, and `by_receiver!` takes one.

use super::args::receiver_item;
use super::place::Place;
use super::{constant, function_beside, root};
use crate::model::members::{Crossing, Members, Variant};
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(members: Members) -> TokenStream {
    let (root, handle) = (root(), is_handle(&members));
    let Members { item, last, conditions, members, .. } = members;
    let (of_state, of_handle): (Vec<_>, Vec<_>) =
        members.into_iter().map(|member| (variant(member.of_state), variant(member.of_handle))).unzip();
    quote! {
        #item
        #(#conditions)*
        const _: () = {
            #root::by_receiver! { #last { #(#of_state)* } { #handle #(#of_handle)* } }
        };
    }
}

/// What is wrong with a member is said where the type is one that has the member.
fn variant(variant: Variant) -> TokenStream {
    let fine = variant.errors.is_empty();
    let beside = match &variant.crossing {
        Crossing::Function(function) => function_beside(function, fine),
        Crossing::Constant(constant) if fine => constant::expand(constant),
        Crossing::Constant(_) => TokenStream::new(),
    };
    let errors = variant.errors.into_tokens();
    quote!(#errors #beside)
}

/// A handle, by the name that its members have theirs from.
fn is_handle(members: &Members) -> TokenStream {
    let (name, written) = (receiver_item(&members.this, "NAME"), crate::names::text(&members.last));
    let place = Place::of(&members.this);
    let check = place.call_with(&place.put(quote!(::ffihost::wire::checked::named)), quote!(#name, #written));
    quote!(const _: () = #check;)
}
