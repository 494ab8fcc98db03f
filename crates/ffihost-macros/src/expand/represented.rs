//! Types that cross as another one, by the conversions that the author has written.

use super::beside;
use super::crossing::Crossing;
use crate::model::represented::Represented;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

pub(crate) fn expand(data: &Represented) -> TokenStream {
    let (item, ident, name) = (&data.item, &data.head.ident, &data.head.name);
    let (whole, crossing) = (&data.representation, Crossing::of(&data.representation));
    let (checked, converted) = (crossing.checked(&["representation"]), converted(data, &crossing));
    let (into, from) = (converts(data, "INTO"), converts(data, "FROM"));
    // One that does not cross is replaced, so that the check of it is all that the compiler says.
    let crosses = quote!({
        use ::ffihost::wire::advice::OrNot as _;
        ::ffihost::wire::advice::Crosses::<#whole>::CROSSES
    });
    let select = quote!(<#whole as ::ffihost::wire::advice::Select<#crosses>>);
    let take = quote!(<#whole as ::ffihost::wire::advice::Take<#crosses, #whole>>::take);
    let beside = beside(
        &data.head,
        &quote! {
            #checked
            #converted
            #[automatically_derived]
            impl ::ffihost::wire::Represented for #ident {
                type Representation = #select::This;
                const LOGIC: ::core::option::Option<&'static str> = ::core::option::Option::Some(#name);
                fn represent(&self) -> Self::Representation {
                    #take(<Self as ::ffihost::wire::advice::Represent<#into, #whole>>::represent(self))
                }
                fn from_representation(
                    __representation: Self::Representation,
                ) -> ::core::result::Result<Self, ::ffihost::DecodeError> {
                    <Self as ::ffihost::wire::advice::Restore<#from, #whole>>::restore(#select::made(__representation))
                }
            }
            ::ffihost::__represented!(#ident);
        },
    );
    quote!(#item #beside)
}

/// Says which conversion is missing, at the representation.
fn converted(data: &Represented, crossing: &Crossing) -> TokenStream {
    let (ident, whole) = (&data.head.ident, &data.representation);
    let missing = [("IntoRepresentation", "INTO"), ("FromRepresentation", "FROM")].map(|(advice, constant)| {
        let (advice, converts) = (Ident::new(advice, Span::call_site()), converts(data, constant));
        let of = quote!(::ffihost::wire::advice::#advice<#converts, #whole>);
        let fine = crossing.place().outer(&quote!(#ident), of, "FINE");
        quote!(const _: () = #fine;)
    });
    quote!(#(#missing)*)
}

/// A constant: whether that conversion is there.
fn converts(data: &Represented, constant: &str) -> TokenStream {
    let (ident, whole, constant) = (&data.head.ident, &data.representation, Ident::new(constant, Span::call_site()));
    quote! {
        {
            use ::ffihost::wire::advice::ConvertsNot as _;
            ::ffihost::wire::advice::Converts::<#ident, #whole>::#constant
        }
    }
}
