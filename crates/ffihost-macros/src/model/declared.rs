//! Functions without a body: host functions and events.

use super::signature::{self, Param};
use super::{Head, function};
use crate::attrs;
use crate::errors::Errors;
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Block, LitStr, ReturnType, Signature, Token, Type, Visibility};

/// More would be a struct.
const MAX_PARAMS: usize = 12;

/// A function that has no body, or has one that it should not have.
pub(crate) struct Declaration {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Option<Block>,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (attrs, vis, sig) = (input.call(Attribute::parse_outer)?, input.parse()?, input.parse()?);
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            None
        } else {
            Some(input.parse()?)
        };
        Ok(Self { attrs, vis, sig, body })
    }
}

pub(crate) struct HostFn {
    pub(crate) item: Declaration,
    pub(crate) head: Head,
    pub(crate) asynchronous: bool,
    pub(crate) params: Vec<Param>,
    pub(crate) output: Type,
    /// In milliseconds.
    pub(crate) deadline: Option<u64>,
}

pub(crate) struct Event {
    pub(crate) item: Declaration,
    pub(crate) head: Head,
    pub(crate) params: Vec<Param>,
}

impl HostFn {
    pub(crate) fn new(mut item: Declaration, args: TokenStream, errors: &mut Errors) -> Self {
        let deadline = deadline(args, item.sig.asyncness.is_some(), errors);
        let (head, params) = common(&mut item, "the host implements it", errors);
        if function::is_nothing(&item.sig.output) {
            let message = "a host function can always fail: it returns `Result<T, HostError>`, or `Result<T, E>` where \
                           `E: From<HostError>`";
            errors.on(&item.sig.ident, message);
        }
        let (output, asynchronous) = (signature::output(&item.sig), item.sig.asyncness.is_some());
        Self { item, head, asynchronous, params, output, deadline }
    }
}

impl Event {
    pub(crate) fn new(mut item: Declaration, args: TokenStream, errors: &mut Errors) -> Self {
        attrs::each(args, errors, |name, input, errors| {
            errors.on(name, "`#[ffi_event]` takes no arguments");
            attrs::skip(input)
        });
        let (head, params) = common(&mut item, "calling it tells the listeners", errors);
        if let Some(token) = &item.sig.asyncness {
            errors.on(token, "an event is queued, and there is nothing to await: leave `async` out");
        }
        if let ReturnType::Type(_, ty) = &item.sig.output {
            errors.on(ty, "listeners return nothing: use `#[ffi_host]` for what the host answers");
        }
        Self { item, head, params }
    }
}

fn common(item: &mut Declaration, why: &str, errors: &mut Errors) -> (Head, Vec<Param>) {
    let head = Head::new(&item.sig.ident, &mut item.attrs, errors);
    if let Some(body) = &item.body {
        let message = format_args!("this function has no body, {why}: write `;` instead");
        errors.add(syn::Error::new(body.brace_token.span.join(), message));
    }
    signature::check(&item.sig, errors);
    let (_, params) = signature::params(&item.sig, false, errors);
    for argument in &item.sig.inputs {
        if let syn::FnArg::Typed(argument) = argument
            && let syn::Pat::Ident(pattern) = &*argument.pat
            && let Some(token) = &pattern.mutability
        {
            errors.on(token, "there is no body that could change it: leave `mut` out");
        }
    }
    if let Some(param) = params.get(MAX_PARAMS) {
        let message =
            format_args!("at most {MAX_PARAMS} parameters: put them into a struct that is marked with `#[ffi]`");
        errors.on(&param.field.ident, message);
    }
    signature::without_docs(&mut item.sig);
    (head, params)
}

/// The argument of `#[ffi_host]`; `may_wait` if what it is on is awaited.
pub(super) fn deadline(args: TokenStream, may_wait: bool, errors: &mut Errors) -> Option<u64> {
    let mut deadline = None;
    let mut given = false;
    attrs::each(args, errors, |name, input, errors| {
        if name != "deadline" {
            errors.on(
                name,
                format_args!("there is no `{}` for `#[ffi_host]`: there is `deadline = \"10s\"`", name.unraw()),
            );
            return attrs::skip(input);
        }
        if std::mem::replace(&mut given, true) {
            errors.on(name, "`deadline` is given twice");
        }
        if !may_wait {
            let message = "a function that is not `async` is answered before it returns: it has no deadline";
            errors.on(name, message);
        }
        if !input.peek(Token![=]) {
            errors.on(name, "say how long: `deadline = \"10s\"`");
            return attrs::skip(input);
        }
        input.parse::<Token![=]>()?;
        if !input.peek(LitStr) {
            let value: TokenStream = std::iter::from_fn(|| {
                (!input.is_empty() && !input.peek(Token![,]))
                    .then(|| input.parse::<proc_macro2::TokenTree>().ok())
                    .flatten()
            })
            .collect();
            errors.on(value, "a deadline is a text with a unit: \"250ms\", \"10s\", \"5m\" or \"1h\"");
            return Ok(());
        }
        let text: LitStr = input.parse()?;
        match milliseconds(&text.value()) {
            Some(value) => deadline = Some(value),
            None => {
                let message = "a deadline is a whole number, not 0, and a unit: \"250ms\", \"10s\", \"5m\" or \"1h\"";
                errors.on(&text, message);
            }
        }
        Ok(())
    });
    deadline
}

fn milliseconds(text: &str) -> Option<u64> {
    let unit = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let factor = match unit.trim_start() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|milliseconds| *milliseconds > 0)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn deadlines_have_units() {
        for (text, expected) in [("250ms", 250), ("10s", 10_000), ("5 m", 300_000), ("1h", 3_600_000)] {
            assert_eq!(milliseconds(text), Some(expected));
        }
        for text in ["", "10", "s", "-1s", "1.5s", "10d", "0s", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
