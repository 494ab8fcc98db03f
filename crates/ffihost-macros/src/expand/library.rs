//! `library!`.

use crate::model::library::{Library, Serve};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(crate) fn expand(library: &Library, complete: bool) -> TokenStream {
    let module = module(library);
    let exports = if complete { exports(library) } else { TokenStream::new() };
    quote! {
        #module
        #exports
    }
}

fn module(library: &Library) -> TokenStream {
    let state = &library.state;
    let options =
        library.options.as_ref().map_or_else(|| quote!(::ffihost::Options::new()), |options| quote!(#options));
    let (prefix, last) = (&library.prefix, &library.last);
    let (native, cbor) = (library.formats.native, library.formats.cbor);
    let (if_native, if_cbor) = (pass("if_native", native), pass("if_cbor", cbor));
    let if_served = pass("if_served", library.serve.is_some());
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, unused_imports, unused_macros)]
        mod ffihost_library_at_the_crate_root {
            /// Where the author's names are those of the crate's root.
            mod given {
                use super::super::*;
                pub(crate) type FfihostState = #state;
                pub(crate) const FFIHOST_OPTIONS: ::ffihost::Options = #options;
            }
            pub(crate) use self::given::FfihostState as State;
            pub(crate) static LIBRARY: ::ffihost::export::Library<State> = ::ffihost::export::Library::of_crate(
                #prefix,
                ::core::concat!(::core::env!("CARGO_PKG_VERSION"), "\0"),
                ::core::module_path!(),
                self::given::FFIHOST_OPTIONS,
            );
            pub(crate) const NATIVE: bool = #native;
            pub(crate) const CBOR: bool = #cbor;
            /// What the library has is implemented for this.
            pub(crate) struct Marker;
            /// What a request is called on, if not on the state. A type that is none has no `Handle` either, and of a type
            /// that there is not the compiler says nothing more.
            #[diagnostic::on_unimplemented(
                message = "`{Self}` is neither the library's state nor a handle",
                label = "not marked with `#[ffi(handle)]`",
                note = "mark the struct with `#[ffi(handle)]`, or name the state as `library!` does; a struct that crosses by \
                        value is passed as a later parameter"
            )]
            pub(crate) trait Receiver: Sized {
                const NAME: &'static str;
                type Handle;
                fn given(handle: Self::Handle) -> ::ffihost::Handle<Self>;
            }
            /// Each name is a constant of one of these: two of one name are an error.
            pub(crate) struct Symbols;
            pub(crate) struct Types;
            pub(crate) struct HostFns;
            pub(crate) struct Events;
            pub(crate) struct Constants;
            macro_rules! prefix {
                () => { #prefix };
            }
            pub(crate) use prefix;
            macro_rules! by_receiver {
                (#last { $($context:tt)* } { $($handle:tt)* }) => { $($context)* };
                ($other:ident { $($context:tt)* } { $($handle:tt)* }) => { $($handle)* };
            }
            pub(crate) use by_receiver;
            #if_native
            #if_cbor
            #if_served
        }
    }
}

/// A macro that passes on what it is given, or nothing.
fn pass(name: &str, wanted: bool) -> TokenStream {
    let name = proc_macro2::Ident::new(name, Span::call_site());
    let passed = if wanted { quote!($($tokens)*) } else { TokenStream::new() };
    quote! {
        macro_rules! #name {
            ($($tokens:tt)*) => { #passed };
        }
        pub(crate) use #name;
    }
}

fn exports(library: &Library) -> TokenStream {
    let (prefix, root) = (&library.prefix, quote!(ffihost_library_at_the_crate_root));
    let check = quote_spanned!(super::place::located(prefix.span())=> needs_constructor::<#root::Marker>());
    let (served, docs) = (library.serve.is_some(), &library.docs);
    let serve = library.serve.as_ref().map(|serve| serve_export(serve, &library.prefix));
    let at_root = quote_spanned! {super::place::located(prefix.span())=>
        const _: () = {
            let (path, mut at) = (::core::module_path!().as_bytes(), 0);
            while at < path.len() {
                ::core::assert!(path[at] != b':', "`library!` belongs at the root of the crate: into lib.rs, outside of any module");
                at += 1;
            }
        };
    };
    quote! {
        const _: () = {
            use self::#root::LIBRARY;
            ::ffihost::__standard_exports!(#prefix, LIBRARY);
            #serve
        };
        #at_root
        const _: fn() = || {
            fn needs_constructor<T: ::ffihost::export::HasConstructor>() {}
            #check
        };
        ::ffihost::__piece!(::ffihost::export::Item {
            module: ::core::module_path!(),
            name: #prefix,
            docs: #docs,
            layout: &[],
            body: ::ffihost::export::Body::Library {
                version: ::core::env!("CARGO_PKG_VERSION"),
                formats: ::ffihost::export::Formats { native: #root::NATIVE, cbor: #root::CBOR },
                serve: #served,
            },
        });
    }
}

/// `<lib>_serve`.
fn serve_export(serve: &Serve, prefix: &syn::LitStr) -> TokenStream {
    let admit = match &serve.admit {
        Some(admit) => quote_spanned!(super::place::located(admit.span())=> ::core::option::Option::Some(#admit)),
        None => quote!(::core::option::Option::None),
    };
    quote_spanned!(super::place::located(serve.span)=> ::ffihost::__serve_export!(#prefix, LIBRARY, #admit);)
}
