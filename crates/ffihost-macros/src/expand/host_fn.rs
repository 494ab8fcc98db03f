//! Host functions.

use super::crossing::Crossing;
use super::fields::described_output;
use super::passed::Passed;
use super::{beside, piece};
use crate::model::declared::HostFn;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(function: &HostFn) -> TokenStream {
    let args = Passed::new(&function.head, &function.params);
    let (declared, namespace) =
        (declared(function, &args), args.namespace(&function.item.vis, &implement(function, &args)));
    let args_struct = args.structs();
    let piece = described(function, &args, None);
    let (unique, impls) = (args.unique("HostFns"), args.impls());
    let (name, ident) = (&function.head.name, &function.head.ident);
    let function_of = quote! {
        impl #ident {
            #[doc(hidden)]
            #[inline]
            pub fn __ffihost_function() -> &'static ::ffihost::HostFn {
                static __FFIHOST_FUNCTION: ::ffihost::HostFn = ::ffihost::HostFn::new(#name);
                &__FFIHOST_FUNCTION
            }
        }
    };
    let beside = beside(&function.head, &quote!(#impls #function_of #unique #piece));
    quote!(#declared #args_struct #namespace #beside)
}

/// The function that the author calls.
fn declared(function: &HostFn, args: &Passed<'_>) -> TokenStream {
    let (attrs, vis, ident, output) =
        (&function.item.attrs, &function.item.vis, &function.head.ident, &function.output);
    let (lifetime, parameters, value) = (args.generics(), args.parameters(), args.value());
    let (of, crossing) = (quote!(#ident::__ffihost_function()), Crossing::returned(output));
    if !function.asynchronous {
        let call = crossing.made(&quote!(::ffihost::export::call_now(#of, #value)));
        return quote! {
            #(#attrs)*
            #vis fn #ident #lifetime(#parameters) -> #output {
                #call
            }
        };
    }
    let deadline = function.deadline.map(|deadline| quote!(.deadline(::core::time::Duration::from_millis(#deadline))));
    let ty = args.ty();
    // What it returns is large, and is awaited where it is made.
    let inline = (!attrs.iter().any(|attr| attr.path().is_ident("inline"))).then(|| quote!(#[inline]));
    let call = crossing.place().last_of(quote!(::ffihost::HostCall<#ty,), &crossing.this());
    quote! {
        #(#attrs)*
        #inline
        #vis fn #ident #lifetime(#parameters) -> #call {
            ::ffihost::HostCall::new(#of, #value) #deadline
        }
    }
}

/// For unit tests.
fn implement(function: &HostFn, args: &Passed<'_>) -> TokenStream {
    let (ident, output, owned) = (&function.head.ident, &function.output, args.owned());
    let (types, taken) = (args.owned_types(), args.taken());
    let docs = format!(
        "Implements [`{ident}`](fn@{ident}) for the unit tests of this thread, where there is no host, until the returned \
         value is dropped."
    );
    let of = quote!(#ident::__ffihost_function());
    if !function.asynchronous {
        return quote! {
            #[doc = #docs]
            pub fn implement<__F>(__f: __F) -> ::ffihost::testing::Implementation
            where
                __F: ::core::ops::Fn(#(#types),*) -> #output + ::core::marker::Send + ::core::marker::Sync + 'static,
            {
                ::ffihost::export::implement_now::<#owned, #output>(#of, ::std::boxed::Box::new(move |__args: #owned| __f(#taken)))
            }
        };
    }
    quote! {
        #[doc = #docs]
        pub fn implement<__F, __Fut>(__f: __F) -> ::ffihost::testing::Implementation
        where
            __F: ::core::ops::Fn(#(#types),*) -> __Fut + ::core::marker::Send + ::core::marker::Sync + 'static,
            __Fut: ::core::future::Future<Output = #output> + ::core::marker::Send + 'static,
        {
            ::ffihost::export::implement::<#owned, #output>(
                #of,
                ::std::boxed::Box::new(move |__args: #owned| ::std::boxed::Box::pin(__f(#taken))),
            )
        }
    }
}

/// `member` is the group that it belongs to, and what it is called there.
pub(super) fn described(function: &HostFn, args: &Passed<'_>, member: Option<(&str, &str)>) -> TokenStream {
    let output = Crossing::returned(&function.output);
    let (asynchronous, params, layout) = (function.asynchronous, args.described(), args.layout());
    let (result, error) = described_output(&output, "Awaited");
    let member = match member {
        Some((group, method)) => quote! {
            ::core::option::Option::Some(::ffihost::export::Member { group: #group, method: #method })
        },
        None => quote!(::core::option::Option::None),
    };
    let body = quote! {
        HostFn {
            asynchronous: #asynchronous,
            params: #params,
            result: #result,
            error: #error,
            member: #member,
        }
    };
    let checked = output.checked_shape(&result, &["result"]);
    let (piece, params) = (piece(&function.head, &layout, &body), args.checked());
    quote!(#params #checked #piece)
}
