//! Fields: of structs, of variants, of the arguments of host functions and events.

use crate::model::Field;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

/// `<T as Lower>::item`, all of it at the type: what the compiler says of it is said once, however often it is emitted.
pub(crate) fn lower_item(ty: &Type, item: &str) -> TokenStream {
    let (span, item) = (span(ty), Ident::new(item, span(ty)));
    quote_spanned!(span=> <#ty as ::ffihost::wire::Lower>::#item)
}

/// `<T as Lift>::item`, at the type.
pub(crate) fn lift_item(ty: &Type, item: &str) -> TokenStream {
    let (span, item) = (span(ty), Ident::new(item, span(ty)));
    quote_spanned!(span=> <#ty as ::ffihost::wire::Lift>::#item)
}

fn span(ty: &Type) -> Span {
    super::located(ty.span())
}

/// Their C struct.
pub(crate) fn c_struct(name: &Ident, fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { ident, ty, .. }| {
        let ty = lower_item(ty, "C");
        quote!(pub #ident: #ty)
    });
    let copy = copy(name);
    // The last field has a size whatever comes before it, which saves the compiler from saying so of each use.
    quote! {
        #[repr(C)]
        pub struct #name { #(#fields,)* __ffihost_end: [u8; 0] }
        #copy
    }
}

/// Makes a C type one that is copied.
pub(crate) fn copy(name: &Ident) -> TokenStream {
    quote! {
        impl ::core::clone::Clone for #name {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl ::core::marker::Copy for #name {}
    }
}

/// What the descriptor says of the C struct.
pub(crate) fn layout(name: &Ident, fields: &[Field]) -> TokenStream {
    if fields.is_empty() {
        return TokenStream::new();
    }
    let fields = fields.iter().map(|field| &field.ident);
    quote! {
        ::core::mem::size_of::<#name>(), ::core::mem::align_of::<#name>(), #(::core::mem::offset_of!(#name, #fields)),*
    }
}

/// What the descriptor says of them.
pub(crate) fn described(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { name, docs, ty, .. }| {
        let shape = lower_item(ty, "SHAPE");
        quote!(::ffihost::export::Field { name: #name, docs: #docs, shape: #shape })
    });
    quote!(&[#(#fields),*])
}

/// Lowers each into `place`. `value` gives a reference to it.
pub(crate) fn lower(fields: &[Field], place: &TokenStream, value: impl Fn(&Field) -> TokenStream) -> TokenStream {
    let fields = fields.iter().map(|field| {
        let (ident, lower, value) = (&field.ident, lower_item(&field.ty, "lower"), value(field));
        quote!(#lower(#value, &raw mut #place.#ident, __scratch);)
    });
    quote!(#(#fields)*)
}

/// Writes them as a map.
pub(crate) fn encode(fields: &[Field], value: impl Fn(&Field) -> TokenStream) -> TokenStream {
    let len = fields.len();
    let fields = fields.iter().map(|field| {
        let (name, encode, value) = (&field.name, lower_item(&field.ty, "encode"), value(field));
        quote! {
            __writer.text(#name);
            #encode(#value, __writer);
        }
    });
    quote! {
        __writer.map(#len);
        #(#fields)*
    }
}

/// Reads each from `place`: `field: value, …`.
pub(crate) fn lift(fields: &[Field], place: &TokenStream) -> TokenStream {
    let fields = fields.iter().map(|Field { ident, name, ty, .. }| {
        let lift = lift_item(ty, "lift");
        quote!(#ident: #lift(&raw const #place.#ident, __reader).map_err(|__error| __error.at(#name))?)
    });
    quote!(#(#fields),*)
}

/// Reads them from a map into slots, which [`taken_from`] empties.
pub(crate) fn decode<'a>(fields: impl Iterator<Item = (&'a str, &'a Type)> + Clone) -> TokenStream {
    let slots: Vec<Ident> = (0..fields.clone().count()).map(slot).collect();
    let names: Vec<&str> = fields.clone().map(|(name, _)| name).collect();
    let decode = fields.map(|(_, ty)| lift_item(ty, "decode"));
    quote! {
        #(let mut #slots = ::core::option::Option::None;)*
        __reader.map(|__key, __reader| match __key {
            #(#names => ::ffihost::wire::cbor::fill(&mut #slots, #names, __reader, #decode),)*
            _ => __reader.skip(),
        })?;
    }
}

/// The value of the field at that index, after [`decode`].
pub(crate) fn taken_from(index: usize, name: &str, ty: &Type) -> TokenStream {
    let (slot, absent) = (slot(index), lift_item(ty, "absent"));
    quote!(::ffihost::wire::cbor::take(#slot, #name, #absent)?)
}

fn slot(index: usize) -> Ident {
    format_ident!("__slot{}", index)
}

/// `field: value, …`, after [`decode`].
pub(crate) fn taken(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().enumerate().map(|(index, Field { ident, name, ty, .. })| {
        let value = taken_from(index, name, ty);
        quote!(#ident: #value)
    });
    quote!(#(#fields),*)
}

/// Names and types.
pub(crate) fn named(fields: &[Field]) -> impl Iterator<Item = (&str, &Type)> + Clone {
    fields.iter().map(|field| (&*field.name, &field.ty))
}
