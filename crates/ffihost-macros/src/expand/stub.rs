//! What stands in for an item that something is wrong with, so that what uses it compiles.

use super::{beside, constructor, handle, impls};
use crate::model::data::{Enum, Struct};
use crate::model::declared::Declaration;
use crate::model::function::{Function, Kind};
use crate::model::group::Group;
use crate::model::handle::Handle;
use crate::model::represented::Represented;
use crate::model::{Head, signature};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Generics};

pub(crate) fn structure(data: &Struct) -> TokenStream {
    let (item, stub) = (&data.item, crosses(&data.head, &data.item.generics, data.error));
    quote!(#item #stub)
}

pub(crate) fn enumeration(data: &Enum) -> TokenStream {
    let mut item = data.item.clone();
    for variant in &mut item.variants {
        variant.discriminant = None;
    }
    let stub = crosses(&data.head, &data.item.generics, data.error);
    quote!(#item #stub)
}

pub(crate) fn represented(data: &Represented) -> TokenStream {
    let (item, stub) = (&data.item, crosses(&data.head, &data.generics, false));
    quote!(#item #stub)
}

fn crosses(head: &Head, generics: &Generics, error: bool) -> TokenStream {
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    let (name, text) = (&head.ident, &head.name);
    let result = quote!(::core::result::Result<Self, ::ffihost::DecodeError>);
    let declared = impls::declared(name, error);
    let stub = quote! {
        unsafe impl ::core::marker::Send for #name {}
        unsafe impl ::ffihost::wire::Lower for #name {
            type C = ();
            const SHAPE: ::ffihost::export::Shape = ::ffihost::export::Shape::Named(#text);
            unsafe fn lower(&self, _: *mut (), _: &::ffihost::wire::native::Scratch) {}
            fn encode(&self, _: &mut ::ffihost::wire::cbor::Writer<'_>) {}
        }
        unsafe impl ::ffihost::wire::Lift for #name {
            type Arg = *const ();
            unsafe fn lift(_: *const (), _: &mut ::ffihost::wire::native::Reader) -> #result { loop {} }
            unsafe fn lift_arg(_: *const (), _: &mut ::ffihost::wire::native::Reader) -> #result { loop {} }
            fn decode(_: &mut ::ffihost::wire::cbor::Reader<'_>) -> #result { loop {} }
        }
        #declared
    };
    beside(head, &stub)
}

pub(crate) fn handle(handle: &Handle) -> TokenStream {
    let item = &handle.item;
    if !item.generics.params.is_empty() {
        return quote!(#item);
    }
    let stub = beside(&handle.head, &handle::handle_type(handle));
    quote!(#item #stub)
}

/// A constructor is one even if something is wrong with it.
pub(crate) fn function(function: &Function) -> TokenStream {
    let is_method = function.item.sig.inputs.iter().any(|argument| matches!(argument, FnArg::Receiver(_)));
    if is_method || function.kind != Kind::Constructor {
        return TokenStream::new();
    }
    beside(&function.head, &constructor::has_constructor(function))
}

/// A function with a body that is none.
pub(crate) fn declaration(item: &Declaration) -> TokenStream {
    let Declaration { attrs, vis, sig, body: _ } = item;
    if sig.receiver().is_some() {
        return TokenStream::new();
    }
    let mut sig = sig.clone();
    signature::without_docs(&mut sig);
    quote! {
        #(#attrs)*
        #[allow(unused_variables, unused_mut)]
        #vis #sig { loop {} }
    }
}

/// The trait alone, and the name of the type that would call it.
pub(crate) fn group(group: &Group) -> TokenStream {
    let (vis, companion) = (&group.vis, &group.companion);
    let declared = super::group::declared(group);
    quote! {
        #declared
        #[allow(dead_code)]
        #vis struct #companion;
    }
}
