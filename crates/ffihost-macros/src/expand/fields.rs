//! Fields: of structs, of variants, of the arguments of host functions and events.

use super::place::Place;
use crate::model::Field;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

/// `<T as Lower>::item`, at the type.
pub(crate) fn lower_item(ty: &Type, item: &str) -> TokenStream {
    Place::of(ty).item(quote!(::ffihost::wire::Lower), item)
}

/// `<T as Lift>::item`, at the type.
pub(crate) fn lift_item(ty: &Type, item: &str) -> TokenStream {
    Place::of(ty).item(quote!(::ffihost::wire::Lift), item)
}

/// Their C struct.
pub(crate) fn c_struct(name: &Ident, fields: &[Field]) -> TokenStream {
    let (laid_out, copy) = (laid_out(name, fields), copy(name));
    quote!(#laid_out #copy)
}

/// Their C struct, of which there is never one: a function that returns it, as `clone`, would be another place at which the
/// compiler says what is wrong with a type.
pub(crate) fn laid_out(name: &Ident, fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { ident, ty, .. }| {
        let ty = lower_item(ty, "C");
        quote!(pub #ident: #ty)
    });
    // The last field has a size whatever comes before it, which saves the compiler from saying so of each use.
    quote! {
        #[repr(C)]
        pub struct #name { #(#fields,)* __ffihost_end: [u8; 0] }
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
    let offsets = fields.iter().map(|Field { ident, ty, .. }| {
        // As `offset_of!`, which would say another time what is wrong with the type.
        Place::of(ty).put(quote!({
            let __place = ::core::mem::MaybeUninit::<#name>::uninit();
            let __place = __place.as_ptr();
            unsafe { (&raw const (*__place).#ident).cast::<u8>().offset_from(__place.cast::<u8>()) as usize }
        }))
    });
    quote!(::core::mem::size_of::<#name>(), ::core::mem::align_of::<#name>(), #(#offsets),*)
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
        let lower = Place::of(&field.ty).call(&lower, &quote!(#value, &raw mut #place.#ident, __scratch));
        quote!(#lower;)
    });
    quote!(#(#fields)*)
}

/// Writes them as a map.
pub(crate) fn encode(fields: &[Field], value: impl Fn(&Field) -> TokenStream) -> TokenStream {
    let len = fields.len();
    let fields = fields.iter().map(|field| {
        let (name, encode, value) = (&field.name, lower_item(&field.ty, "encode"), value(field));
        let encode = Place::of(&field.ty).call(&encode, &quote!(#value, __writer));
        quote! {
            __writer.text(#name);
            #encode;
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
        let lift = Place::of(ty).call(&lift, &quote!(&raw const #place.#ident, __reader));
        quote!(#ident: #lift.map_err(|__error| __error.at(#name))?)
    });
    quote!(#(#fields),*)
}

/// Reads them from a map into slots, which [`taken_from`] empties.
pub(crate) fn decode<'a>(fields: impl Iterator<Item = (&'a str, &'a Type)> + Clone) -> TokenStream {
    let slots: Vec<Ident> = (0..fields.clone().count()).map(slot).collect();
    let names: Vec<&str> = fields.clone().map(|(name, _)| name).collect();
    let decode = fields.map(|(_, ty)| {
        let decode = lift_item(ty, "decode");
        Place::of(ty).call(&decode, &quote!(__reader))
    });
    quote! {
        #(let mut #slots = ::core::option::Option::None;)*
        __reader.fields(|__key, __reader| match __key {
            #(#names => match #slots {
                ::core::option::Option::Some(_) => {
                    ::core::result::Result::Err(::ffihost::DecodeError::new("the key occurs twice").at(#names))
                }
                ::core::option::Option::None => match #decode {
                    ::core::result::Result::Ok(__value) => {
                        #slots = ::core::option::Option::Some(__value);
                        ::core::result::Result::Ok(true)
                    }
                    ::core::result::Result::Err(__error) => ::core::result::Result::Err(__error.at(#names)),
                },
            },)*
            _ => ::core::result::Result::Ok::<_, ::ffihost::DecodeError>(false),
        })?;
    }
}

/// The value of the field at that index, after [`decode`].
pub(crate) fn taken_from(index: usize, name: &str, ty: &Type) -> TokenStream {
    let (slot, absent) = (slot(index), lift_item(ty, "absent"));
    let missing = format!("the key `{name}` is missing");
    let absent = Place::of(ty).call(&absent, &TokenStream::new());
    quote!(#slot.or_else(|| #absent).ok_or_else(|| ::ffihost::DecodeError::new(#missing))?)
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

/// What the descriptor says of what a function returns: result and error. `by` is the trait that tells them apart.
pub(crate) fn described_output(output: &Type, by: &str) -> (TokenStream, TokenStream) {
    let (by, place) = (Ident::new(by, Span::call_site()), Place::of(output));
    let by = quote!(::ffihost::wire::#by);
    let (result, error) = (place.item(by.clone(), "Result"), place.item(by, "Error"));
    let result = place.outer(&result, quote!(::ffihost::wire::Lower), "SHAPE");
    let error = place.outer(&error, quote!(::ffihost::wire::Declared), "SHAPE");
    (result, error)
}
