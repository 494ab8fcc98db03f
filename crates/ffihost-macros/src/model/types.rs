//! Types by their looks: references and what has no name are told here, each with what to write instead. What a name stands
//! for only the compiler knows, by way of the traits; `suspect` says which advice it is to give.

use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Lifetime, PathArguments, PathSegment, Type, TypeParamBound, TypeTraitObject, parse_quote};

/// The type that parentheses, and the invisible groups of what `macro_rules!` was given, are around.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => bare(&paren.elem),
        Type::Group(group) => bare(&group.elem),
        _ => ty,
    }
}

/// Whatever is wrong with a type that is owned: a field, a parameter, what a list is of, a result.
pub(crate) fn check(ty: &Type, errors: &mut Errors) {
    let advice = match bare(ty) {
        Type::Path(path) => return check_path(path, errors),
        Type::Reference(reference) if reference.mutability.is_some() => {
            "a host cannot lend what is changed in place: take the value, and return the new one"
        }
        Type::Reference(reference) => return check_borrowed(ty, &reference.elem, errors),
        // By its shape, which an alias has, too.
        Type::Tuple(tuple) if tuple.elems.is_empty() => return,
        Type::Tuple(_) => "tuples do not cross, their parts have no names: use a struct that is marked with `#[ffi]`",
        Type::Array(array) => return check(&array.elem, errors),
        Type::Slice(_) => "a slice crosses as a parameter, `&[T]`, and everywhere else as `Vec<T>`",
        Type::Ptr(_) => {
            "raw pointers do not cross: use a value, or `Handle<T>` for an object that stays in the library"
        }
        Type::FnPtr(_) => FUNCTIONS,
        Type::ImplTrait(_) => "`impl Trait` does not cross, hosts need to know the type: name it",
        Type::TraitObject(object) => of_trait_object(object),
        Type::Never(_) => "`!` does not cross: leave it out",
        Type::Infer(_) => "hosts need to know the type: name it",
        // It is what it expands to.
        Type::Macro(_) => return,
        _ => "this is no type that crosses: name a struct or an enum that is marked with `#[ffi]`",
    };
    errors.on(ty, advice);
}

const FUNCTIONS: &str = "functions do not cross: declare what the host implements with `#[ffi_host]`";

fn of_trait_object(object: &TypeTraitObject) -> &'static str {
    let name = object.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    });
    match name.as_deref() {
        Some("Error") => {
            "hosts need to know what an error can be: use an enum that is marked with `#[ffi(error)]`, or `String`"
        }
        Some("Fn" | "FnMut" | "FnOnce") => FUNCTIONS,
        _ => "trait objects do not cross: use an enum, or `Handle<T>` for an object that stays in the library",
    }
}

fn check_borrowed(ty: &Type, elem: &Type, errors: &mut Errors) {
    match bare(elem) {
        Type::Slice(slice) => {
            let elem = slice.elem.to_token_stream();
            errors.on(ty, format_args!("a reference crosses only as a parameter: use `Vec<{elem}>`"));
        }
        elem if is(elem, "str") => errors.on(ty, "a reference crosses only as a parameter: use `String`"),
        _ => errors.on(ty, "a reference crosses only as a parameter: use the value"),
    }
}

/// `()`
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The last segment of a path.
pub(crate) fn last(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

pub(crate) fn is(ty: &Type, name: &str) -> bool {
    last(ty).is_some_and(|last| last.ident == name)
}

/// The types among its generic arguments.
pub(crate) fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    generics(segment).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn generics(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments.into_iter().flatten()
}

fn check_path(path: &syn::TypePath, errors: &mut Errors) {
    let Some(last) = path.path.segments.last() else { return };
    if let Some(object) = arguments(last).find(|argument| matches!(bare(argument), Type::TraitObject(_))) {
        return check(object, errors);
    }
    if let Some(lifetime) = lifetimes(last).next() {
        return match &*last.ident.to_string() {
            "Cow" => errors.on(path, "what crosses borrows nothing: use `String`, `Vec<T>`, or what is in it"),
            _ => errors.on(lifetime, "what crosses borrows nothing: use a type without lifetimes"),
        };
    }
    match Suspicion::of(last) {
        // What is in it need not cross.
        Some(Suspicion { key: None, .. }) => {}
        Some(_) => arguments(last).skip(1).for_each(|argument| check(argument, errors)),
        // What a handle is of does not cross itself.
        None if last.ident == "Handle" => {}
        None => arguments(last).for_each(|argument| check(argument, errors)),
    }
}

fn lifetimes(segment: &PathSegment) -> impl Iterator<Item = &Lifetime> {
    generics(segment).filter_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    })
}

/// Whether a type of that name, in the scope that it is defined in, is in this one.
pub(crate) fn mentions(ty: &Type, name: &Ident) -> bool {
    match bare(ty) {
        Type::Array(array) => mentions(&array.elem, name),
        Type::Path(path) => {
            path.path.is_ident(name) || last(ty).is_some_and(|last| arguments(last).any(|ty| mentions(ty, name)))
        }
        _ => false,
    }
}

/// A name that is well known for a type that does not cross.
struct Suspicion<'a> {
    /// The trait in `ffihost::wire::advice`.
    advice: &'static str,
    /// What the advice speaks of.
    of: Option<&'a Type>,
    /// The key, if it is the key of a map that is suspicious.
    key: Option<&'a Type>,
}

impl<'a> Suspicion<'a> {
    fn of(last: &'a PathSegment) -> Option<Self> {
        let name = last.ident.to_string();
        let first = arguments(last).next();
        let held = |otherwise| match first.map(bare) {
            Some(Type::Slice(slice)) => ("List", Some(&*slice.elem)),
            Some(first) if is(first, "str") => ("Text", None),
            _ => otherwise,
        };
        let (advice, of) = match (&*name, first) {
            ("u128" | "i128", None) => ("Wide", None),
            ("str", None) => ("Str", None),
            ("Box" | "Cow", Some(_)) => held(("Boxed", None)),
            ("Rc" | "Arc", Some(first)) if suspects(first).is_empty() => held(("Counted", Some(first))),
            ("Rc" | "Arc", Some(_)) => held(("Kept", None)),
            ("Cell" | "RefCell" | "Mutex" | "RwLock", _) => ("Kept", None),
            ("Result", _) => ("Outcome", None),
            ("LinkedList" | "BinaryHeap", Some(_)) => ("List", first),
            ("HashMap" | "BTreeMap", Some(first)) if !is(first, "String") => {
                return Some(Self { advice: "Keys", of: None, key: Some(first) });
            }
            ("Path" | "OsString" | "OsStr" | "CString" | "CStr", None) => ("Text", None),
            ("Instant", None) => ("Instant", None),
            _ => return None,
        };
        Some(Self { advice, of, key: None })
    }
}

/// A part of a type whose name is suspicious.
pub(crate) struct Suspect {
    pub(crate) ty: Type,
    /// The type that crosses unless the suspicion is right.
    pub(crate) probe: Type,
    /// The trait in `ffihost::wire::advice`.
    pub(crate) advice: &'static str,
    /// What the advice speaks of.
    pub(crate) of: Option<Type>,
}

/// The suspects in a type that was checked, from the left to the right.
pub(crate) fn suspects(ty: &Type) -> Vec<Suspect> {
    match bare(ty) {
        Type::Reference(reference) if !is(&reference.elem, "str") => return suspects(&reference.elem),
        Type::Slice(slice) => return suspects(&slice.elem),
        Type::Array(array) => return suspects(&array.elem),
        _ => {}
    }
    let Some(last) = last(ty) else { return Vec::new() };
    let Some(Suspicion { advice, of, key }) = Suspicion::of(last) else {
        // What a handle is of does not cross itself.
        let parts = arguments(last).filter(|_| last.ident != "Handle");
        return parts.flat_map(suspects).collect();
    };
    let probe = key.map_or_else(|| ty.clone(), |key| parse_quote!(::std::collections::BTreeMap<#key, u8>));
    let values = arguments(last).skip(1).filter(|_| key.is_some());
    let suspect = Suspect { ty: ty.clone(), probe, advice, of: of.cloned() };
    std::iter::once(suspect).chain(values.flat_map(suspects)).collect()
}

/// Returns the suspects in a function's result. A `Result` there is not one itself.
pub(crate) fn suspects_returned(ty: &Type) -> Vec<Suspect> {
    match last(ty) {
        Some(last) if last.ident == "Result" => arguments(last).flat_map(suspects).collect(),
        _ => suspects(ty),
    }
}

/// As [`check`], of what a function returns: a `Result` may be that.
pub(crate) fn check_returned(ty: &Type, errors: &mut Errors) {
    match last(ty) {
        Some(last) if last.ident == "Result" => arguments(last).for_each(|argument| check(argument, errors)),
        _ => check(ty, errors),
    }
}

/// Whether a name is somewhere in a type.
pub(crate) fn names(ty: &Type, name: &Ident) -> bool {
    fn are_in(tokens: TokenStream, name: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == *name,
            TokenTree::Group(group) => are_in(group.stream(), name),
            _ => false,
        })
    }
    are_in(ty.to_token_stream(), name)
}

/// The type with what `Self` stands for in its place.
pub(crate) fn without_self(ty: &Type, this: &impl ToTokens) -> Type {
    syn::parse2(replace(ty.to_token_stream(), &this.to_token_stream())).unwrap_or_else(|_| ty.clone())
}

fn replace(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            let at_place = |mut token: TokenTree| {
                token.set_span(ident.span());
                token
            };
            this.clone().into_iter().map(at_place).collect()
        }
        TokenTree::Group(group) => {
            let mut new = proc_macro2::Group::new(group.delimiter(), replace(group.stream(), this));
            new.set_span(group.span());
            TokenTree::Group(new).into()
        }
        other => TokenStream::from(other),
    };
    tokens.into_iter().flat_map(replace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn refused(ty: &Type) -> bool {
        let mut errors = Errors::default();
        check(ty, &mut errors);
        !errors.is_empty()
    }

    #[test]
    fn what_crosses_is_let_through() {
        let good: [Type; 8] = [
            parse_quote!(u8),
            parse_quote!(Vec<Option<String>>),
            parse_quote!(std::collections::HashMap<String, Vec<u8>>),
            parse_quote!(crate::Profile),
            parse_quote!(Handle<Mutex<u8>>),
            parse_quote!(Option<Vec<Option<u8>>>),
            parse_quote!(BTreeMap<String, f64>),
            parse_quote!((Profile)),
        ];
        assert!(good.iter().all(|ty| !refused(ty)));
    }

    #[test]
    fn what_has_no_name_is_refused_however_deep() {
        let bad: [Type; 6] = [
            parse_quote!(HashMap<String, (u8, u8)>),
            parse_quote!(HashMap<Key, Vec<(u8, u8)>>),
            parse_quote!(Vec<&str>),
            parse_quote!([(u8, u8); 4]),
            parse_quote!(Name<'a>),
            parse_quote!(Box<dyn Error>),
        ];
        assert!(bad.iter().all(refused));
    }

    #[test]
    fn what_has_a_name_is_a_suspect_however_deep() {
        let advice = |ty: &Type| suspects(ty).iter().map(|suspect| suspect.advice).collect::<Vec<_>>();
        let cases: [(Type, &[&str]); 9] = [
            (parse_quote!(Vec<u128>), &["Wide"]),
            (parse_quote!(HashMap<u32, Option<std::time::Instant>>), &["Keys", "Instant"]),
            (parse_quote!(HashMap<String, LinkedList<char>>), &["List"]),
            (parse_quote!(Result<u8, u8>), &["Outcome"]),
            (parse_quote!(Arc<str>), &["Text"]),
            (parse_quote!(Rc<[u8]>), &["List"]),
            (parse_quote!(Arc<Mutex<u8>>), &["Kept"]),
            (parse_quote!(Arc<Shop>), &["Counted"]),
            (parse_quote!(Handle<Mutex<u8>>), &[]),
        ];
        for (ty, expected) in cases {
            assert_eq!(advice(&ty), expected, "{}", ty.to_token_stream());
        }
        assert!(suspects_returned(&parse_quote!(Result<u8, u8>)).is_empty());
        // Names that are the author's: the standard library's have parameters.
        for ty in [parse_quote!(Box), parse_quote!(Arc), parse_quote!(LinkedList)] {
            assert!(advice(&ty).is_empty());
        }
    }

    #[test]
    fn self_is_replaced() {
        let name: Ident = parse_quote!(Node);
        let ty = without_self(&parse_quote!(Vec<Option<Self>>), &name);
        assert_eq!(ty.to_token_stream().to_string(), "Vec < Option < Node > >");
    }
}
