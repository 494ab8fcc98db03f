//! Where errors are shown.
//!
//! What the compiler finds wrong with a type, it says of each use, and shows what it says once if it is the same message at
//! the same place. So whatever is emitted about a type of the author's is put where that type is written, from its first token
//! to its last: as tokens that are ours, because lints of the author's do not look at those.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// The place of some tokens of the author's.
pub(crate) struct Place {
    first: Span,
    last: Span,
    /// The tokens, as if they were emitted there.
    pub(crate) itself: TokenStream,
}

/// At a place of the author's, as a token of ours.
pub(crate) fn located(span: Span) -> Span {
    Span::call_site().located_at(span)
}

impl Place {
    pub(crate) fn of(tokens: &impl ToTokens) -> Self {
        let tokens = tokens.to_token_stream();
        let mut spans = tokens.clone().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        let last = spans.last().unwrap_or(first);
        Self { first: located(first), last: located(last), itself: respan(tokens, &located) }
    }

    /// Puts what is emitted there.
    pub(crate) fn put(&self, tokens: TokenStream) -> TokenStream {
        let mut tokens = tokens.into_iter();
        let first: TokenStream = tokens.next().into_iter().collect();
        let mut put = respan(first, &|_| self.first);
        put.extend(respan(tokens.collect(), &|_| self.last));
        put
    }

    /// `<T as Trait>::item`; the place is that of `T`.
    pub(crate) fn item(&self, of: TokenStream, item: &str) -> TokenStream {
        self.outer(&self.itself, of, item)
    }

    /// The same of a type that is put here already.
    pub(crate) fn outer(&self, this: &TokenStream, of: TokenStream, item: &str) -> TokenStream {
        let (first, last) = (self.first, self.last);
        let (of, item) = (respan(of, &|_| last), Ident::new(item, last));
        let (open, rest) = (quote_spanned!(first=> <), quote_spanned!(last=> as #of>::#item));
        quote!(#open #this #rest)
    }

    /// A call of such an item.
    pub(crate) fn call(&self, item: &TokenStream, arguments: &TokenStream) -> TokenStream {
        self.call_with(item, respan(arguments.clone(), &|_| self.last))
    }

    /// The same with arguments that are put here already.
    pub(crate) fn call_with(&self, item: &TokenStream, arguments: TokenStream) -> TokenStream {
        let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
        arguments.set_span(self.last);
        quote!(#item #arguments)
    }

    /// `Name<…, T>`, of a type that is put here already.
    pub(crate) fn last_of(&self, name: TokenStream, this: &TokenStream) -> TokenStream {
        let last = self.last;
        let (name, end) = (respan(name, &|_| self.first), quote_spanned!(last=> >));
        quote!(#name #this #end)
    }
}

fn respan(tokens: TokenStream, span: &impl Fn(Span) -> Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        match &mut token {
            TokenTree::Group(group) => {
                let mut new = Group::new(group.delimiter(), respan(group.stream(), span));
                new.set_span(span(group.span()));
                *group = new;
            }
            // It means something only where it is.
            TokenTree::Ident(ident) if ident == "$crate" => {}
            other => other.set_span(span(other.span())),
        }
        token
    };
    tokens.into_iter().map(respan).collect()
}
