//! Host functions.

use super::fields::as_lower;
use super::{beside, located, piece};
use super::passed::Passed;
use crate::model::declared::HostFn;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(crate) fn expand(function: &HostFn) -> TokenStream {
    let args = Passed::new(&function.head, &function.params);
    let (declared, namespace) = (declared(function, &args), args.namespace(&function.item.vis, &implement(function, &args)));
    let args_struct = args.structs();
    let piece = described(function, &args);
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
    let of = quote!(#ident::__ffihost_function());
    if !function.asynchronous {
        return quote! {
            #(#attrs)*
            #vis fn #ident #lifetime(#parameters) -> #output {
                ::ffihost::export::call_now(#of, #value)
            }
        };
    }
    let deadline = function.deadline.map(|deadline| {
        quote!(.deadline(::core::time::Duration::from_millis(#deadline)))
    });
    let ty = args.ty();
    let call = quote_spanned!(located(output.span())=> ::ffihost::HostCall<#ty, #output>);
    quote! {
        #(#attrs)*
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

fn described(function: &HostFn, args: &Passed<'_>) -> TokenStream {
    let output = &function.output;
    let (asynchronous, params, layout) = (function.asynchronous, args.described(), args.layout());
    let awaited = quote_spanned!(located(output.span())=> <#output as ::ffihost::wire::Awaited>);
    let result = as_lower(&syn::parse_quote!(#awaited::Result));
    let body = quote! {
        HostFn {
            asynchronous: #asynchronous,
            params: #params,
            result: #result::SHAPE,
            error: <#awaited::Error as ::ffihost::wire::Declared>::SHAPE,
        }
    };
    piece(&function.head, &layout, &body)
}
