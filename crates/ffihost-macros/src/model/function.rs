//! Functions that hosts call.

use super::members::Membership;
use super::signature::{self, Param, Receiver};
use super::{Head, types};
use crate::attrs::{FfiArgs, Formats, Role};
use crate::errors::Errors;
use crate::names;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, ItemFn, ReturnType, Type, parse_quote};

pub(crate) struct Function {
    pub(crate) item: ItemFn,
    pub(crate) head: Head,
    pub(crate) kind: Kind,
    pub(crate) asynchronous: bool,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Vec<Param>,
    pub(crate) output: Type,
    pub(crate) formats: Formats,
    /// Of what is in an `impl`.
    pub(crate) membership: Option<Membership>,
    pub(crate) makes: Makes,
}

/// How what the author's function returns becomes what crosses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Makes {
    /// It is that.
    Value,
    /// As an object that a handle is made of.
    Handle,
    /// The same in a `Result` or an `Option`.
    HandleInside,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Constructor,
    Destructor,
}

impl Function {
    pub(crate) fn new(mut item: ItemFn, args: &FfiArgs, errors: &mut Errors) -> Self {
        let head = Head::new(&item.sig.ident, &mut item.attrs, errors);
        let kind = kind(args, errors);
        signature::check(&item.sig, errors);
        let (receiver, params) = signature::params(&item.sig, true, errors);
        signature::without_docs(&mut item.sig);
        item.attrs.extend(lints(kind));
        let output = signature::output(&item.sig);
        let asynchronous = item.sig.asyncness.is_some();
        let formats = args.formats();
        let (membership, makes) = (None, Makes::Value);
        let function = Self { item, head, kind, asynchronous, receiver, params, output, formats, membership, makes };
        match kind {
            Kind::Request => names::check_export(&function.head.ident, errors),
            Kind::Constructor => function.check_constructor(errors),
            Kind::Destructor => function.check_destructor(args, errors),
        }
        function
    }

    /// Whether its result is written as nothing: no result, `()`, or `()` as the first argument of a type, as in `Result<(), E>`.
    /// That the type says the same is checked where it is compiled.
    pub(crate) fn returns_nothing(&self) -> bool {
        let first = || types::last(&self.output).and_then(|last| types::arguments(last).next());
        types::is_unit(&self.output) || first().is_some_and(types::is_unit)
    }

    /// Whether it is called without a context.
    pub(crate) fn is_without_context(&self) -> bool {
        self.receiver.is_none() && !self.membership.as_ref().is_some_and(|membership| membership.in_context)
    }

    /// Where the author's function is.
    pub(crate) fn path(&self) -> TokenStream {
        match &self.membership {
            Some(membership) => membership.path.clone(),
            None => self.head.ident.to_token_stream(),
        }
    }

    fn check_constructor(&self, errors: &mut Errors) {
        let signature = &self.item.sig;
        if let Some(attr) = self.item.attrs.iter().find(|attr| attr.path().is_ident("deprecated")) {
            errors.on(attr, "hosts have no other constructor to call: leave `deprecated` out");
        }
        if !self.asynchronous {
            errors
                .on(signature.fn_token, "a constructor runs on the FFI thread, where it may await: make it `async fn`");
        }
        match &self.receiver {
            Some(receiver) if receiver.is_self() => {
                errors.on(&receiver.ident, "there is no state before the constructor has made it: leave `self` out");
            }
            Some(receiver) => {
                errors.on(&receiver.path, "there is no state before the constructor has made it: take this by value");
            }
            None => {}
        }
        if is_nothing(&signature.output) {
            let message = "a constructor returns `Result<MyApp, E>`, where `MyApp` is the library's state";
            errors.on(&signature.ident, message);
        }
    }

    fn check_destructor(&self, args: &FfiArgs, errors: &mut Errors) {
        let signature = &self.item.sig;
        if !self.asynchronous {
            errors
                .on(signature.fn_token, "a destructor runs on the FFI thread, where it may await: make it `async fn`");
        }
        let expected = "a destructor takes the state and nothing else: `async fn end(app: &MyApp)`";
        if self.receiver.is_none() {
            errors.on(&signature.ident, expected);
        } else if let Some(param) = self.params.first() {
            errors.on(&param.field.ident, expected);
        }
        if let ReturnType::Type(_, ty) = &signature.output {
            errors.on(ty, "nobody is there to be told: a destructor returns nothing");
        }
        if let Some((_, span)) = args.formats {
            errors.at(span, "a destructor is not exported: leave `formats` out");
        }
    }
}

/// That a function is `async` says where it runs; and what the constructor is like is asked for here.
pub(super) fn lints(kind: Kind) -> Vec<Attribute> {
    let mut lints = vec![parse_quote!(#[allow(clippy::unused_async)])];
    if kind == Kind::Constructor {
        lints.push(parse_quote!(#[allow(clippy::unnecessary_wraps)]));
    }
    lints
}

fn kind(args: &FfiArgs, errors: &mut Errors) -> Kind {
    let mut refuse = |span: Span, message| {
        errors.at(span, message);
        Kind::Request
    };
    match args.role {
        None => Kind::Request,
        Some((Role::Constructor, _)) => Kind::Constructor,
        Some((Role::Destructor, _)) => Kind::Destructor,
        Some((Role::Error, span)) => refuse(span, "`error` is for the struct or enum that a function fails with"),
        Some((Role::Handle, span)) => refuse(span, "`handle` is for a struct that stays in the library"),
    }
}

/// Whether the return type could be what the traits ask for; without one there is nothing to ask.
pub(crate) fn is_nothing(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => types::is_unit(ty),
    }
}
