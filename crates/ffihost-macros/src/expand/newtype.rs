//! Newtypes: structs of one field without a name, which cross as what they hold.

use super::crossing::Crossing;
use super::impls::send;
use super::{beside, piece, unique};
use crate::model::Field;
use crate::model::data::Struct;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(data: &Struct, field: &Field) -> TokenStream {
    let (item, name, held) = (&data.item, &data.head.ident, Crossing::of(&field.ty));
    let shape = held.lower_item("SHAPE");
    let piece = piece(&data.head, &TokenStream::new(), &quote!(Newtype { shape: #shape }));
    let checked = held.checked(&["value", "held"]);
    let (lower, lift) = (lower(data, &held), lift(data, &held));
    let (send, unique) = (send(name, [&field.ty].into_iter()), unique("Types", [name.clone()]));
    let beside = beside(&data.head, &quote!(#checked #lower #lift #send #unique #piece));
    quote!(#item #beside)
}

fn lower(data: &Struct, held: &Crossing) -> TokenStream {
    let (name, text) = (&data.head.ident, &data.head.name);
    let [c, shape, points] = ["C", "SHAPE", "POINTS"].map(|item| held.lower_item(item));
    let own = quote!(&self.0);
    let lower = held.lower("lower", &own, &quote!(__place, __scratch));
    let encode = held.lower("encode", &own, &quote!(__writer));
    let payload = held.lower("payload", &own, &quote!(__take));
    quote! {
        #[automatically_derived]
        unsafe impl ::ffihost::wire::Lower for #name {
            type C = #c;
            const SHAPE: ::ffihost::export::Shape =
                ::ffihost::export::Shape::As(::ffihost::export::Logic::Newtype(#text), &#shape);
            const POINTS: bool = #points;
            #[inline]
            unsafe fn lower(&self, __place: *mut Self::C, __scratch: &::ffihost::wire::native::Scratch) {
                unsafe { #lower }
            }
            fn encode(&self, __writer: &mut ::ffihost::wire::cbor::Writer<'_>) {
                #encode
            }
            #[inline]
            fn payload(&self, __take: impl ::core::ops::FnMut(&[u8])) {
                #payload
            }
        }
    }
}

fn lift(data: &Struct, held: &Crossing) -> TokenStream {
    let (name, arg, made) = (&data.head.ident, held.lift_item("Arg"), held.made(&quote!(__value)));
    let result = quote!(::core::result::Result<Self, ::ffihost::DecodeError>);
    let reader = quote!(__reader: &mut ::ffihost::wire::native::Reader);
    let lifted = |item, arguments: TokenStream| {
        let lift = held.lift(item, &arguments);
        quote!(#lift.map(|__value| Self(#made)))
    };
    let lift = lifted("lift", quote!(__place, __reader));
    let lift_arg = lifted("lift_arg", quote!(__arg, __reader));
    let lift_payload = lifted("lift_payload", quote!(__bytes, __reader));
    let decode = lifted("decode", quote!(__reader));
    quote! {
        #[automatically_derived]
        unsafe impl ::ffihost::wire::Lift for #name {
            type Arg = #arg;
            #[inline]
            unsafe fn lift(__place: *const <Self as ::ffihost::wire::Lower>::C, #reader) -> #result {
                unsafe { #lift }
            }
            #[inline]
            unsafe fn lift_arg(__arg: #arg, #reader) -> #result {
                unsafe { #lift_arg }
            }
            fn decode(__reader: &mut ::ffihost::wire::cbor::Reader<'_>) -> #result {
                #decode
            }
            unsafe fn lift_payload(__bytes: &[u8], #reader) -> #result {
                unsafe { #lift_payload }
            }
        }
    }
}
