//! Enums that cross.

use super::crossing::Crossing;
use super::impls::{Lift, Lower, c_name, declared, send};
use super::{beside, fields, piece, unique};
use crate::model::Field;
use crate::model::data::{Enum, Payload, Variant};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub(crate) fn expand(data: &Enum) -> TokenStream {
    let (item, name) = (&data.item, &data.head.ident);
    let (c_types, layout, lower, lift) = if data.has_data() { with_data(data) } else { without_data(data) };
    let (error, variants) = (data.error, data.variants.iter().map(described));
    let body = quote!(Enum { error: #error, variants: &[#(#variants),*] });
    let piece = piece(&data.head, &layout, &body);
    let (lower, lift) = (lower.expand(name), lift.expand(name));
    let declared = declared(name, data.error);
    let types = || data.variants.iter().flat_map(Variant::types);
    let (send, checked) = (send(name, types()), fields::checked(types()));
    let unique = unique("Types", [name.clone()]);
    let beside = beside(&data.head, &quote!(#checked #c_types #lower #lift #send #declared #unique #piece));
    quote!(#item #beside)
}

fn described(variant: &Variant) -> TokenStream {
    let (name, docs) = (&variant.name, &variant.docs);
    let payload = match &variant.payload {
        Payload::Unit => quote!(Unit),
        Payload::One(ty) => {
            let shape = Crossing::of(ty).lower_item("SHAPE");
            quote!(One(#shape))
        }
        Payload::Fields(list) => {
            let list = fields::described(list);
            quote!(Fields(#list))
        }
    };
    quote! {
        ::ffihost::export::Variant { name: #name, docs: #docs, payload: ::ffihost::export::Payload::#payload }
    }
}

/// The C types if there are any, the layout, and the bodies of both traits.
type Parts = (TokenStream, TokenStream, Lower, Lift);

fn without_data(data: &Enum) -> Parts {
    let idents: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names: Vec<&str> = data.variants.iter().map(|variant| &*variant.name).collect();
    let tags = tags(data);
    let lower = Lower {
        c: quote!(i32),
        points: quote!(false),
        lower: quote!(__place.write(match self { #(Self::#idents => #tags,)* });),
        encode: quote!(__writer.text(match self { #(Self::#idents => #names,)* });),
    };
    let no_tag = no_tag();
    let lift = Lift {
        arg: quote!(i32),
        lift: quote!(<Self as ::ffihost::wire::Lift>::lift_arg(__place.read_unaligned(), __reader)),
        lift_arg: quote!(match __arg { #(#tags => ::core::result::Result::Ok(Self::#idents),)* #no_tag }),
        decode: decode(data),
    };
    (TokenStream::new(), TokenStream::new(), lower, lift)
}

fn with_data(data: &Enum) -> Parts {
    let (c, union, tags) = (c_name(), format_ident!("__FfihostPayload"), tags(data));
    let c_types = c_types(data, &c, &union);
    let layout = quote! {
        ::core::mem::size_of::<#c>(), ::core::mem::align_of::<#c>(), ::core::mem::offset_of!(#c, payload)
    };
    let lowered = data.variants.iter().zip(&tags).enumerate().map(|(index, (variant, tag))| lower(variant, index, tag));
    let encoded = data.variants.iter().map(encode);
    let lower = Lower {
        c: quote!(#c),
        points: fields::point(data.variants.iter().flat_map(Variant::types)),
        lower: quote!(match self { #(#lowered)* }),
        encode: quote!(match self { #(#encoded)* }),
    };
    let (lifted, no_tag) = (data.variants.iter().enumerate().map(|(index, variant)| lift(variant, index)), no_tag());
    let lift = Lift {
        arg: quote!(*const #c),
        lift: quote!(match (&raw const (*__place).tag).read_unaligned() { #(#tags => #lifted,)* #no_tag }),
        lift_arg: quote!(::ffihost::wire::native::lift_pointer::<Self>(__arg, __reader)),
        decode: decode(data),
    };
    (c_types, layout, lower, lift)
}

fn tags(data: &Enum) -> Vec<TokenStream> {
    let tags = (0..data.variants.len()).map(proc_macro2::Literal::usize_unsuffixed);
    tags.map(|tag| quote!(#tag)).collect()
}

fn no_tag() -> TokenStream {
    quote! {
        __other => ::core::result::Result::Err(::ffihost::DecodeError::new(
            ::core::format_args!("no variant has the tag {__other}"),
        ))
    }
}

/// Where a variant's payload is in the union.
fn member(index: usize) -> Ident {
    format_ident!("v{}", index)
}

fn c_types(data: &Enum, c: &Ident, union: &Ident) -> TokenStream {
    let (mut structs, mut members) = (TokenStream::new(), TokenStream::new());
    for (index, variant) in data.variants.iter().enumerate() {
        let member = member(index);
        match &variant.payload {
            Payload::Unit => {}
            Payload::One(ty) => {
                let ty = Crossing::of(ty).lower_item("C");
                members.extend(quote!(pub #member: #ty,));
            }
            Payload::Fields(list) => {
                let name = format_ident!("__FfihostVariant{}", index);
                structs.extend(fields::c_struct(&name, list));
                members.extend(quote!(pub #member: #name,));
            }
        }
    }
    let (copy_union, copy_struct) = (fields::copy(union), fields::copy(c));
    quote! {
        #structs
        #[repr(C)]
        pub union #union { #members }
        #[repr(C)]
        pub struct #c { pub tag: i32, pub payload: #union, __ffihost_end: [u8; 0] }
        #copy_union
        #copy_struct
    }
}

/// Names that the fields of a variant are bound to.
fn bound(variant: &Variant) -> impl Fn(&Field) -> TokenStream {
    let idents: Vec<Ident> = variant.fields().iter().map(|field| field.ident.clone()).collect();
    move |field| {
        let index = idents.iter().position(|ident| *ident == field.ident).unwrap_or(0);
        let bound = format_ident!("__field{}", index);
        quote!(#bound)
    }
}

/// `Self::Name { field: __field0, … }`
fn pattern(variant: &Variant) -> TokenStream {
    let ident = &variant.ident;
    match &variant.payload {
        Payload::Unit => quote!(Self::#ident),
        Payload::One(_) => quote!(Self::#ident(__value)),
        Payload::Fields(list) => {
            let (members, bound) = (list.iter().map(Field::member), list.iter().map(bound(variant)));
            quote!(Self::#ident { #(#members: #bound),* })
        }
    }
}

fn lower(variant: &Variant, index: usize, tag: &TokenStream) -> TokenStream {
    let (pattern, member) = (pattern(variant), member(index));
    let payload = match &variant.payload {
        Payload::Unit => TokenStream::new(),
        Payload::One(ty) => {
            let place = quote!(&raw mut (*__place).payload.#member, __scratch);
            let lower = Crossing::of(ty).lower("lower", &quote!(__value), &place);
            quote!(#lower;)
        }
        Payload::Fields(list) => fields::lower(list, &quote!((*__place).payload.#member), bound(variant)),
    };
    quote! {
        #pattern => {
            (&raw mut (*__place).tag).write(#tag);
            #payload
        }
    }
}

fn encode(variant: &Variant) -> TokenStream {
    let (pattern, name) = (pattern(variant), &variant.name);
    let payload = match &variant.payload {
        Payload::Unit => return quote!(#pattern => __writer.text(#name),),
        Payload::One(ty) => {
            let encode = Crossing::of(ty).lower("encode", &quote!(__value), &quote!(__writer));
            quote!(#encode;)
        }
        Payload::Fields(list) => fields::encode(list, bound(variant)),
    };
    quote! {
        #pattern => {
            __writer.map(1);
            __writer.text(#name);
            #payload
        }
    }
}

fn lift(variant: &Variant, index: usize) -> TokenStream {
    let (ident, name, member) = (&variant.ident, &variant.name, member(index));
    match &variant.payload {
        Payload::Unit => quote!(::core::result::Result::Ok(Self::#ident)),
        Payload::One(ty) => {
            let crossing = Crossing::of(ty);
            let lift = crossing.lift("lift", &quote!(&raw const (*__place).payload.#member, __reader));
            let make = make(ident, &crossing);
            quote! {
                #lift
                    .map(#make)
                    .map_err(|__error| __error.at(#name))
            }
        }
        Payload::Fields(list) => {
            let lifted = fields::lift(list, &quote!((*__place).payload.#member));
            quote! {
                (|| ::core::result::Result::Ok(Self::#ident { #lifted }))()
                    .map_err(|__error: ::ffihost::DecodeError| __error.at(#name))
            }
        }
    }
}

/// The function that makes a variant of what is in the place of its value.
fn make(variant: &Ident, crossing: &Crossing) -> TokenStream {
    if !crossing.has_suspects() {
        return quote!(Self::#variant);
    }
    let made = crossing.made(&quote!(__value));
    quote!(|__value| Self::#variant(#made))
}

fn decode(data: &Enum) -> TokenStream {
    let variants = data.variants.iter().map(|variant| {
        let (ident, name) = (&variant.ident, &variant.name);
        let value = match &variant.payload {
            Payload::Unit => {
                return quote! {
                    (#name, ::core::option::Option::None) => ::core::result::Result::Ok(Self::#ident),
                    (#name, ::core::option::Option::Some(__reader)) => {
                        __reader.null().map(|()| Self::#ident).map_err(::ffihost::DecodeError::of_cbor)
                    }
                };
            }
            Payload::One(ty) => {
                let crossing = Crossing::of(ty);
                let (decode, make) = (crossing.lift("decode", &quote!(__reader)), make(ident, &crossing));
                quote!(#decode.map(#make))
            }
            Payload::Fields(list) => {
                let (decoded, taken) = (fields::decode(fields::named(list)), fields::taken(list));
                quote!({
                    #decoded
                    ::core::result::Result::Ok(Self::#ident { #taken })
                })
            }
        };
        let alone = format!("the variant `{name}` has a value: it is a map of one entry");
        quote! {
            (#name, ::core::option::Option::Some(__reader)) => #value,
            (#name, ::core::option::Option::None) => {
                ::core::result::Result::Err(::ffihost::DecodeError::new(#alone))
            }
        }
    });
    quote! {
        __reader.variant(|__name, __payload| match (__name, __payload) {
            #(#variants)*
            _ => ::core::result::Result::Err(::ffihost::DecodeError::new(
                ::core::format_args!("there is no variant `{__name}`"),
            )),
        })
    }
}
