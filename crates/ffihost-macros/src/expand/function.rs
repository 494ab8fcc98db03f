//! Requests.

use super::args::{Args, receiver_item};
use super::fields::described_output;
use super::place::{Place, located};
use super::{beside, export, exported_at_all, formats, piece, root, row, unique, when};
use crate::model::function::Function;
use ffihost_abi::names;
use proc_macro2::{Ident, TokenStream};
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
    let (unique, exported) = (unique("Symbols", [ident.clone()]), exported_at_all(ident, function.formats));
    let beside = beside(&function.head, &quote!(#requests #unique #exported));
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
        let (check, piece, handler) = (self.check_state(), self.piece(), self.handler(false));
        let borrowing = self.borrows().then(|| self.handler(true));
        let served = when("served", formats.cbor, &self.served());
        quote!(#check #handler #borrowing #native #cbor #served #piece)
    }

    /// What starts it for a client on a socket.
    fn served(&self) -> TokenStream {
        let (root, decode, handler) = (root(), self.args.cbor(), handler(false));
        let (start, kind) = match (&self.of, self.function.asynchronous) {
            (Of::Nobody, true) => ("served_free_request", "Asynchronous"),
            (Of::Nobody, false) => ("served_free_sync_request", "Synchronous"),
            (Of::Context, false) => ("served_sync_request", "Synchronous"),
            (Of::Handle(_), false) => ("served_sync_handle_request", "Synchronous"),
            (Of::Context | Of::Handle(_), true) => ("served_request", "Asynchronous"),
        };
        let (start, kind) = (format_ident!("{start}"), format_ident!("{kind}"));
        let body = quote!(unsafe { ::ffihost::export::#start(&#root::LIBRARY, __remote, #decode, #handler) });
        row(&self.function.head.name, &kind, &quote!(|__remote| #body))
    }

    /// Whether there is something that a synchronous call need not copy.
    fn borrows(&self) -> bool {
        !self.function.asynchronous && self.args.borrow()
    }

    fn native(&self) -> TokenStream {
        let borrow = self.borrows();
        let (parameters, decode, handler) = (self.args.parameters(), self.args.native(borrow), handler(borrow));
        let (prefix, given, call) = (self.prefix(), self.given(), self.call(""));
        export(
            &self.function.head.name,
            &quote!(#prefix #parameters),
            &quote!(#call(#given (__cb, __user_data), #decode, #handler)),
        )
    }

    fn cbor(&self) -> TokenStream {
        let (decode, handler) = (self.args.cbor(), handler(false));
        let (prefix, given, call) = (self.prefix(), self.given(), self.call("_cbor"));
        export(
            &names::cbor(&self.function.head.name),
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

    /// A function that calls the author's. That it returns just anything that is returned saves the compiler from saying of
    /// each use what is wrong with the type.
    fn handler(&self, borrowed: bool) -> TokenStream {
        let (root, ident, name) = (root(), &self.function.head.ident, handler(borrowed));
        let (pattern, passed, tuple) = (self.args.pattern(), self.args.passed(borrowed), self.args.tuple(borrowed));
        let place = Place::of(&self.function.output);
        let output = place.put(quote!(impl ::ffihost::wire::Returned + 'static + use<>));
        let (state, call) = match (&self.of, self.function.asynchronous) {
            (Of::Context, _) => (quote!(__state: &#root::State,), quote!(#ident(__state, #passed))),
            (Of::Handle(_), true) => (quote!(_: &#root::State,), quote!(#ident(#passed))),
            (Of::Handle(_), false) | (Of::Nobody, _) => (TokenStream::new(), quote!(#ident(#passed))),
        };
        if self.function.asynchronous {
            let body = place.put(quote!({ #call.await }));
            quote!(async fn #name(#state #pattern: #tuple) -> #output #body)
        } else {
            let body = place.put(quote!({ #call }));
            quote!(fn #name(#state #pattern: #tuple) -> #output #body)
        }
    }

    /// The state is looked at on the caller's thread.
    fn check_state(&self) -> TokenStream {
        if self.function.asynchronous || !matches!(self.of, Of::Context) {
            return TokenStream::new();
        }
        let (root, span) = (root(), located(self.function.head.ident.span()));
        let check = format_ident!("a_function_that_is_not_async_needs_a_state_that_is_sync", span = span);
        let call = quote_spanned!(span=> #check::<__FfihostState>());
        quote! {
            const _: fn() = || {
                type __FfihostState = #root::State;
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
            Of::Handle(path) => {
                let name = receiver_item(path, "NAME");
                quote!(Handle(#name))
            }
        };
        let (asynchronous, params) = (self.function.asynchronous, self.args.described());
        let (output, formats) = (&self.function.output, formats(self.function.formats));
        let (result, error) = described_output(output, "Returned");
        let body = quote! {
            Request {
                asynchronous: #asynchronous,
                receiver: ::ffihost::export::Receiver::#receiver,
                params: #params,
                result: #result,
                error: #error,
                formats: #formats,
            }
        };
        let piece = piece(&self.function.head, &layout, &body);
        quote!(#c_struct #piece)
    }
}

/// The function that calls the author's.
fn handler(borrowed: bool) -> Ident {
    if borrowed { format_ident!("__ffihost_borrowing") } else { format_ident!("__ffihost_owning") }
}
