//! Groups of host functions: the trait, the type that calls the host's implementation of it, and doubles of it.

use super::crossing::Crossing;
use super::passed::Passed;
use super::{beside, host_fn};
use crate::model::group::{Group, Method};
use crate::model::signature::Pass;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(crate) fn expand(group: &Group) -> TokenStream {
    let (declared, companion) = (declared(group), companion(group));
    let parts = group.methods.iter().map(|method| {
        let args = method.passed();
        let (structs, impls, unique) = (args.structs(), args.impls(), args.unique("HostFns"));
        let piece = host_fn::described(&method.function, &args, Some((&group.head.name, &method.name())));
        let beside = beside(&method.function.head, &quote!(#impls #unique #piece));
        let conditions = &group.head.conditions;
        quote! {
            #structs
            #(#conditions)*
            #beside
        }
    });
    quote!(#declared #companion #(#parts)*)
}

/// The trait: what is awaited is `Send`, so that generic code may spawn it.
pub(crate) fn declared(group: &Group) -> TokenStream {
    let (attrs, vis, ident) = (&group.attrs, &group.vis, &group.head.ident);
    let methods = group.methods.iter().map(|method| {
        let (attrs, signature) = (&method.attrs, method.signature());
        quote!(#(#attrs)* #signature;)
    });
    quote! {
        #(#attrs)*
        #[allow(dead_code)]
        #vis trait #ident { #(#methods)* }
    }
}

/// The type that calls the host.
fn companion(group: &Group) -> TokenStream {
    let (vis, ident, this, conditions) = (&group.vis, &group.head.ident, &group.companion, &group.head.conditions);
    let calls = group.methods.iter().map(Method::call);
    let statics = group.methods.iter().map(Method::host_fn);
    let forwards = group.methods.iter().map(|method| {
        let (signature, name, idents) = (method.signature(), &method.sig.ident, method.idents());
        let call = quote!(Self::#name(self, #(#idents),*));
        // A block holds each of the borrowed parameters by its own lifetime, which the call itself has one for.
        let body = if method.function.asynchronous { quote!(async move { #call.await }) } else { call };
        quote!(#signature { #body })
    });
    let implemented = group.methods.iter().map(|method| method.double(group));
    let docs = format!("Calls the host's implementation of [`{ident}`](trait@{ident}).");
    let implement = format!(
        "Implements [`{ident}`](trait@{ident}) for the unit tests of this thread, where there is no host, until the returned \
         values are dropped."
    );
    quote! {
        #(#conditions)*
        #[doc = #docs]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #this(::core::option::Option<::ffihost::Host>);
        #(#conditions)*
        #[allow(dead_code, deprecated, missing_docs, clippy::pedantic)]
        impl #this {
            /// Calls the host of the context in which each call is made.
            pub const fn current() -> Self {
                Self(::core::option::Option::None)
            }
            /// Calls this host, from any thread.
            pub const fn of(host: ::ffihost::Host) -> Self {
                Self(::core::option::Option::Some(host))
            }
            #[doc = #implement]
            #[must_use = "the implementation is gone when this is dropped"]
            pub fn implement<__T>(__implementation: __T) -> ::std::vec::Vec<::ffihost::testing::Implementation>
            where
                __T: #ident + ::core::marker::Send + ::core::marker::Sync + 'static,
            {
                let __implementation = ::std::sync::Arc::new(__implementation);
                ::std::vec![#(#implemented),*]
            }
            #(#calls)*
            #(#statics)*
        }
        #(#conditions)*
        #[allow(deprecated)]
        impl #ident for #this { #(#forwards)* }
    }
}

impl Method {
    fn passed(&self) -> Passed<'_> {
        Passed::new(&self.function.head, &self.function.params)
    }

    fn idents(&self) -> impl Iterator<Item = &proc_macro2::Ident> {
        self.function.params.iter().map(|param| &param.field.ident)
    }

    /// As a function of the trait: one that is awaited says so by what it returns.
    fn signature(&self) -> TokenStream {
        let mut sig = self.sig.clone();
        if sig.asyncness.take().is_some() {
            let output = &self.function.output;
            sig.output = syn::parse_quote! {
                -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
            };
        }
        quote!(#sig)
    }

    fn function_of(&self) -> proc_macro2::Ident {
        format_ident!("__ffihost_{}", self.function.head.name)
    }

    fn host_fn(&self) -> TokenStream {
        let (function, name) = (self.function_of(), &self.function.head.name);
        quote! {
            #[doc(hidden)]
            #[inline]
            fn #function() -> &'static ::ffihost::HostFn {
                static __FFIHOST_FUNCTION: ::ffihost::HostFn = ::ffihost::HostFn::new(#name);
                &__FFIHOST_FUNCTION
            }
        }
    }

    /// The function that the author calls.
    fn call(&self) -> TokenStream {
        let (args, output) = (self.passed(), &self.function.output);
        let (attrs, name, of) = (&self.attrs, &self.sig.ident, self.function_of());
        let (lifetime, parameters, value) = (args.generics(), args.parameters(), args.value());
        let crossing = Crossing::returned(output);
        if !self.function.asynchronous {
            let call = crossing.made(&quote!(match self.0 {
                ::core::option::Option::Some(__host) => ::ffihost::export::call_now_on(__host, Self::#of(), #value),
                ::core::option::Option::None => ::ffihost::export::call_now(Self::#of(), #value),
            }));
            return quote! {
                #(#attrs)*
                pub fn #name #lifetime(&self, #parameters) -> #output { #call }
            };
        }
        let ty = args.ty();
        let deadline =
            self.function.deadline.map(|deadline| quote!(.deadline(::core::time::Duration::from_millis(#deadline))));
        let call = crossing.place().last_of(quote!(::ffihost::HostCall<#ty,), &crossing.this());
        quote! {
            #(#attrs)*
            #[inline]
            pub fn #name #lifetime(&self, #parameters) -> #call {
                let __call = ::ffihost::HostCall::new(Self::#of(), #value) #deadline;
                match self.0 {
                    ::core::option::Option::Some(__host) => __call.on(__host),
                    ::core::option::Option::None => __call,
                }
            }
        }
    }

    /// Implements one function by the double, which all functions share.
    fn double(&self, group: &Group) -> TokenStream {
        let (args, output, of) = (self.passed(), &self.function.output, self.function_of());
        let (owned, of_trait, name) = (args.owned(), &group.head.ident, &self.sig.ident);
        let values = self.function.params.iter().map(|param| {
            let (ident, crossing) = (&param.field.ident, Crossing::of(&param.field.ty));
            match param.pass {
                Pass::Value => crossing.made(&quote!(__args.#ident)),
                Pass::Text | Pass::Bytes | Pass::List | Pass::Reference => crossing.lent(&quote!(&__args.#ident)),
            }
        });
        let call = quote!(<__T as #of_trait>::#name(&*__double, #(#values),*));
        if !self.function.asynchronous {
            return quote!({
                let __double = ::std::sync::Arc::clone(&__implementation);
                ::ffihost::export::implement_now::<#owned, #output>(
                    Self::#of(),
                    ::std::boxed::Box::new(move |__args: #owned| #call),
                )
            });
        }
        quote!({
            let __double = ::std::sync::Arc::clone(&__implementation);
            ::ffihost::export::implement::<#owned, #output>(
                Self::#of(),
                ::std::boxed::Box::new(move |__args: #owned| {
                    let __double = ::std::sync::Arc::clone(&__double);
                    ::std::boxed::Box::pin(async move { #call.await })
                }),
            )
        })
    }
}
