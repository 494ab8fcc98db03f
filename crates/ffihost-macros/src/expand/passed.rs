//! What is passed to the host: the arguments of a host function or an event, as one struct.

use super::crossing::Crossing;
use super::{fields, located, unique};
use crate::model::signature::{Param, Pass};
use crate::model::types;
use crate::model::{Field, Head};
use ffihost_abi::names;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Type, Visibility, parse_quote};

/// The parameters of one host function or event.
pub(crate) struct Passed<'a> {
    head: &'a Head,
    params: &'a [Param],
    /// The struct of them as they are passed, and as they are owned: two if something is borrowed.
    args: Ident,
    owned: Ident,
    /// The C struct.
    c: Ident,
    borrowed: bool,
}

impl<'a> Passed<'a> {
    pub(crate) fn new(head: &'a Head, params: &'a [Param]) -> Self {
        let borrowed = params.iter().any(Param::is_borrowed);
        let args = format_ident!("__ffihost_{}_args", head.name);
        let owned = if borrowed { format_ident!("__ffihost_{}_owned_args", head.name) } else { args.clone() };
        Self { head, params, args, owned, c: Ident::new("__FfihostC", Span::call_site()), borrowed }
    }

    fn lifetime(&self) -> Option<TokenStream> {
        self.borrowed.then(|| quote!(<'__ffihost>))
    }

    /// What is declared before the parameters.
    pub(crate) fn generics(&self) -> TokenStream {
        self.lifetime().unwrap_or_default()
    }

    /// The type of [`value`](Self::value).
    pub(crate) fn ty(&self) -> TokenStream {
        let (args, lifetime) = (&self.args, self.lifetime());
        quote!(#args #lifetime)
    }

    /// The struct that owns everything.
    pub(crate) fn owned(&self) -> &Ident {
        &self.owned
    }

    /// As a test's closure takes them.
    pub(crate) fn owned_types(&self) -> impl Iterator<Item = TokenStream> {
        self.params.iter().map(|param| Crossing::of(&param.field.ty).this())
    }

    /// `__args.name, …`
    pub(crate) fn taken(&self) -> TokenStream {
        let idents = self.idents();
        quote!(#(__args.#idents),*)
    }

    /// The types of the struct.
    fn passed_types(&self) -> impl Iterator<Item = TokenStream> {
        self.params.iter().map(|param| Crossing::of(&passed_type(param)).this())
    }

    fn idents(&self) -> impl Iterator<Item = &Ident> {
        self.params.iter().map(|param| &param.field.ident)
    }

    /// `name: Type, …`, as the author's function takes them.
    pub(crate) fn parameters(&self) -> TokenStream {
        let (idents, types) = (self.idents(), self.params.iter().map(passed_type));
        quote!(#(#idents: #types),*)
    }

    /// The struct, made of the parameters.
    pub(crate) fn value(&self) -> TokenStream {
        let (args, idents) = (&self.args, self.idents());
        let values = self.params.iter().map(|param| {
            let ident = &param.field.ident;
            Crossing::of(&passed_type(param)).take(&quote!(#ident))
        });
        quote!(#args { #(#idents: #values),* })
    }

    /// What is in the scope of the author's function: its own type, with what else can be done with it.
    pub(crate) fn namespace(&self, vis: &Visibility, methods: &TokenStream) -> TokenStream {
        let (ident, conditions) = (&self.head.ident, &self.head.conditions);
        quote! {
            #(#conditions)*
            #[doc(hidden)]
            #[allow(deprecated, non_camel_case_types, clippy::pedantic)]
            #vis enum #ident {}
            #(#conditions)*
            #[allow(dead_code, deprecated, clippy::pedantic)]
            impl #ident { #methods }
        }
    }

    /// The struct, or both.
    pub(crate) fn structs(&self) -> TokenStream {
        let (args, owned, lifetime) = (&self.args, &self.owned, self.lifetime());
        let (idents, conditions) = (self.idents().collect::<Vec<_>>(), &self.head.conditions);
        let (passed_types, owned_types) = (self.passed_types(), self.owned_types());
        let hidden = quote! {
            #(#conditions)*
            #[doc(hidden)]
            #[allow(dead_code, deprecated, non_camel_case_types, non_snake_case, clippy::pedantic)]
        };
        let owned = self.borrowed.then(|| quote!(#hidden pub struct #owned { #(#idents: #owned_types),* }));
        quote! {
            #hidden
            pub struct #args #lifetime { #(#idents: #passed_types),* }
            #owned
        }
    }

    /// How the struct, or both, cross.
    pub(crate) fn impls(&self) -> TokenStream {
        let (owned, idents) = (&self.owned, self.idents().collect::<Vec<_>>());
        let c_struct =
            if self.params.is_empty() { TokenStream::new() } else { fields::c_struct(&self.c, &self.fields(false)) };
        let owned_value = quote!(self);
        if !self.borrowed {
            let crosses = self.crosses(&quote!(#owned), &self.fields(false), &owned_value);
            return quote!(#c_struct #crosses);
        }
        let taken_over = self.params.iter().map(taken_over);
        let borrowed = self.crosses(&self.ty(), &self.fields(true), &quote!(#owned { #(#idents: #taken_over),* }));
        let owned = self.crosses(&quote!(#owned), &self.fields(false), &owned_value);
        quote!(#c_struct #borrowed #owned)
    }

    fn fields(&self, borrowed: bool) -> Vec<Field> {
        let types: Vec<_> = if borrowed { self.passed_types().collect() } else { self.owned_types().collect() };
        let field = |(param, ty): (&Param, _)| Field { ty: Type::Verbatim(ty), ..param.field.clone() };
        self.params.iter().zip(types).map(field).collect()
    }

    fn crosses(&self, ty: &TokenStream, list: &[Field], into_owned: &TokenStream) -> TokenStream {
        let own = |field: &Field| {
            let ident = &field.ident;
            quote!(&self.#ident)
        };
        let (c, payload) = match list {
            [] => {
                let nothing = quote! {
                    fn payload(&self, mut __take: impl ::core::ops::FnMut(&[u8])) {
                        __take(&[]);
                    }
                };
                (quote!(()), nothing)
            }
            _ => {
                let c = &self.c;
                (quote!(#c), TokenStream::new())
            }
        };
        let (lower, encode) = (fields::lower(list, &quote!((*__place)), own), fields::encode(list, own));
        let (generics, owned, shape) = (self.lifetime_of(ty), &self.owned, self.shape());
        quote! {
            unsafe impl #generics ::ffihost::wire::Lower for #ty {
                type C = #c;
                const SHAPE: ::ffihost::export::Shape = ::ffihost::export::Shape::Named(#shape);
                #[inline]
                unsafe fn lower(&self, __place: *mut #c, __scratch: &::ffihost::wire::native::Scratch) {
                    unsafe { #lower }
                }
                fn encode(&self, __writer: &mut ::ffihost::wire::cbor::Writer<'_>) {
                    #encode
                }
                #payload
            }
            impl #generics ::ffihost::ToHost for #ty {
                type Owned = #owned;
                #[inline]
                fn to_host(&self, __format: ::ffihost::Format, __take: &mut dyn ::core::ops::FnMut(&[u8])) {
                    ::ffihost::wire::to_payload(self, __format, __take);
                }
                #[inline]
                fn to_host_natively(&self, __take: impl ::core::ops::FnMut(&[u8])) {
                    ::ffihost::wire::Lower::payload(self, __take);
                }
                #[inline]
                fn into_owned(self) -> #owned {
                    #into_owned
                }
            }
        }
    }

    /// The lifetime if that type has it: the owned one has none.
    fn lifetime_of(&self, ty: &TokenStream) -> Option<TokenStream> {
        let is_owned = self.owned == ty.to_string();
        self.lifetime().filter(|_| !is_owned)
    }

    fn shape(&self) -> String {
        names::args(&self.head.name)
    }

    /// What is checked of their types.
    pub(crate) fn checked(&self) -> TokenStream {
        fields::checked(self.params.iter().map(|param| &param.field.ty))
    }

    /// What the descriptor says of them.
    pub(crate) fn described(&self) -> TokenStream {
        fields::described(&self.fields(false))
    }

    /// What the descriptor says of the C struct.
    pub(crate) fn layout(&self) -> TokenStream {
        if self.params.is_empty() { TokenStream::new() } else { fields::layout(&self.c, &self.fields(false)) }
    }

    /// Makes two of one name an error; the struct has a name in C, too.
    pub(crate) fn unique(&self, namespace: &str) -> TokenStream {
        let ident = &self.head.ident;
        let this = unique(namespace, [ident.clone()]);
        if self.params.is_empty() {
            return this;
        }
        let args = unique("Types", [Ident::new(&self.shape(), ident.span())]);
        quote!(#this #args)
    }
}

/// The field of the struct that owns everything, of that which borrows.
fn taken_over(param: &Param) -> TokenStream {
    let Field { ident, ty, .. } = &param.field;
    match param.pass {
        Pass::Value => quote!(self.#ident),
        // What is borrowed has to outlive the call if that goes on on another thread.
        Pass::Text | Pass::Bytes | Pass::List | Pass::Reference => {
            let borrowed = Crossing::of(&passed_type(param)).made(&quote!(self.#ident));
            let owned = quote_spanned!(located(ty.span())=> ::std::borrow::ToOwned::to_owned(#borrowed));
            Crossing::of(ty).take(&owned)
        }
    }
}

/// As the author's function takes it.
fn passed_type(param: &Param) -> Type {
    let owned = &param.field.ty;
    match param.pass {
        Pass::Value => owned.clone(),
        Pass::Text => parse_quote!(&'__ffihost str),
        Pass::Bytes | Pass::List => {
            let elem = types::last(owned).and_then(|last| types::arguments(last).next());
            parse_quote!(&'__ffihost [#elem])
        }
        Pass::Reference => parse_quote!(&'__ffihost #owned),
    }
}
