//! Groups of host functions: a trait that a host implements.

use super::declared::{self, Declaration, HostFn};
use super::{Head, types};
use crate::attrs;
use crate::errors::Errors;
use crate::names;
use ffihost_abi::names::snake;
use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, ItemTrait, Meta, Receiver, ReceiverKind, Signature, TraitItem, TraitItemFn, Type, Visibility,
};

/// What the type that calls a group has itself.
const OWN: [&str; 3] = ["current", "implement", "of"];

pub(crate) struct Group {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) head: Head,
    /// The type that calls it.
    pub(crate) companion: Ident,
    pub(crate) methods: Vec<Method>,
}

pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    /// As the author wrote it, with the receiver.
    pub(crate) sig: Signature,
    /// As it crosses, under the name that hosts register.
    pub(crate) function: HostFn,
}

impl Group {
    pub(crate) fn new(mut item: ItemTrait, args: TokenStream, errors: &mut Errors) -> Self {
        let head = Head::new(&item.ident, &mut item.attrs, errors);
        refuse_shape(&item, errors);
        let may_wait =
            item.items.iter().any(|item| matches!(item, TraitItem::Fn(item) if item.sig.asyncness.is_some()));
        let deadline = declared::deadline(args, may_wait, errors);
        let functions = item.items.into_iter().filter_map(|item| match item {
            TraitItem::Fn(item) => Some(item),
            other => {
                errors.on(other, "a trait of host functions has functions only: declare this beside it");
                None
            }
        });
        let functions: Vec<_> = functions.collect();
        if functions.is_empty() {
            errors.on(
                &item.ident,
                "there is nothing for the host to implement: declare a function, `async fn load(&self);`",
            );
        }
        let methods = functions.into_iter().map(|function| Method::new(function, &head, deadline, errors)).collect();
        Self { attrs: item.attrs, vis: item.vis, companion: format_ident!("{}Host", head.ident), head, methods }
    }
}

fn refuse_shape(item: &ItemTrait, errors: &mut Errors) {
    super::refuse_generics(&item.generics, "a trait of host functions", errors);
    if let Some(token) = &item.unsafety {
        errors.on(token, "a host keeps no contract of Rust's: leave `unsafe` out");
    }
    if let Some(token) = &item.modifiers.auto_token {
        errors.on(token, "a host implements this trait: leave `auto` out");
    }
    if !item.supertraits.is_empty() {
        errors.on(&item.supertraits, "a host implements what is in this trait alone: leave its supertraits out");
    }
}

impl Method {
    fn new(item: TraitItemFn, group: &Head, deadline: Option<u64>, errors: &mut Errors) -> Self {
        let TraitItemFn { mut attrs, sig, default, .. } = item;
        attrs::refuse_conditions(&attrs, "a function of a trait", errors);
        let args = arguments(&mut attrs, errors);
        check_receiver(&sig, errors);
        refuse_self(&sig, errors);
        if OWN.iter().any(|own| sig.ident == own) {
            let message =
                format_args!("`{}Host` has a function `{}` of its own: use another name", group.ident, sig.ident);
            errors.on(&sig.ident, message);
        }
        let name = format!("{}_{}", snake(&group.name), names::text(&sig.ident));
        let mut own = sig.clone();
        own.ident = Ident::new(&name, sig.ident.span());
        own.inputs = own.inputs.into_iter().filter(|input| matches!(input, FnArg::Typed(_))).collect();
        let declared = Declaration { attrs, vis: Visibility::Inherited, sig: own, body: default };
        let mut function = HostFn::new(declared, args, errors);
        function.deadline = function.deadline.or(deadline.filter(|_| function.asynchronous));
        let mut sig = sig;
        super::signature::without_docs(&mut sig);
        Self { attrs: function.item.attrs.clone(), sig, function }
    }

    /// What it is called in the group.
    pub(crate) fn name(&self) -> String {
        names::text(&self.sig.ident)
    }
}

/// Takes out the attribute that says more of one function, and returns its arguments.
fn arguments(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> TokenStream {
    let is_ours = |attr: &Attribute| attr.path().segments.last().is_some_and(|last| last.ident == "ffi_host");
    let Some(at) = attrs.iter().position(is_ours) else { return TokenStream::new() };
    match attrs.remove(at).meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens,
        Meta::NameValue(pair) => {
            errors.on(pair, "say it in parentheses: `#[ffi_host(deadline = \"10s\")]`");
            TokenStream::new()
        }
    }
}

fn check_receiver(sig: &Signature, errors: &mut Errors) {
    const ADVICE: &str = "a function of a trait of host functions takes `&self` first";
    let is_shared = |receiver: &Receiver| {
        receiver.mutability.is_none() && matches!(receiver.kind, ReceiverKind::Reference(_, _, None))
    };
    match sig.receiver() {
        Some(receiver) if is_shared(receiver) => {}
        Some(receiver) => errors.on(receiver, ADVICE),
        None => errors.on(&sig.ident, ADVICE),
    }
}

/// `Self` is the host's, whose type does not cross.
fn refuse_self(sig: &Signature, errors: &mut Errors) {
    let types = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => Some(&*input.ty),
        FnArg::Receiver(_) => None,
    });
    let output = match &sig.output {
        syn::ReturnType::Type(_, ty) => Some(&**ty),
        syn::ReturnType::Default => None,
    };
    for ty in types.chain(output).filter(|ty: &&Type| types::names(ty, &Ident::new("Self", Span::call_site()))) {
        errors.at(ty.span(), "`Self` is whatever the host has, which does not cross: name the type");
    }
}
