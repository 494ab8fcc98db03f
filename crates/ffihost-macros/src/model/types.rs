//! Types that do not cross, as far as they can be told by their looks: each with what to write instead. What is left is the
//! compiler's, by way of the traits.

use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Whatever is wrong with a type that is owned: a field, a parameter, what a list is of.
pub(crate) fn check(ty: &Type, errors: &mut Errors) {
    let advice = match ty {
        Type::Path(path) => return check_path(path, errors),
        Type::Paren(paren) => return check(&paren.elem, errors),
        Type::Group(group) => return check(&group.elem, errors),
        Type::Reference(reference) if reference.mutability.is_some() => {
            "a host cannot lend what is changed in place: take the value, and return the new one"
        }
        Type::Reference(reference) => return check_borrowed(ty, &reference.elem, errors),
        Type::Tuple(tuple) if tuple.elems.is_empty() => "`()` crosses only as a result: leave it out",
        Type::Tuple(_) => "tuples do not cross, their parts have no names: use a struct that is marked with `#[ffi]`",
        Type::Array(_) => "arrays do not cross: use `Vec<T>`",
        Type::Slice(_) => "a slice crosses as a parameter, `&[T]`, and everywhere else as `Vec<T>`",
        Type::Ptr(_) => {
            "raw pointers do not cross: use a value, or `Handle<T>` for an object that stays in the library"
        }
        Type::FnPtr(_) => "functions do not cross: declare what the host implements with `#[ffi_host]`",
        Type::ImplTrait(_) => "`impl Trait` does not cross, hosts need to know the type: name it",
        Type::TraitObject(_) => {
            "trait objects do not cross: use an enum, or `Handle<T>` for an object that stays in the library"
        }
        Type::Never(_) => "`!` does not cross: leave it out",
        Type::Infer(_) => "hosts need to know the type: name it",
        _ => "this is no type that crosses: name a struct or an enum that is marked with `#[ffi]`",
    };
    errors.on(ty, advice);
}

fn check_borrowed(ty: &Type, elem: &Type, errors: &mut Errors) {
    match elem {
        Type::Slice(slice) => {
            let elem = slice.elem.to_token_stream();
            errors.on(ty, format_args!("a reference crosses only as a parameter: use `Vec<{elem}>`"));
        }
        _ if is(elem, "str") => errors.on(ty, "a reference crosses only as a parameter: use `String`"),
        _ => errors.on(ty, "a reference crosses only as a parameter: use the value"),
    }
}

/// What a function returns: a value, or a `Result` of a value and an error.
pub(crate) fn check_returned(ty: &Type, errors: &mut Errors) {
    match last(ty) {
        Some(segment) if segment.ident == "Result" => {
            for argument in arguments(segment) {
                if !is_unit(argument) {
                    check(argument, errors);
                }
            }
        }
        _ if is_unit(ty) => {}
        _ => check(ty, errors),
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The last segment of a path.
pub(crate) fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Paren(paren) => last(&paren.elem),
        Type::Group(group) => last(&group.elem),
        _ => None,
    }
}

pub(crate) fn is(ty: &Type, name: &str) -> bool {
    last(ty).is_some_and(|last| last.ident == name)
}

pub(crate) fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn check_path(path: &syn::TypePath, errors: &mut Errors) {
    let Some(last) = path.path.segments.last() else { return };
    if let Some(advice) = advice(last) {
        errors.on(path, advice);
        return;
    }
    if let PathArguments::AngleBracketed(arguments) = &last.arguments {
        for argument in &arguments.args {
            if let GenericArgument::Lifetime(lifetime) = argument {
                errors.on(lifetime, "what crosses borrows nothing: use a type without lifetimes");
            }
        }
    }
    // What a handle is of does not cross itself.
    if last.ident != "Handle" {
        for argument in arguments(last) {
            check(argument, errors);
        }
    }
}

fn advice(last: &PathSegment) -> Option<String> {
    let name = last.ident.to_string();
    let mut arguments = arguments(last);
    let first = arguments.next();
    let inner = first.map_or_else(|| "T".to_owned(), |first| first.to_token_stream().to_string().replace(' ', ""));
    Some(match &*name {
        "usize" => "`usize` is not the same everywhere: use `u64` or `u32`".to_owned(),
        "isize" => "`isize` is not the same everywhere: use `i64` or `i32`".to_owned(),
        "u128" | "i128" => format!("`{name}` does not exist in C: use two `u64`, or a `String`"),
        "char" => "`char` does not cross: use `u32`, or a `String`".to_owned(),
        "str" => "`str` has no size: use `String`, or `&str` as a parameter".to_owned(),
        "Box" | "Cow" => format!("`{name}` does not cross: use what is in it, and `Vec` for what holds its own kind"),
        "Rc" | "Arc" => {
            format!("`{name}` does not cross: use `Handle<{inner}>`, and mark the struct with `#[ffi(handle)]`")
        }
        "Cell" | "RefCell" | "Mutex" | "RwLock" => {
            format!(
                "`{name}` does not cross: use what is in it, or `Handle<T>` for an object that stays in the library"
            )
        }
        "Option" if first.is_some_and(|first| is(first, "Option")) => {
            "null cannot be told from null in null: use one `Option`, or an enum".to_owned()
        }
        "Result" => "a `Result` crosses only as what a function returns: use an enum".to_owned(),
        "HashMap" | "BTreeMap" if first.is_some_and(|first| !is(first, "String")) => {
            "the keys of a map are text: use `String`, or a list of structs".to_owned()
        }
        "HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" | "BinaryHeap" => {
            format!("`{name}` does not cross: use `Vec<{inner}>`")
        }
        "PathBuf" | "Path" | "OsString" | "OsStr" | "CString" | "CStr" => {
            format!("`{name}` does not cross: use `String`")
        }
        "Duration" => "`Duration` does not cross: use a number, of milliseconds for instance".to_owned(),
        "Instant" | "SystemTime" => {
            format!("`{name}` does not cross: use a number, of milliseconds since 1970 for instance")
        }
        _ => return None,
    })
}

/// The type with the name that `Self` stands for.
pub(crate) fn without_self(ty: &Type, name: &Ident) -> Type {
    syn::parse2(replace(ty.to_token_stream(), name)).unwrap_or_else(|_| ty.clone())
}

fn replace(tokens: TokenStream, name: &Ident) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            let mut name = name.clone();
            name.set_span(ident.span());
            TokenTree::Ident(name)
        }
        TokenTree::Group(group) => {
            let mut new = proc_macro2::Group::new(group.delimiter(), replace(group.stream(), name));
            new.set_span(group.span());
            TokenTree::Group(new)
        }
        other => other,
    };
    tokens.into_iter().map(replace).collect()
}

/// Whether a type speaks of `Handle`s, as far as that can be seen.
pub(crate) fn names_handle(ty: &Type) -> bool {
    fn any(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "Handle",
            TokenTree::Group(group) => any(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    any(ty.to_token_stream())
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
    fn what_does_not_is_refused_however_deep() {
        let bad: [Type; 8] = [
            parse_quote!(Vec<usize>),
            parse_quote!(Option<Option<u8>>),
            parse_quote!(HashMap<u32, u8>),
            parse_quote!(HashMap<String, (u8, u8)>),
            parse_quote!(Vec<&str>),
            parse_quote!([u8; 4]),
            parse_quote!(Name<'a>),
            parse_quote!(Result<u8, u8>),
        ];
        assert!(bad.iter().all(refused));
    }

    #[test]
    fn self_is_replaced() {
        let name: Ident = parse_quote!(Node);
        let ty = without_self(&parse_quote!(Vec<Option<Self>>), &name);
        assert_eq!(ty.to_token_stream().to_string(), "Vec < Option < Node > >");
    }
}
