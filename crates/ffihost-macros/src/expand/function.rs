//! Requests.

use super::args::{Args, receiver_item};
use super::crossing::Crossing;
use super::fields::{self, described_output};
use super::place::located;
use super::{beside, described_of, export, exported_at_all, formats, piece, root, row, unique, when};
use crate::model::function::{Function, Makes};
use crate::model::members::Membership;
use crate::model::signature::Receiver;
use crate::names;
use ffihost_abi::names::cbor;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

pub(crate) fn expand(function: &Function) -> TokenStream {
    let (requests, ident) = (requests(function), &function.head.ident);
    let (unique, exported) = (unique("Symbols", [ident.clone()]), exported_at_all(ident, function.formats));
    let (params, result) = (checked(function), checked_result(function));
    beside(&function.head, &quote!(#params #result #requests #unique #exported))
}

/// By whose it is, which of a receiver only `library!` knows, unless the receiver is `self`.
fn requests(function: &Function) -> TokenStream {
    let of = |of| Request { function, of, args: Args::new(&function.params) }.expand();
    let Some(receiver) = &function.receiver else {
        return of(if function.is_without_context() { Of::Nobody } else { Of::ContextAlone });
    };
    let context = || of(Of::Context);
    let handle = || {
        let args = Args::of_handle(receiver, &function.params);
        Request { function, of: Of::Handle(receiver), args }.expand()
    };
    match &function.membership {
        Some(membership) if receiver.is_self() => {
            if membership.of.is_some() {
                handle()
            } else {
                context()
            }
        }
        _ => {
            let (root, last, context, handle) = (root(), &receiver.last, context(), handle());
            quote!(#root::by_receiver! { #last { #context } { #handle } })
        }
    }
}

/// What is checked of the types of its parameters, and without a context besides of all.
pub(super) fn checked(function: &Function) -> TokenStream {
    let types = || function.params.iter().map(|param| &param.field.ty);
    let params = fields::checked(types());
    if !function.is_without_context() {
        return params;
    }
    let handles = types().map(|ty| Crossing::of(ty).checked(&["without_context"]));
    quote!(#params #(#handles)*)
}

fn checked_result(function: &Function) -> TokenStream {
    let output = Crossing::returned(&function.output);
    let (result, _) = described_output(&output, "Returned");
    let mut checks = vec!["result"];
    if function.is_without_context() {
        checks.push("without_context");
    }
    if !function.asynchronous {
        checks.push(if function.returns_nothing() { "nothing" } else { "something" });
    }
    output.checked_shape(&result, &checks)
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
    /// The context's, without its state: it makes a handle.
    ContextAlone,
    Handle(&'a Receiver),
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
        let (root, decode) = (root(), self.args.cbor());
        let owner = self.owner(&quote!(of(&#root::LIBRARY, __remote.host)));
        let args = quote!(::ffihost::export::Cbor::of(__remote.payload, #decode));
        let start = self.start(&owner, &args, &quote!(__remote.callback), false);
        let kind = if self.function.asynchronous { "Asynchronous" } else { "Synchronous" };
        row(&self.function.head.name, &format_ident!("{kind}"), &quote!(|__remote| unsafe { #start }))
    }

    /// Whether there is something that a synchronous call need not copy.
    fn borrows(&self) -> bool {
        !self.function.asynchronous && self.args.borrow()
    }

    fn native(&self) -> TokenStream {
        let borrow = self.borrows();
        let (parameters, decode) = (self.args.parameters(), self.args.native(borrow));
        let args = quote!(::ffihost::export::Native::new(#decode));
        match self.function.asynchronous {
            true => self.export(&self.function.head.name, &parameters, &args),
            false => self.synchronous(&parameters, &args, borrow),
        }
    }

    fn cbor(&self) -> TokenStream {
        let (name, decode) = (cbor(&self.function.head.name), self.args.cbor());
        let args = quote!(::ffihost::export::Cbor::new(__req, __len, #decode));
        self.export(&name, &quote!(__req: *const u8, __len: usize), &args)
    }

    /// The C function that takes a callback, with these parameters after it.
    fn export(&self, name: &str, parameters: &TokenStream, args: &TokenStream) -> TokenStream {
        let (root, ctx) = (root(), self.ctx());
        let owner = self.owner(&quote!(named(&#root::LIBRARY, __ctx)?));
        let start = self.start(&owner, args, &quote!(__callback), false);
        let callback = quote! {
            __cb: ::core::option::Option<::ffihost::export::FFICallBack>,
            __user_data: *mut ::core::ffi::c_void,
        };
        export(
            name,
            &quote!(#ctx #callback #parameters),
            &quote!(::ffihost::export::with_callback((__cb, __user_data), |__callback| #start)),
        )
    }

    /// The C function of a synchronous request. Where its outcome goes comes last: what that is depends on the result.
    fn synchronous(&self, parameters: &TokenStream, args: &TokenStream, borrow: bool) -> TokenStream {
        let (root, ctx, handler) = (root(), self.ctx(), handler(borrow));
        let owner = self.owner(&quote!(named(&#root::LIBRARY, __ctx)?));
        let form = match self.function.returns_nothing() {
            true => quote!(::ffihost::export::Form::Nothing),
            false => fields::result_item(&Crossing::returned(&self.function.output), "FORM"),
        };
        let form = quote!(::ffihost::export::As<{ #form as u8 }>);
        let ends = quote!(<#form as ::ffihost::export::Ends>);
        let (first, given) = match self.function.returns_nothing() {
            true => (TokenStream::new(), quote!(())),
            false => (quote!(__first: #ends::First,), quote!(__first)),
        };
        export(
            &self.function.head.name,
            &quote!(#ctx #parameters #first __last: #ends::Last),
            &quote!(#ends::run(|| ::core::result::Result::Ok(#owner), #args, (#given, __last), #handler)),
        )
    }

    /// The context, if it needs one.
    fn ctx(&self) -> TokenStream {
        match self.of {
            Of::Nobody => TokenStream::new(),
            Of::Context | Of::ContextAlone | Of::Handle(_) => quote!(__ctx: *mut ::core::ffi::c_void,),
        }
    }

    /// Whom it belongs to, where there is a context.
    fn owner(&self, of_context: &TokenStream) -> TokenStream {
        let root = root();
        match self.of {
            Of::Nobody => quote!(::ffihost::export::OfNobody::of(&#root::LIBRARY)),
            Of::Context => quote!(::ffihost::export::OfState::#of_context),
            Of::ContextAlone | Of::Handle(_) => quote!(::ffihost::export::OfHandle::#of_context),
        }
    }

    /// Starts it: on the FFI thread, or here.
    fn start(&self, owner: &TokenStream, args: &TokenStream, callback: &TokenStream, borrow: bool) -> TokenStream {
        let start = format_ident!("{}", if self.function.asynchronous { "submit" } else { "run_here" });
        let handler = handler(borrow);
        quote!(::ffihost::export::#start(#owner, #args, #callback, (#handler, ::ffihost::export::Typed)))
    }

    /// A function that calls the author's. That it returns just anything that is returned saves the compiler from saying of
    /// each use what is wrong with the type.
    fn handler(&self, borrowed: bool) -> TokenStream {
        let (root, path, name) = (root(), self.function.path(), handler(borrowed));
        let (pattern, passed, tuple) = (self.args.pattern(), self.args.passed(borrowed), self.args.tuple(borrowed));
        let crossing = Crossing::returned(&self.function.output);
        let place = crossing.place();
        let output = place.put(quote!(impl ::ffihost::wire::Returned + 'static + use<>));
        let (state, call) = match (&self.of, self.function.asynchronous) {
            (Of::Context, _) => (quote!(__state: &#root::State), quote!(#path(__state, #passed))),
            (Of::ContextAlone | Of::Handle(_), true) => (quote!(_: &#root::State), quote!(#path(#passed))),
            (Of::ContextAlone | Of::Handle(_), false) | (Of::Nobody, _) => (quote!(_: &()), quote!(#path(#passed))),
        };
        let (keyword, call) = match self.function.asynchronous {
            true => (quote!(async), quote!(#call.await)),
            false => (TokenStream::new(), call),
        };
        let call = match self.function.makes {
            Makes::Value => call,
            Makes::Handle => quote!(::ffihost::Handle::new(#call)),
            Makes::HandleInside => quote!(#call.map(::ffihost::Handle::new)),
        };
        let call = crossing.take(&call);
        let body = place.put(quote!({ #call }));
        quote!(#keyword fn #name(#state, #pattern: #tuple) -> #output #body)
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

    /// What is called on another handle than the one in whose `impl` it is, is the other's.
    fn membership(&self) -> Option<&Membership> {
        let membership = self.function.membership.as_ref();
        match self.of {
            Of::Handle(receiver) => membership.filter(|it| it.of.as_deref() == Some(&names::text(&receiver.last))),
            _ => membership,
        }
    }

    fn piece(&self) -> TokenStream {
        let (c_struct, layout) = self.args.layout();
        let receiver = match self.of {
            Of::Nobody => quote!(Free),
            Of::Context | Of::ContextAlone => quote!(Context),
            Of::Handle(receiver) => {
                let name = receiver_item(&receiver.path, "NAME");
                quote!(Handle(#name))
            }
        };
        let (asynchronous, params) = (self.function.asynchronous, self.args.described());
        let (output, formats) = (Crossing::returned(&self.function.output), formats(self.function.formats));
        let (result, error) = described_output(&output, "Returned");
        let of = described_of(self.membership());
        let direct = match self.function.asynchronous {
            true => quote!(false),
            false => {
                let form = fields::result_item(&output, "FORM");
                quote!({ let __formats: ::ffihost::export::Formats = #formats; __formats.native } && #form.is_direct())
            }
        };
        let body = quote! {
            Request {
                of: #of,
                asynchronous: #asynchronous,
                receiver: ::ffihost::export::Receiver::#receiver,
                params: #params,
                result: #result,
                error: #error,
                formats: #formats,
                direct: #direct,
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
