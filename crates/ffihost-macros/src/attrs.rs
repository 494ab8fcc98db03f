//! What stands in attributes: docs, conditions, and the arguments of our own.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, MetaNameValue, Token, Type, parse_quote};

/// An expression: what people are told, by doc comments and by `#[deprecated]`.
pub(crate) fn docs(attrs: &[Attribute]) -> TokenStream {
    let (text, deprecated) = (text(attrs), deprecated(attrs));
    quote!(::ffihost::export::Docs { text: #text, deprecated: #deprecated })
}

/// What `#[deprecated]` says. That it is well formed is for the compiler to say.
fn deprecated(attrs: &[Attribute]) -> TokenStream {
    let Some(attr) = attrs.iter().find(|attr| attr.path().is_ident("deprecated")) else {
        return quote!(::core::option::Option::None);
    };
    let (mut since, mut note) = (Expr::Verbatim(quote!("")), Expr::Verbatim(quote!("")));
    match &attr.meta {
        Meta::Path(_) => {}
        Meta::NameValue(pair) => note = pair.value.clone(),
        Meta::List(list) => {
            let pairs = list.parse_args_with(Punctuated::<MetaNameValue, Token![,]>::parse_terminated);
            for pair in pairs.into_iter().flatten() {
                match pair.path.get_ident() {
                    Some(name) if name == "since" => since = pair.value,
                    Some(name) if name == "note" => note = pair.value,
                    _ => {}
                }
            }
        }
    }
    let deprecated = quote!(::ffihost::export::Deprecated { since: #since, note: #note });
    quote!(::core::option::Option::Some(#deprecated))
}

/// An expression: the text of the doc comments.
fn text(attrs: &[Attribute]) -> TokenStream {
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut text = String::new();
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| match &attr.meta {
        Meta::NameValue(pair) => Some(&pair.value),
        _ => None,
    });
    for (at, line) in lines.enumerate() {
        if at > 0 {
            text.push('\n');
        }
        match line {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => {
                let line = line.value();
                text.push_str(line.strip_prefix(' ').unwrap_or(&line));
            }
            // `include_str!`, for instance.
            other => {
                let before = std::mem::take(&mut text);
                parts.extend([before.into_token_stream(), other.into_token_stream()]);
            }
        }
    }
    if parts.is_empty() { text.into_token_stream() } else { quote!(::core::concat!(#(#parts,)* #text)) }
}

/// What it depends on whether the item is there at all.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}

/// A part of the surface is there or not as a whole.
pub(crate) fn refuse_conditions(attrs: &[Attribute], what: &str, errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| is_condition(&attr.meta)) {
        let message =
            format_args!("{what} cannot be conditional: hosts see one layout. Put the condition on the whole item");
        errors.on(attr, message);
    }
}

/// `cfg`, alone or in a `cfg_attr`. What else that may add changes no layout.
fn is_condition(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return false };
    if list.path.is_ident("cfg") {
        return true;
    }
    let added = Punctuated::<Meta, Token![,]>::parse_terminated;
    list.path.is_ident("cfg_attr")
        && list.parse_args_with(added).map_or(true, |list| list.iter().skip(1).any(is_condition))
}

/// Takes out attributes of ours that an item has besides the one that is being expanded.
pub(crate) fn refuse_second(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    for attr in take_ours(attrs) {
        errors.on(attr, "this item is marked already: one of these attributes is enough");
    }
}

/// Takes out attributes of ours.
pub(crate) fn take_ours(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    let is_ours = |attr: &mut Attribute| {
        let last = attr.path().segments.last().map(|last| last.ident.to_string());
        matches!(last.as_deref(), Some("ffi" | "ffi_host" | "ffi_event"))
    };
    attrs.extract_if(.., is_ours).collect()
}

/// In which formats an item is exported.
#[derive(Clone, Copy)]
pub(crate) struct Formats {
    pub(crate) native: bool,
    pub(crate) cbor: bool,
}

impl Formats {
    pub(crate) const BOTH: Self = Self { native: true, cbor: true };
}

/// What a function or type is, other than plain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Error,
    Handle,
    Constructor,
    Destructor,
}

/// The arguments of `#[ffi(…)]`.
#[derive(Default)]
pub(crate) struct FfiArgs {
    pub(crate) role: Option<(Role, Span)>,
    pub(crate) formats: Option<(Formats, Span)>,
    /// What a type crosses as, and the name of the argument.
    pub(crate) representation: Option<(Type, Span)>,
}

impl FfiArgs {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        each(tokens, errors, |name, input, errors| {
            let role = match &*name.to_string() {
                "error" => Role::Error,
                "handle" => Role::Handle,
                "constructor" => Role::Constructor,
                "destructor" => Role::Destructor,
                "formats" => {
                    let formats = formats(name, input, errors)?;
                    if args.formats.replace((formats, name.span())).is_some() {
                        errors.on(name, "`formats` is given twice");
                    }
                    return Ok(());
                }
                "as" => {
                    let representation = representation(name, input, errors)?;
                    if args.representation.replace((representation, name.span())).is_some() {
                        errors.on(name, "`as` is given twice");
                    }
                    return Ok(());
                }
                other => {
                    let known = "`error`, `handle`, `constructor`, `destructor`, `as = …` and `formats(…)`";
                    errors.on(name, format_args!("there is no `{other}` for `#[ffi]`: there are {known}"));
                    return skip(input);
                }
            };
            match args.role {
                Some((first, _)) if first == role => errors.on(name, format_args!("`{name}` is given twice")),
                Some(_) => {
                    errors.on(name, format_args!("`{name}` cannot be combined with the one before: use one of them"));
                }
                None => args.role = Some((role, name.span())),
            }
            Ok(())
        });
        args
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.role.map(|(role, _)| role)
    }

    pub(crate) fn formats(&self) -> Formats {
        self.formats.map_or(Formats::BOTH, |(formats, _)| formats)
    }

    /// For what is no type.
    pub(crate) fn refuse_representation(&self, errors: &mut Errors) {
        if let Some((_, span)) = self.representation {
            errors.at(span, "`as` is for structs and enums: it says what a type crosses as");
        }
    }

    /// For what is in no format of its own.
    pub(crate) fn refuse_formats(&self, errors: &mut Errors) {
        if let Some((_, span)) = self.formats {
            errors.at(span, "`formats` is for functions: types cross in whatever format the function does");
        }
    }
}

/// `as = Type`, after its name.
fn representation(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Type> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        return input.parse();
    }
    errors.on(name, "say as which type it crosses: `as = String`");
    skip(input)?;
    Ok(parse_quote!(u8))
}

/// Reads names with commas between them; `read` reads what comes after each.
pub(crate) fn each(
    tokens: TokenStream,
    errors: &mut Errors,
    mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let parse = |input: ParseStream<'_>| -> syn::Result<()> {
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            read(&name, input, errors)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parse.parse2(tokens) {
        errors.add(error);
    }
}

/// Passes over the value of an argument that is not known.
pub(crate) fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// `formats(native, cbor)`, after its name.
pub(crate) fn formats(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Formats> {
    let mut formats = Formats { native: false, cbor: false };
    if !input.peek(syn::token::Paren) {
        errors.on(name, "say which: `formats(native)`, `formats(cbor)` or `formats(native, cbor)`");
        skip(input)?;
        return Ok(Formats::BOTH);
    }
    let list;
    syn::parenthesized!(list in input);
    let mut named = false;
    each(list.parse()?, errors, |name, input, errors| {
        named = true;
        match &*name.to_string() {
            "native" => formats.native = true,
            "cbor" => formats.cbor = true,
            other => errors.on(name, format_args!("there is no format `{other}`: there are `native` and `cbor`")),
        }
        skip(input)
    });
    if !formats.native && !formats.cbor {
        if !named {
            errors.on(name, "an item that is exported in no format cannot be called: name `native`, `cbor` or both");
        }
        return Ok(Formats::BOTH);
    }
    Ok(formats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_are_joined() {
        let attrs: Vec<Attribute> =
            vec![parse_quote!(#[doc = " One."]), parse_quote!(#[inline]), parse_quote!(#[doc = "  two"])];
        assert_eq!(text(&attrs).to_string(), "\"One.\\n two\"");
        assert_eq!(text(&[]).to_string(), "\"\"");
        let attrs: Vec<Attribute> = vec![parse_quote!(#[doc = " A"]), parse_quote!(#[doc = include_str!("b")])];
        assert_eq!(text(&attrs).to_string(), ":: core :: concat ! (\"A\\n\" , include_str ! (\"b\") , \"\")");
    }

    #[test]
    fn deprecation_is_read_in_each_of_its_forms() {
        let said = |attr: Attribute| deprecated(&[attr]).to_string();
        let both = said(parse_quote!(#[deprecated(since = "1.2", note = "use b")]));
        assert!(both.contains("since : \"1.2\" , note : \"use b\""), "{both}");
        let note = said(parse_quote!(#[deprecated = "use b"]));
        assert!(note.contains("since : \"\" , note : \"use b\""), "{note}");
        assert!(said(parse_quote!(#[deprecated])).contains("since : \"\" , note : \"\""));
        assert_eq!(deprecated(&[]).to_string(), ":: core :: option :: Option :: None");
    }
}
