//! Fields: of structs, of variants, of the arguments of host functions and events.

use super::crossing::Crossing;
use crate::model::Field;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

/// Their C struct.
pub(crate) fn c_struct(name: &Ident, fields: &[Field]) -> TokenStream {
    let (laid_out, copy) = (laid_out(name, fields), copy(name));
    quote!(#laid_out #copy)
}

/// Whether the C type of one of them may hold pointers.
pub(crate) fn point<'a>(types: impl Iterator<Item = &'a Type>) -> TokenStream {
    let points = types.map(|ty| Crossing::of(ty).lower_item("POINTS"));
    quote!(false #(|| #points)*)
}

/// Their C struct, of which there is never one: a function that returns it, as `clone`, would be another place at which the
/// compiler says what is wrong with a type.
pub(crate) fn laid_out(name: &Ident, fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { ident, ty, .. }| {
        let ty = Crossing::of(ty).lower_item("C");
        quote!(pub #ident: #ty)
    });
    // C has no empty struct. After other fields the last has a size whatever they are, which saves the compiler from saying so of
    // each use.
    let end = usize::from(fields.len() == 0);
    quote! {
        #[repr(C)]
        pub struct #name { #(#fields,)* __ffihost_end: [u8; #end] }
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
    let offsets = fields.iter().map(|Field { ident, ty, .. }| {
        // As `offset_of!`, which would say another time what is wrong with the type.
        Crossing::of(ty).place().put(quote!({
            let __place = ::core::mem::MaybeUninit::<#name>::uninit();
            let __place = __place.as_ptr();
            unsafe { (&raw const (*__place).#ident).cast::<u8>().offset_from(__place.cast::<u8>()) as usize }
        }))
    });
    quote!(::core::mem::size_of::<#name>(), ::core::mem::align_of::<#name>(), #(#offsets),*)
}

/// What is checked of the types of fields and parameters: that they cross, and have a value.
pub(crate) fn checked<'a>(types: impl Iterator<Item = &'a Type>) -> TokenStream {
    types.map(|ty| Crossing::of(ty).checked(&["value"])).collect()
}

/// What the descriptor says of them.
pub(crate) fn described(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { name, docs, ty, .. }| {
        let shape = Crossing::of(ty).lower_item("SHAPE");
        quote!(::ffihost::export::Field { name: #name, docs: #docs, shape: #shape })
    });
    quote!(&[#(#fields),*])
}

/// Lowers each into `place`. `value` gives a reference to it.
pub(crate) fn lower(fields: &[Field], place: &TokenStream, value: impl Fn(&Field) -> TokenStream) -> TokenStream {
    let fields = fields.iter().map(|field| {
        let (ident, value) = (&field.ident, value(field));
        let lower = Crossing::of(&field.ty).lower("lower", &value, &quote!(&raw mut #place.#ident, __scratch));
        quote!(#lower;)
    });
    quote!(#(#fields)*)
}

/// Writes them as a map.
pub(crate) fn encode(fields: &[Field], value: impl Fn(&Field) -> TokenStream) -> TokenStream {
    let len = fields.len();
    let fields = fields.iter().map(|field| {
        let name = &field.name;
        let encode = Crossing::of(&field.ty).lower("encode", &value(field), &quote!(__writer));
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
    let fields = fields.iter().map(|field| {
        let (Field { ident, name, ty, .. }, member) = (field, field.member());
        let crossing = Crossing::of(ty);
        let lift = crossing.lift("lift", &quote!(&raw const #place.#ident, __reader));
        let value = crossing.made(&quote!(#lift.map_err(|__error| __error.at(#name))?));
        quote!(#member: #value)
    });
    quote!(#(#fields),*)
}

/// Reads them from a map into slots, which [`taken_from`] empties.
pub(crate) fn decode<'a>(fields: impl Iterator<Item = (&'a str, &'a Type)> + Clone) -> TokenStream {
    let slots: Vec<Ident> = (0..fields.clone().count()).map(slot).collect();
    let names: Vec<&str> = fields.clone().map(|(name, _)| name).collect();
    let decode = fields.map(|(_, ty)| Crossing::of(ty).lift("decode", &quote!(__reader)));
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

/// What is in the place of the value of the field at that index, after [`decode`].
pub(crate) fn taken_from(index: usize, name: &str, ty: &Type) -> TokenStream {
    let (slot, absent) = (slot(index), Crossing::of(ty).lift("absent", &TokenStream::new()));
    let missing = format!("the key `{name}` is missing");
    quote!(#slot.or_else(|| #absent).ok_or_else(|| ::ffihost::DecodeError::new(#missing))?)
}

fn slot(index: usize) -> Ident {
    format_ident!("__slot{}", index)
}

/// `field: value, …`, after [`decode`].
pub(crate) fn taken(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().enumerate().map(|(index, field)| {
        let (member, ty) = (field.member(), &field.ty);
        let value = Crossing::of(ty).made(&taken_from(index, &field.name, ty));
        quote!(#member: #value)
    });
    quote!(#(#fields),*)
}

/// Names and types.
pub(crate) fn named(fields: &[Field]) -> impl Iterator<Item = (&str, &Type)> + Clone {
    fields.iter().map(|field| (&*field.name, &field.ty))
}

/// An item of the result's `Lower`, of what a request returns.
pub(crate) fn result_item(output: &Crossing, item: &str) -> TokenStream {
    let result = output.item(quote!(::ffihost::wire::Returned), "Result");
    output.place().outer(&result, quote!(::ffihost::wire::Lower), item)
}

/// What the descriptor says of what a function returns: result and error. `by` is the trait that tells them apart.
pub(crate) fn described_output(output: &Crossing, by: &str) -> (TokenStream, TokenStream) {
    let (by, place) = (Ident::new(by, Span::call_site()), output.place());
    let by = quote!(::ffihost::wire::#by);
    let (result, error) = (output.item(by.clone(), "Result"), output.item(by, "Error"));
    let result = place.outer(&result, quote!(::ffihost::wire::Lower), "SHAPE");
    let error = place.outer(&error, quote!(::ffihost::wire::Declared), "SHAPE");
    (result, error)
}
