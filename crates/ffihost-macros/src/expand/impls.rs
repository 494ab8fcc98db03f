//! The implementations of the traits by which a type crosses.

use crate::model::types;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;

/// The C type, in the scope of what is emitted for one type.
pub(crate) fn c_name() -> Ident {
    Ident::new("__FfihostC", Span::call_site())
}

/// The bodies of an implementation of `Lower`.
pub(crate) struct Lower {
    pub(crate) c: TokenStream,
    /// Whether that may hold pointers.
    pub(crate) points: TokenStream,
    pub(crate) lower: TokenStream,
    pub(crate) encode: TokenStream,
}

/// The bodies of an implementation of `Lift`.
pub(crate) struct Lift {
    pub(crate) arg: TokenStream,
    pub(crate) lift: TokenStream,
    pub(crate) lift_arg: TokenStream,
    pub(crate) decode: TokenStream,
}

impl Lower {
    pub(crate) fn expand(&self, name: &Ident) -> TokenStream {
        let Self { c, points, lower, encode } = self;
        let shape = crate::names::text(name);
        quote! {
            #[automatically_derived]
            unsafe impl ::ffihost::wire::Lower for #name {
                type C = #c;
                const SHAPE: ::ffihost::export::Shape = ::ffihost::export::Shape::Named(#shape);
                const POINTS: bool = #points;
                #[inline]
                unsafe fn lower(&self, __place: *mut #c, __scratch: &::ffihost::wire::native::Scratch) {
                    unsafe { #lower }
                }
                fn encode(&self, __writer: &mut ::ffihost::wire::cbor::Writer<'_>) {
                    #encode
                }
            }
        }
    }
}

impl Lift {
    pub(crate) fn expand(&self, name: &Ident) -> TokenStream {
        let Self { arg, lift, lift_arg, decode } = self;
        let result = quote!(::core::result::Result<Self, ::ffihost::DecodeError>);
        let reader = quote!(__reader: &mut ::ffihost::wire::native::Reader);
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
            }
        }
    }
}

/// That it is `Send`, as its fields are, or else they would not cross: what the compiler says of a suspect is enough.
pub(crate) fn send<'a>(name: &Ident, mut fields: impl Iterator<Item = &'a Type>) -> TokenStream {
    if fields.all(|ty| types::suspects(ty).is_empty()) {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        unsafe impl ::core::marker::Send for #name {}
    }
}

/// What makes it an error that can be declared.
pub(crate) fn declared(name: &Ident, error: bool) -> TokenStream {
    if !error {
        return TokenStream::new();
    }
    quote! {
        #[automatically_derived]
        impl ::ffihost::wire::Declared for #name {
            const SHAPE: ::core::option::Option<::ffihost::export::Shape> =
                ::core::option::Option::Some(<Self as ::ffihost::wire::Lower>::SHAPE);
            fn to_payload(&self, __format: ::ffihost::Format, __take: &mut dyn ::core::ops::FnMut(&[u8])) {
                ::ffihost::wire::to_payload(self, __format, __take);
            }
            fn text(&self) -> ::std::string::String {
                use ::ffihost::export::{ByDisplay as _, WithoutDisplay as _};
                (&::ffihost::export::Shown(self)).text()
            }
            fn keep(self) -> ::core::option::Option<::ffihost::wire::Kept> {
                ::core::option::Option::Some(::ffihost::wire::keep(self))
            }
        }
        #[automatically_derived]
        impl ::ffihost::wire::DeclaredByHost for #name {
            unsafe fn from_payload(
                __format: ::ffihost::Format,
                __bytes: &[u8],
                __budget: usize,
            ) -> ::core::result::Result<::ffihost::HostError<Self>, ::ffihost::DecodeError> {
                unsafe { ::ffihost::wire::from_payload::<Self>(__format, __bytes, __budget) }
                    .map(::ffihost::HostError::Declared)
            }
        }
    }
}
