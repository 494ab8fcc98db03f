//! `library!`.

use crate::attrs::{self, Formats};
use crate::errors::Errors;
use crate::model::types;
use ffihost_abi::names;
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token, Type, parse_quote};

pub(crate) struct Library {
    pub(crate) docs: TokenStream,
    pub(crate) prefix: LitStr,
    pub(crate) state: Type,
    /// What receivers name it by.
    pub(crate) last: Ident,
    pub(crate) options: Option<Expr>,
    pub(crate) formats: Formats,
    /// Whether it is served by itself.
    pub(crate) serve: Option<Serve>,
}

/// How a library is served.
pub(crate) struct Serve {
    pub(crate) span: Span,
    /// Who may connect: a function.
    pub(crate) admit: Option<syn::Path>,
}

const USAGE: &str = "write `ffihost::library!(\"my_app\", MyApp)`: the library's name, and the type of its state";

impl Library {
    pub(crate) fn new(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut library = Self {
            docs: attrs::docs(&[]),
            prefix: LitStr::new("invalid", Span::call_site()),
            state: parse_quote!(()),
            last: Ident::new("invalid", Span::call_site()),
            options: None,
            formats: Formats::BOTH,
            serve: None,
        };
        let parse = |input: ParseStream<'_>| library.parse(input, errors);
        if let Err(error) = parse.parse2(tokens) {
            errors.add(error);
        }
        library
    }

    fn parse(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let attributes = input.call(syn::Attribute::parse_outer)?;
        for attribute in attributes.iter().filter(|attribute| !attribute.path().is_ident("doc")) {
            errors
                .on(attribute, "before the name there are doc comments, which become the library's, and nothing else");
        }
        self.docs = attrs::docs(&attributes);
        let usage = |error: syn::Error| syn::Error::new(error.span(), USAGE);
        let prefix: LitStr = input.parse().map_err(usage)?;
        crate::names::check_length(&prefix, &prefix.value(), errors);
        if let Some(why) = names::taken(&prefix.value()) {
            errors
                .on(&prefix, format_args!("no library can be named `{}`, as {why}: use another name", prefix.value()));
        } else if names::is_library(&prefix.value()) {
            self.prefix = prefix;
        } else {
            let message =
                "a library's name starts each symbol: small letters, digits and `_`, a letter first, like `my_app`";
            errors.on(&prefix, message);
        }
        input.parse::<Token![,]>().map_err(usage)?;
        let state: Type = input.parse().map_err(usage)?;
        match types::bare(&state) {
            Type::Path(path) if path.qself.is_none() && path.path.segments.iter().all(|it| it.arguments.is_none()) => {
                if let Some(last) = path.path.segments.last() {
                    self.last = last.ident.clone();
                }
                self.state = state;
            }
            _ => {
                errors.on(&state, "the state is a struct or an enum of this crate, by its name and without parameters");
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        while !input.is_empty() {
            self.argument(input, errors)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if let Some(serve) = &self.serve
            && !self.formats.cbor
        {
            errors.add(syn::Error::new(
                serve.span,
                "what is served crosses in CBOR, which `formats(…)` has switched off",
            ));
        }
        Ok(())
    }

    fn argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let name = input.call(Ident::parse_any)?;
        match &*name.to_string() {
            "options" => {
                input.parse::<Token![=]>()?;
                if self.options.replace(input.parse()?).is_some() {
                    errors.on(name, "`options` is given twice");
                }
            }
            "formats" => self.formats = attrs::formats(&name, input, errors)?,
            "serve" => {
                let serve = serve(&name, input)?;
                if self.serve.replace(serve).is_some() {
                    errors.on(name, "`serve` is given twice");
                }
            }
            other => {
                let known = "`options = …`, `formats(…)` and `serve`";
                errors.on(&name, format_args!("there is no `{other}` for `library!`: there are {known}"));
                attrs::skip(input)?;
            }
        }
        Ok(())
    }
}

/// `serve`, or `serve(admit = function)`.
fn serve(name: &Ident, input: ParseStream<'_>) -> syn::Result<Serve> {
    const USAGE: &str = "write `serve`, or `serve(admit = may_connect)` with a `fn may_connect(peer: &Peer) -> bool`";
    let mut serve = Serve { span: name.span(), admit: None };
    if input.peek(syn::token::Paren) {
        let inside;
        syn::parenthesized!(inside in input);
        let usage = |error: syn::Error| syn::Error::new(error.span(), USAGE);
        let admit: Ident = inside.parse().map_err(usage)?;
        if admit != "admit" {
            return Err(syn::Error::new(admit.span(), USAGE));
        }
        inside.parse::<Token![=]>().map_err(usage)?;
        serve.admit = Some(inside.parse().map_err(usage)?);
    }
    Ok(serve)
}
