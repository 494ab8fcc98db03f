//! The functions that make and end the state.

use super::args::Args;
use super::crossing::Crossing;
use super::function::checked;
use super::{beside, export, exported_at_all, formats, piece, root, when};
use crate::model::Head;
use crate::model::function::Function;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

pub(crate) fn expand(function: &Function) -> TokenStream {
    let args = Args::new(&function.params);
    let native = when("native", function.formats.native, &native(function, &args));
    let cbor = when("cbor", function.formats.cbor, &cbor(function, &args));
    let (has, piece) = (has_constructor(function), described(function, &args));
    let exported = exported_at_all(&function.head.ident, function.formats);
    let (params, output) = (checked(function), Crossing::returned(&function.output).checked(&[]));
    beside(&function.head, &quote!(#params #output #has #native #cbor #piece #exported))
}

/// A second one is a conflict, at its name.
pub(crate) fn has_constructor(function: &Function) -> TokenStream {
    let root = root();
    quote_spanned!(function.head.ident.span()=> impl ::ffihost::export::HasConstructor for #root::Marker {})
}

fn native(function: &Function, args: &Args<'_>) -> TokenStream {
    let decode = args.native(false);
    let from = quote!(::ffihost::export::Native::new(#decode));
    create("create", &args.parameters(), &from, function, args)
}

fn cbor(function: &Function, args: &Args<'_>) -> TokenStream {
    let decode = args.cbor();
    let from = quote!(::ffihost::export::Cbor::new(__req, __len, #decode));
    create("create_cbor", &quote!(__req: *const u8, __len: usize,), &from, function, args)
}

/// The C function, whose arguments come `from` its first parameters.
fn create(
    name: &str,
    parameters: &TokenStream,
    from: &TokenStream,
    function: &Function,
    args: &Args<'_>,
) -> TokenStream {
    let (root, construct, destruct, rest) = (root(), construct(function, args), destruct(), parameters_after());
    export(
        name,
        &quote!(#parameters #rest),
        &quote! {
            ::ffihost::export::create(&#root::LIBRARY, (__cb, __user_data), __ctx, #from, #construct, #destruct)
        },
    )
}

fn parameters_after() -> TokenStream {
    quote! {
        __cb: ::core::option::Option<::ffihost::export::FFICallBack>,
        __user_data: *mut ::core::ffi::c_void,
        __ctx: *mut *mut ::core::ffi::c_void,
    }
}

fn construct(function: &Function, args: &Args<'_>) -> TokenStream {
    let (path, pattern, tuple, passed) = (function.path(), args.pattern(), args.tuple(false), args.passed(false));
    let output = Crossing::returned(&function.output);
    let constructed = output.take(&quote!(#path(#passed).await));
    let call = output.place().call(&output.item(quote!(__FfihostConstructed), "into_result"), &constructed);
    quote!(async move |#pattern: #tuple| #call)
}

/// The library's destructor, or nothing: which of two traits is found.
fn destruct() -> TokenStream {
    let root = root();
    quote! {
        {
            use ::ffihost::export::{HasDestructor as _, NoDestructor as _};
            (&#root::Marker).destructor()
        }
    }
}

fn described(function: &Function, args: &Args<'_>) -> TokenStream {
    let (root, (c_struct, layout)) = (root(), args.layout());
    let (params, formats) = (args.described(), formats(function.formats));
    let output = Crossing::returned(&function.output);
    let absent = output.has_suspects().then(absent_constructed);
    let error = output.item(quote!(__FfihostConstructed), "Error");
    let body = quote! {
        Constructor { params: #params, error: <#error as ::ffihost::wire::Declared>::SHAPE, formats: #formats }
    };
    // The export is named so, whatever the function is.
    let head = Head { name: "create".to_owned(), docs: function.head.docs.clone(), ..copy(&function.head) };
    let piece = piece(&head, &layout, &body);
    quote! {
        #[diagnostic::on_unimplemented(
            message = "a constructor returns `Result<S, E>`, where `S` is the library's state, not `{Self}`",
            label = "not a `Result` of the state that `library!` names"
        )]
        trait __FfihostConstructed {
            type Error;
            fn into_result(self) -> ::core::result::Result<#root::State, Self::Error>;
        }
        impl<__E> __FfihostConstructed for ::core::result::Result<#root::State, __E> {
            type Error = __E;
            fn into_result(self) -> Self {
                self
            }
        }
        #absent
        #c_struct
        #piece
    }
}

/// What is in the place of a result that does not cross is one, too.
fn absent_constructed() -> TokenStream {
    let root = root();
    quote! {
        impl __FfihostConstructed for ::ffihost::wire::advice::Absent {
            type Error = ::core::convert::Infallible;
            fn into_result(self) -> ::core::result::Result<#root::State, Self::Error> {
                ::core::unreachable!()
            }
        }
    }
}

fn copy(head: &Head) -> Head {
    Head {
        ident: head.ident.clone(),
        name: head.name.clone(),
        docs: head.docs.clone(),
        conditions: head.conditions.clone(),
    }
}

pub(crate) fn expand_destructor(function: &Function) -> TokenStream {
    let (path, root) = (function.path(), root());
    let future = quote! {
        ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = ()> + '__a>>
    };
    let has = quote_spanned! {function.head.ident.span()=>
        impl ::ffihost::export::HasDestructor<#root::State> for #root::Marker {
            fn destroy<'__a>(__state: &'__a #root::State) -> #future {
                ::std::boxed::Box::pin(#path(__state))
            }
        }
    };
    beside(&function.head, &has)
}
