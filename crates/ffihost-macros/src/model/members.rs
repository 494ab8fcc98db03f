//! The `impl` of the state or of a handle: what in it crosses.

use super::constant::Constant;
use super::function::{self, Function, Kind, Makes};
use super::{refuse_generics, signature, types};
use crate::attrs::{self, FfiArgs};
use crate::errors::Errors;
use crate::names;
use ffihost_abi::names::{member, member_constant};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItem, ImplItemConst, ImplItemFn, ItemConst, ItemFn, ItemImpl, Meta,
    PathArguments, Receiver, ReceiverKind, ReturnType, Signature, Type, TypePath, parse_quote, parse_quote_spanned,
};

pub(crate) struct Members {
    /// As it is emitted, without attributes of ours.
    pub(crate) item: ItemImpl,
    /// Whether it is an `impl` of which something can cross.
    pub(crate) fine: bool,
    pub(crate) this: TypePath,
    /// What the library's state or a handle is known by.
    pub(crate) last: Ident,
    /// `#[cfg(…)]`
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

/// A member as it is if the type is the state, and as it is if the type is a handle. Which it is, only `library!` knows.
pub(crate) struct Member {
    pub(crate) of_state: Variant,
    pub(crate) of_handle: Variant,
}

/// What is wrong with a member belongs to one variant, so that it is said once.
pub(crate) struct Variant {
    pub(crate) crossing: Crossing,
    pub(crate) errors: Errors,
}

pub(crate) enum Crossing {
    Function(Box<Function>),
    Constant(Box<Constant>),
}

/// What a function or a constant in an `impl` has besides.
pub(crate) struct Membership {
    /// Where the author's is: `<Stopwatch>::lap`.
    pub(crate) path: TokenStream,
    /// The handle that it is of, or `None` for the state.
    pub(crate) of: Option<String>,
    /// Whether it needs a context even without a receiver: it returns the handle, which a context has to know.
    pub(crate) in_context: bool,
}

impl Members {
    pub(crate) fn new(mut item: ItemImpl, args: &FfiArgs, errors: &mut Errors) -> Self {
        refuse_shape(&item, args, errors);
        attrs::refuse_second(&mut item.attrs, errors);
        let this = named(&item.self_ty, errors);
        let fine = errors.is_empty();
        let last = types::last(&Type::Path(this.clone())).map_or_else(|| parse_quote!(invalid), |it| it.ident.clone());
        let conditions = attrs::conditions(&item.attrs);
        let emitted = item.clone();
        let mut members = Self { item: emitted, fine, this, last, conditions, members: Vec::new() };
        let crossing = item.items.iter_mut().filter_map(|member| members.member(member, errors)).collect();
        members.members = crossing;
        Self { item, ..members }
    }

    /// Takes the attributes of ours out of a member that is emitted; `None` if it does not cross.
    fn member(&self, item: &mut ImplItem, errors: &mut Errors) -> Option<Member> {
        let attrs = match item {
            ImplItem::Fn(item) => &mut item.attrs,
            ImplItem::Const(item) => &mut item.attrs,
            ImplItem::Type(item) => &mut item.attrs,
            ImplItem::Macro(item) => &mut item.attrs,
            _ => &mut Vec::new(),
        };
        let args = arguments(attrs, errors)?;
        let marked = attrs.clone();
        attrs::take_ours(attrs);
        match item {
            ImplItem::Fn(item) => {
                let of = |handle| self.function(&ImplItemFn { attrs: marked.clone(), ..item.clone() }, &args, handle);
                let member = Member { of_state: of(None), of_handle: of(Some(names::text(&self.last))) };
                signature::without_docs(&mut item.sig);
                item.attrs.extend(function::lints(member.of_state.kind()));
                Some(member)
            }
            ImplItem::Const(item) => {
                let of =
                    |handle| self.constant(&ImplItemConst { attrs: marked.clone(), ..item.clone() }, &args, handle);
                Some(Member { of_state: of(None), of_handle: of(Some(names::text(&self.last))) })
            }
            other => {
                errors.on(
                    other,
                    "functions and constants cross: mark this with `#[ffi(skip)]`, or put it into another `impl`",
                );
                None
            }
        }
    }

    /// A function, as the free function that would do the same.
    fn function(&self, item: &ImplItemFn, args: &TokenStream, of: Option<String>) -> Variant {
        let mut errors = Errors::default();
        let mut args = FfiArgs::parse(args.clone(), &mut errors);
        args.refuse_representation(&mut errors);
        let mut sig = self.free(&item.sig, &mut errors);
        let (mut makes, own) = (Makes::Value, sig.ident.clone());
        if let Some(handle) = &of {
            refuse_of_handle(&own, &mut args, &mut errors);
            sig.ident = Ident::new(&member(handle, &names::text(&own)), own.span());
            makes = makes_handle(&mut sig.output, &self.this);
        }
        let item = ItemFn {
            attrs: self.attrs(&item.attrs),
            vis: item.vis.clone(),
            modifiers: item.modifiers.clone(),
            sig,
            block: parse_quote!({}),
        };
        let mut function = Function::new(item, &args, &mut errors);
        let this = &self.this;
        let in_context = of.is_some() && types::names(&function.output, &self.last);
        function.membership = Some(Membership { path: quote!(<#this>::#own), of, in_context });
        function.makes = makes;
        Variant { crossing: Crossing::Function(Box::new(function)), errors }
    }

    fn constant(&self, item: &ImplItemConst, args: &TokenStream, of: Option<String>) -> Variant {
        let mut errors = Errors::default();
        let args = FfiArgs::parse(args.clone(), &mut errors);
        args.refuse_representation(&mut errors);
        let (this, own) = (&self.this, &item.ident);
        let ident = match &of {
            Some(handle) => Ident::new(&member_constant(handle, &names::text(own)), own.span()),
            None => own.clone(),
        };
        let item = ItemConst {
            attrs: self.attrs(&item.attrs),
            vis: item.vis.clone(),
            modifiers: item.modifiers.clone(),
            const_token: item.const_token,
            ident,
            generics: item.generics.clone(),
            colon_token: item.colon_token,
            ty: Box::new(types::without_self(&item.ty, this)),
            eq_token: item.eq_token,
            expr: Box::new(item.expr.clone()),
            semi_token: item.semi_token,
        };
        let mut constant = Constant::new(item, &args, &mut errors);
        constant.membership = Some(Membership { path: quote!(<#this>::#own), of, in_context: false });
        Variant { crossing: Crossing::Constant(Box::new(constant)), errors }
    }

    /// A member is there under the conditions of its `impl`, too.
    fn attrs(&self, own: &[Attribute]) -> Vec<Attribute> {
        self.conditions.iter().chain(own).cloned().collect()
    }

    /// The signature with the type by its name, and `&self` as a first parameter.
    fn free(&self, sig: &Signature, errors: &mut Errors) -> Signature {
        let (mut sig, this) = (sig.clone(), &self.this);
        for input in &mut sig.inputs {
            match input {
                FnArg::Typed(input) => *input.ty = types::without_self(&input.ty, this),
                FnArg::Receiver(receiver) => {
                    check_receiver(receiver, errors);
                    let (attrs, name) = (&receiver.attrs, Ident::new(RECEIVER, receiver.self_token.span));
                    *input = parse_quote!(#(#attrs)* #name: &#this);
                }
            }
        }
        if let ReturnType::Type(_, ty) = &mut sig.output {
            **ty = types::without_self(ty, this);
        }
        sig
    }
}

/// The name of `self` where that cannot be one.
pub(super) const RECEIVER: &str = "__self";

impl Variant {
    fn kind(&self) -> Kind {
        match &self.crossing {
            Crossing::Function(function) => function.kind,
            Crossing::Constant(_) => Kind::Request,
        }
    }
}

fn refuse_shape(item: &ItemImpl, args: &FfiArgs, errors: &mut Errors) {
    refuse_generics(&item.generics, "an `impl` that crosses", errors);
    if let Some((path, _)) = &item.trait_ {
        errors.on(path, "a trait is Rust's alone: write what crosses into an `impl` of the type itself");
    }
    let spans = [args.role.map(|(_, span)| span), args.formats.map(|(_, span)| span)];
    for span in spans.into_iter().flatten() {
        errors.at(span, "this is said of a function: write `#[ffi]` here, and the rest in front of the function");
    }
}

/// The type, by its name.
fn named(ty: &Type, errors: &mut Errors) -> TypePath {
    match types::bare(ty) {
        Type::Path(path) if path.qself.is_none() && path.path.segments.iter().all(|it| it.arguments.is_none()) => {
            path.clone()
        }
        _ => {
            errors.on(
                ty,
                "what crosses is in the `impl` of the state or of a handle, by its name and without parameters",
            );
            parse_quote!(invalid)
        }
    }
}

/// The arguments of a member's own attribute, which is taken out; `None` if the member is left out.
fn arguments(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<TokenStream> {
    let is_ours = |attr: &Attribute| attr.path().segments.last().is_some_and(|last| last.ident == "ffi");
    let Some(at) = attrs.iter().position(is_ours) else { return Some(TokenStream::new()) };
    let attr = attrs.remove(at);
    let Meta::List(list) = &attr.meta else {
        errors.on(attr, "the `impl` is marked, and all that is in it with it: leave this out");
        return Some(TokenStream::new());
    };
    let is_skip = list.tokens.clone().into_iter().next().is_some_and(|first| first.to_string() == "skip");
    if !is_skip {
        return Some(list.tokens.clone());
    }
    if list.tokens.clone().into_iter().count() > 1 {
        errors.on(&list.tokens, "what is left out is nothing else: `#[ffi(skip)]`");
    }
    None
}

fn check_receiver(receiver: &Receiver, errors: &mut Errors) {
    let advice = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => return,
        ReceiverKind::Reference(_, _, Some(_)) => {
            "others may use it at the same time: take `&self`, and put what changes into a `Mutex` or an atomic"
        }
        _ => "hosts go on using it after a call: take `&self`",
    };
    errors.on(receiver, advice);
}

/// What only the state's `impl` has.
fn refuse_of_handle(name: &Ident, args: &mut FfiArgs, errors: &mut Errors) {
    if let Some((_, span)) = args.role.take() {
        errors.at(
            span,
            "this is for the library's state: a handle is made by each function that returns `Self`, and ended by `Drop`",
        );
    }
    if name == "release" {
        errors.on(name, "hosts give a handle back by `release`: use another name");
    }
}

/// Whether a function makes the handle whose `impl` it is in: it returns the type, or a `Result` or an `Option` of it, and
/// then crosses with a `Handle` in its place.
fn makes_handle(output: &mut ReturnType, this: &TypePath) -> Makes {
    let ReturnType::Type(_, ty) = output else { return Makes::Value };
    let is_this = |ty: &Type| types::bare(ty).to_token_stream().to_string() == this.to_token_stream().to_string();
    if is_this(ty) {
        **ty = handle(ty);
        return Makes::Handle;
    }
    let Some(first) = held(ty).filter(|held| is_this(held)) else { return Makes::Value };
    *first = handle(first);
    Makes::HandleInside
}

/// The type that a `Result` or an `Option` is of.
fn held(ty: &mut Type) -> Option<&mut Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last_mut()?;
    let name = last.ident.to_string();
    match &mut last.arguments {
        PathArguments::AngleBracketed(arguments) if name == "Option" || name.ends_with("Result") => {
            match arguments.args.first_mut()? {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            }
        }
        _ => None,
    }
}

fn handle(ty: &Type) -> Type {
    parse_quote_spanned!(ty.span()=> ::ffihost::Handle<#ty>)
}
