//! What all functions that cross have in common: parameters by name, each of a type that crosses.

use super::members::RECEIVER;
use super::{Field, refuse_generics, types};
use crate::attrs;
use crate::errors::Errors;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, FnArg, Pat, PatType, ReturnType, Safety, Signature, Type, TypePath, TypeReference, parse_quote};

/// How the author's function takes a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    Value,
    /// `&str`
    Text,
    /// `&[u8]`
    Bytes,
    /// `&[T]`
    List,
    /// `&T`
    Reference,
}

pub(crate) struct Param {
    pub(crate) field: Field,
    pub(crate) pass: Pass,
}

impl Param {
    fn new(argument: &PatType, errors: &mut Errors) -> Option<Self> {
        attrs::refuse_conditions(&argument.attrs, "a parameter", errors);
        let ident = name(&argument.pat, errors);
        let (pass, ty) = owned(&argument.ty, errors);
        let ident = ident?;
        names::check(&ident, errors);
        let docs = attrs::docs(&argument.attrs);
        Some(Self { field: Field { name: names::text(&ident), ident, docs, ty, index: None }, pass })
    }

    pub(crate) fn is_borrowed(&self) -> bool {
        self.pass != Pass::Value
    }
}

fn name(pattern: &Pat, errors: &mut Errors) -> Option<Ident> {
    match pattern {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => Some(ident.ident.clone()),
        Pat::Wild(_) => {
            errors.on(pattern, "a parameter crosses by its name: give it one, `_name` if it is not used");
            None
        }
        _ => {
            errors.on(pattern, "a parameter crosses by its name: give it one, and take it apart in the body");
            None
        }
    }
}

/// The type that is read, where the function borrows it.
fn owned(ty: &Type, errors: &mut Errors) -> (Pass, Type) {
    let Type::Reference(TypeReference { mutability: None, elem, .. }) = types::bare(ty) else {
        types::check(ty, errors);
        return (Pass::Value, ty.clone());
    };
    match types::bare(elem) {
        Type::Slice(slice) => {
            types::check(&slice.elem, errors);
            let elem = &slice.elem;
            let pass = if types::is(elem, "u8") { Pass::Bytes } else { Pass::List };
            (pass, parse_quote!(::std::vec::Vec<#elem>))
        }
        elem if types::is(elem, "str") => (Pass::Text, parse_quote!(::std::string::String)),
        elem => {
            types::check(elem, errors);
            (Pass::Reference, elem.clone())
        }
    }
}

/// Whose a function is: its first parameter, if that is a reference to a named type.
pub(crate) struct Receiver {
    pub(crate) ident: Ident,
    /// As it crosses.
    pub(crate) name: String,
    pub(crate) path: TypePath,
    /// What the library's state or a handle is known by.
    pub(crate) last: Ident,
    /// An expression.
    pub(crate) docs: TokenStream,
}

impl Receiver {
    /// Whether it is `self`, which no other parameter can be called.
    pub(crate) fn is_self(&self) -> bool {
        self.name == "self"
    }

    fn of(argument: &PatType, errors: &mut Errors) -> Option<Self> {
        let Type::Reference(TypeReference { mutability: None, elem, .. }) = types::bare(&argument.ty) else {
            return None;
        };
        let Type::Path(path) = types::bare(elem) else { return None };
        let last = types::last(elem)?;
        if last.ident == "str" || last.ident == "String" || !last.arguments.is_none() {
            return None;
        }
        let (ident, docs) = (name(&argument.pat, errors)?, attrs::docs(&argument.attrs));
        let name = if ident == RECEIVER { "self".to_owned() } else { names::text(&ident) };
        Some(Self { ident, name, path: path.clone(), last: last.ident.clone(), docs })
    }
}

/// The parameters of a function, after its receiver if it may have one.
pub(crate) fn params(
    signature: &Signature,
    with_receiver: bool,
    errors: &mut Errors,
) -> (Option<Receiver>, Vec<Param>) {
    let mut arguments = signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(argument) => Some(argument),
        FnArg::Receiver(receiver) => {
            errors.on(
                receiver,
                match with_receiver {
                    true => "a method crosses with its `impl`: write `#[ffi]` there, `#[ffi] impl MyApp { … }`",
                    false => "only in a trait of host functions is there a `self`: leave it out",
                },
            );
            None
        }
    });
    let mut arguments: Vec<&PatType> = arguments.by_ref().collect();
    let receiver = arguments.first().filter(|_| with_receiver).and_then(|first| Receiver::of(first, errors));
    if receiver.is_some() {
        arguments.remove(0);
    }
    let params = arguments.into_iter().filter_map(|argument| Param::new(argument, errors)).collect();
    (receiver, params)
}

/// What no function that crosses has.
pub(crate) fn check(signature: &Signature, errors: &mut Errors) {
    refuse_generics(&signature.generics, "a function that crosses", errors);
    if let Some(token) = &signature.constness {
        errors.on(token, "a function that crosses is not `const`: leave it out, or use `#[ffi]` on a constant");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.on(token, "a function that crosses is safe to call with whatever decodes: leave `unsafe` out");
    }
    if let Some(abi) = &signature.abi {
        errors.on(abi, "the function for C is made for you: leave `extern` out");
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(variadic, "a function that crosses has a fixed number of parameters: use a `Vec<T>`");
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        types::check_returned(ty, errors);
    }
}

/// What a function returns.
pub(crate) fn output(signature: &Signature) -> Type {
    match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

/// Docs of parameters are for the descriptor: the compiler takes none.
pub(crate) fn without_docs(signature: &mut Signature) {
    for argument in &mut signature.inputs {
        let attrs = match argument {
            FnArg::Receiver(receiver) => &mut receiver.attrs,
            FnArg::Typed(argument) => &mut argument.attrs,
        };
        attrs.retain(|attr: &Attribute| !attr.path().is_ident("doc"));
    }
}
