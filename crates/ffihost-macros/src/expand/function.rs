//! Requests.

use super::args::Args;
use super::fields::as_lower;
use super::{beside, export, exported_at_all, formats, located, piece, root, symbols, when};
use crate::model::function::Function;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

pub(crate) fn expand(function: &Function) -> TokenStream {
    let (item, ident) = (&function.item, &function.head.ident);
    let requests = match &function.receiver {
        None => Request { function, of: Of::Nobody, args: Args::new(&function.params) }.expand(),
        Some(receiver) => {
            let (root, last) = (root(), &receiver.last);
            let context = Request { function, of: Of::Context, args: Args::new(&function.params) }.expand();
            let args = Args::of_handle(receiver, &function.params);
            let handle = Request { function, of: Of::Handle(&receiver.path), args }.expand();
            quote!(#root::by_receiver! { #last { #context } { #handle } })
        }
    };
    let (symbols, exported) = (symbols(ident, function.formats), exported_at_all(ident, function.formats));
    let beside = beside(&function.head, &quote!(#requests #symbols #exported));
    quote!(#item #beside)
}

struct Request<'a> {
    function: &'a Function,
    of: Of<'a>,
    args: Args<'a>,
}

/// Whose a request is.
enum Of<'a> {
    Nobody,
    Context,
    Handle(&'a syn::TypePath),
}

impl Request<'_> {
    fn expand(&self) -> TokenStream {
        let formats = self.function.formats;
        let native = when("native", formats.native, &self.native());
        let cbor = when("cbor", formats.cbor, &self.cbor());
        let (check, piece) = (self.check_state(), self.piece());
        quote!(#check #native #cbor #piece)
    }

    fn native(&self) -> TokenStream {
        let borrow = !self.function.asynchronous;
        let (parameters, decode, handler) = (self.args.parameters(), self.args.native(borrow), self.handler(borrow));
        let (prefix, given, call) = (self.prefix(), self.given(), self.call(""));
        export(
            &self.function.head.name,
            &quote!(#prefix #parameters),
            &quote!(#call(#given (__cb, __user_data), #decode, #handler)),
        )
    }

    fn cbor(&self) -> TokenStream {
        let (decode, handler) = (self.args.cbor(), self.handler(false));
        let (prefix, given, call) = (self.prefix(), self.given(), self.call("_cbor"));
        export(
            &format!("{}_cbor", self.function.head.name),
            &quote!(#prefix __req: *const u8, __len: usize),
            &quote!(#call(#given (__cb, __user_data), (__req, __len), #decode, #handler)),
        )
    }

    /// The parameters that every such function has.
    fn prefix(&self) -> TokenStream {
        let ctx = match self.of {
            Of::Nobody => TokenStream::new(),
            Of::Context | Of::Handle(_) => quote!(__ctx: *mut ::core::ffi::c_void,),
        };
        quote! {
            #ctx
            __cb: ::core::option::Option<::ffihost::export::FFICallBack>,
            __user_data: *mut ::core::ffi::c_void,
        }
    }

    /// What all bodies are given.
    fn given(&self) -> TokenStream {
        let root = root();
        match self.of {
            Of::Nobody => quote!(&#root::LIBRARY,),
            Of::Context | Of::Handle(_) => quote!(&#root::LIBRARY, __ctx,),
        }
    }

    /// The body in the library.
    fn call(&self, suffix: &str) -> TokenStream {
        let name = match (&self.of, self.function.asynchronous) {
            (Of::Nobody, true) => "free_request",
            (Of::Nobody, false) => "free_sync_request",
            (Of::Context, false) => "sync_request",
            (Of::Handle(_), false) => "sync_handle_request",
            (Of::Context | Of::Handle(_), true) => "request",
        };
        let name = format_ident!("{}{}", name, suffix);
        quote!(::ffihost::export::#name)
    }

    /// A closure that calls the author's function.
    fn handler(&self, borrowed: bool) -> TokenStream {
        let (root, ident) = (root(), &self.function.head.ident);
        let (pattern, passed, tuple) = (self.args.pattern(), self.args.passed(borrowed), self.args.tuple());
        let arguments = if borrowed { pattern } else { quote!(#pattern: #tuple) };
        match (&self.of, self.function.asynchronous) {
            (Of::Context, true) => quote! {
                async move |__state: &#root::State, #arguments| #ident(__state, #passed).await
            },
            (Of::Handle(_), true) => quote! {
                async move |_: &#root::State, #arguments| #ident(#passed).await
            },
            (Of::Nobody, true) => quote!(async move |#arguments| #ident(#passed).await),
            (Of::Context, false) => quote!(|__state: &#root::State, #arguments| #ident(__state, #passed)),
            (Of::Handle(_) | Of::Nobody, false) => quote!(|#arguments| #ident(#passed)),
        }
    }

    /// The state is looked at on the caller's thread.
    fn check_state(&self) -> TokenStream {
        if self.function.asynchronous || !matches!(self.of, Of::Context) {
            return TokenStream::new();
        }
        let (root, span) = (root(), located(self.function.head.ident.span()));
        let check = format_ident!("a_function_that_is_not_async_needs_a_state_that_is_sync", span = Span::call_site());
        let call = quote_spanned!(span=> #check::<#root::State>());
        quote! {
            const _: fn() = || {
                fn #check<T: ::core::marker::Sync>() {}
                #call
            };
        }
    }

    fn piece(&self) -> TokenStream {
        let (c_struct, layout) = self.args.layout();
        let receiver = match self.of {
            Of::Nobody => quote!(Free),
            Of::Context => quote!(Context),
            Of::Handle(path) => quote!(Handle(<#path as ::ffihost::export::HandleType>::NAME)),
        };
        let (asynchronous, params) = (self.function.asynchronous, self.args.described());
        let (output, formats) = (&self.function.output, formats(self.function.formats));
        let returned = quote_spanned!(located(syn::spanned::Spanned::span(output))=> <#output as ::ffihost::wire::Returned>);
        let result = as_lower(&syn::parse_quote!(#returned::Result));
        let body = quote! {
            Request {
                asynchronous: #asynchronous,
                receiver: ::ffihost::export::Receiver::#receiver,
                params: #params,
                result: #result::SHAPE,
                error: <#returned::Error as ::ffihost::wire::Declared>::SHAPE,
                formats: #formats,
            }
        };
        let piece = piece(&self.function.head, &layout, &body);
        quote!(#c_struct #piece)
    }
}
