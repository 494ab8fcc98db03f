//! Structs that cross.

use super::impls::{Lift, Lower, c_name, declared, send};
use super::{beside, fields, piece, unique};
use crate::model::data::Struct;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(data: &Struct) -> TokenStream {
    let (item, name, list) = (&data.item, &data.head.ident, &data.fields);
    let c = c_name();
    let c_struct = fields::c_struct(&c, list);
    let own = |field: &crate::model::Field| {
        let member = field.member();
        quote!(&self.#member)
    };
    let lower = Lower {
        c: quote!(#c),
        points: fields::point(list.iter().map(|field| &field.ty)),
        lower: fields::lower(list, &quote!((*__place)), own),
        encode: fields::encode(list, own),
    };
    let (lifted, decoded, taken) =
        (fields::lift(list, &quote!((*__place))), fields::decode(fields::named(list)), fields::taken(list));
    let lift = Lift {
        arg: quote!(*const #c),
        lift: quote!(::core::result::Result::Ok(Self { #lifted })),
        lift_arg: quote!(::ffihost::wire::native::lift_pointer::<Self>(__arg, __reader)),
        decode: quote! {
            #decoded
            ::core::result::Result::Ok(Self { #taken })
        },
    };
    let (error, described) = (data.error, fields::described(list));
    let body = quote!(Struct { error: #error, fields: #described });
    let piece = piece(&data.head, &fields::layout(&c, list), &body);
    let (lower, lift) = (lower.expand(name), lift.expand(name));
    let declared = declared(name, data.error);
    let types = || list.iter().map(|field| &field.ty);
    let (send, checked) = (send(name, types()), fields::checked(types()));
    let unique = unique("Types", [name.clone()]);
    let beside = beside(&data.head, &quote!(#checked #c_struct #lower #lift #send #declared #unique #piece));
    quote!(#item #beside)
}
