//! Names: as they cross, and as they are put together.

use crate::errors::Errors;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;

/// What every library exports, without its prefix.
const TAKEN: &[&str] = &[
    "create",
    "create_cbor",
    "destroy",
    "close",
    "cancel",
    "register_host_fn",
    "register_host_fn_cbor",
    "register_host_fn_with",
    "host_complete",
    "host_fn_registered",
    "add_event_listener",
    "add_event_listener_cbor",
    "remove_event_listener",
    "abi_descriptor",
    "abi_hash",
    "stats",
    "version",
    "serve",
];

/// In bytes: hosts register by name, and readers of the descriptor take no longer one.
const MAX_NAME: usize = 255;

/// As it crosses: `r#type` is `type`.
pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Names become names in C and other languages.
pub(crate) fn check(ident: &Ident, errors: &mut Errors) {
    let name = text(ident);
    check_length(ident, &name, errors);
    if !name.is_ascii() {
        errors.on(ident, format_args!("`{name}` crosses to languages whose names are ASCII: use letters from a to z"));
    }
}

/// As long as a name may be.
pub(crate) fn check_length(tokens: impl ToTokens, name: &str, errors: &mut Errors) {
    if name.len() > MAX_NAME {
        errors.on(tokens, format_args!("this name has {} bytes: use one of at most {MAX_NAME}", name.len()));
    }
}

/// As [`check`], and no export of every library.
pub(crate) fn check_export(ident: &Ident, errors: &mut Errors) {
    check(ident, errors);
    let name = text(ident);
    if TAKEN.contains(&&*name) {
        let message = format_args!("every library exports a `{name}` of its own: use another name");
        errors.on(ident, message);
    } else if name.ends_with("_cbor") {
        errors.on(
            ident,
            "a name that ends with `_cbor` is that of the CBOR export of another function: use another name",
        );
    }
}

/// `HttpCursor` is `http_cursor`: a word starts at a capital after a small letter or a digit, and at the last of several
/// capitals that a small letter follows.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let previous = at.checked_sub(1).and_then(|at| letters.get(at));
        let after_small = previous.is_some_and(|letter| letter.is_lowercase() || letter.is_ascii_digit());
        let last_capital = previous.is_some_and(|letter| letter.is_uppercase())
            && letters.get(at + 1).is_some_and(|letter| letter.is_lowercase());
        if letter.is_uppercase() && (after_small || last_capital) {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// `fetch_profile` is `FetchProfile`.
pub(crate) fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

/// Whether it is a name as C and Rust functions have them: `my_app`.
pub(crate) fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        for (name, expected) in [("Cursor", "cursor"), ("HttpCursor", "http_cursor"), ("HTTPServer", "http_server")] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(snake("Utf8Reader"), "utf8_reader");
        assert_eq!(camel("fetch_profile"), "FetchProfile");
        assert!(is_snake("my_app2") && !is_snake("2my") && !is_snake("MyApp") && !is_snake("my-app") && !is_snake(""));
    }
}
