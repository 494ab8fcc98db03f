//! `crate = path`: what `ffihost` is called where it was renamed. What is emitted speaks of `::ffihost` until the very end.

use crate::errors::Errors;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Path, Token};

/// The path by which the author's crate knows `ffihost`, from anywhere in it; `::ffihost` if nothing is said.
#[derive(Default)]
pub(crate) struct Renamed(Option<TokenStream>);

const USAGE: &str =
    "say what the dependency is called, `crate = bridge`, or where it is from the root on, `crate = crate::bridge`";

impl Renamed {
    /// Takes `crate = path` out of the arguments of an attribute or of `library!`.
    pub(crate) fn take(args: &mut TokenStream, errors: &mut Errors) -> Self {
        let (mut renamed, mut rest) = (Self::default(), Vec::new());
        let arguments = split(args.clone());
        let all = arguments.len();
        for argument in arguments {
            match said(argument.clone()) {
                None => rest.push(argument),
                Some(Ok(_)) if renamed.0.is_some() => errors.on(argument, "`crate` is given twice"),
                Some(Ok(path)) => renamed.0 = Some(path),
                Some(Err(())) => errors.on(argument, USAGE),
            }
        }
        if rest.len() < all {
            *args = quote!(#(#rest),*);
        }
        renamed
    }

    /// Puts that path in the place of `::ffihost`.
    pub(crate) fn apply(&self, tokens: TokenStream) -> TokenStream {
        match &self.0 {
            Some(path) => replace(tokens, path),
            None => tokens,
        }
    }
}

/// The arguments, without the commas between them. One in angle brackets takes a value apart, which is put together again.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut arguments = vec![TokenStream::new()];
    for token in tokens {
        match (&token, arguments.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => arguments.push(TokenStream::new()),
            (_, Some(last)) => last.extend([token]),
            (_, None) => {}
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// What an argument says of the crate, if it is that one.
fn said(argument: TokenStream) -> Option<Result<TokenStream, ()>> {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        let path = input.parse::<Token![=]>().and_then(|_| Path::parse(input)).ok().and_then(|path| absolute(&path));
        let path = path.filter(|_| input.is_empty());
        input.parse::<TokenStream>()?;
        Ok(path.ok_or(()))
    };
    parse.parse2(argument).ok()
}

fn absolute(path: &Path) -> Option<TokenStream> {
    let first = path.segments.first().filter(|_| path.segments.iter().all(|segment| segment.arguments.is_none()))?;
    match &*first.ident.to_string() {
        "self" | "super" | "Self" => None,
        "crate" => Some(path.to_token_stream()),
        _ if path.leading_colon.is_some() => Some(path.to_token_stream()),
        _ => Some(quote!(::#path)),
    }
}

fn replace(tokens: TokenStream, path: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut replaced, mut at) = (TokenStream::new(), 0);
    while let Some(token) = tokens.get(at) {
        // Behind the name of a module it is a part of that.
        let goes_on = at > 0 && syn::parse2::<Ident>(tokens[at - 1].to_token_stream()).is_ok();
        match (token, &tokens[at..]) {
            (_, [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(name), ..])
                if !goes_on && first.as_char() == ':' && second.as_char() == ':' && name == "ffihost" =>
            {
                replaced.extend(path.clone().into_iter().map(|mut token| {
                    token.set_span(name.span().resolved_at(token.span()));
                    token
                }));
                at += 3;
                continue;
            }
            (TokenTree::Group(group), _) => {
                let mut new = Group::new(group.delimiter(), replace(group.stream(), path));
                new.set_span(group.span());
                replaced.extend([TokenTree::Group(new)]);
            }
            (token, _) => replaced.extend([token.clone()]),
        }
        at += 1;
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_emitted_speaks_of_the_other_name() {
        let (mut args, mut errors) = (quote!(error, crate = bridge, formats(native)), Errors::default());
        let renamed = Renamed::take(&mut args, &mut errors);
        assert!(errors.is_empty());
        assert_eq!(args.to_string(), "error , formats (native)");
        let tokens = renamed.apply(quote!({ <T as ::ffihost::A>::b; a::ffihost::B } -> ::ffihost::C));
        let expected = quote!({ <T as ::bridge::A>::b; a::ffihost::B } -> ::bridge::C);
        assert_eq!(tokens.to_string(), expected.to_string());
    }

    #[test]
    fn a_path_is_one_from_anywhere() {
        for (args, taken) in [
            (quote!(crate = crate::inner::bridge), true),
            (quote!("my_app", App, options = with::<A, B>(), crate = ::bridge), true),
            (quote!(crate = self::bridge), false),
            (quote!(crate), false),
            (quote!(crate = "bridge"), false),
            (quote!(crate = bridge, crate = bridge), false),
        ] {
            let (mut rest, mut errors) = (args.clone(), Errors::default());
            Renamed::take(&mut rest, &mut errors);
            assert_eq!(errors.is_empty(), taken, "{args}");
        }
    }
}
