//! Events.

use super::passed::Passed;
use super::{beside, piece};
use crate::model::declared::Event;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(event: &Event) -> TokenStream {
    let args = Passed::new(&event.head, &event.params);
    let (attrs, vis, ident, name) = (&event.item.attrs, &event.item.vis, &event.head.ident, &event.head.name);
    let (lifetime, parameters, value) = (args.generics(), args.parameters(), args.value());
    let (structs, impls, unique) = (args.structs(), args.impls(), args.unique("Events"));
    let namespace = args.namespace(vis, &methods(event, &args));
    let described = args.described();
    let piece = piece(&event.head, &args.layout(), &quote!(Event { params: #described }));
    let checked = args.checked();
    let beside = beside(&event.head, &quote!(#checked #impls #unique #piece ::ffihost::__events!(#name);));
    quote! {
        #(#attrs)*
        #vis fn #ident #lifetime(#parameters) {
            ::ffihost::export::emit(#name, #value);
        }
        #structs
        #namespace
        #beside
    }
}

fn methods(event: &Event, args: &Passed<'_>) -> TokenStream {
    let (ident, name) = (&event.head.ident, &event.head.name);
    let (lifetime, parameters, value) = (args.generics(), args.parameters(), args.value());
    let (owned, types, taken) = (args.owned(), args.owned_types(), args.taken());
    let emit_docs = format!(
        "Emits [`{ident}`](fn@{ident}) in the context of this host: for code that runs outside of it.\n\n# Errors\n\n\
         If the context has ended, or is about to."
    );
    let listen_docs = format!(
        "Listens to [`{ident}`](fn@{ident}) in the unit tests of this thread, until the returned value is dropped."
    );
    quote! {
        #[doc = #emit_docs]
        pub fn emit_on #lifetime(__ffihost_host: ::ffihost::Host, #parameters) -> ::core::result::Result<(), ::ffihost::HostError> {
            __ffihost_host.emit(#name, #value)
        }
        #[doc = #listen_docs]
        pub fn listen<__F>(__f: __F) -> ::ffihost::testing::Listening
        where
            __F: ::core::ops::Fn(#(#types),*) + ::core::marker::Send + ::core::marker::Sync + 'static,
        {
            ::ffihost::export::listen::<#owned>(#name, move |__args: #owned| __f(#taken))
        }
    }
}
