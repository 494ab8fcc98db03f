//! The attributes of `ffihost`. Use them by way of that crate; it explains how they go together.
//!
//! One front end for all: an item becomes a typed `model`, where everything is checked that can be checked by looks, and
//! `expand` emits from the model, or a stub if something is wrong. What only the compiler knows is left to the traits in
//! `ffihost::wire` and `ffihost::export`, whose messages say what to write instead.

#![forbid(unsafe_code)]

mod attrs;
mod errors;
mod expand;
mod model;
mod names;

use proc_macro::TokenStream;

/// Names the library and its state. Once in a crate, at its root.
#[proc_macro]
pub fn library(tokens: TokenStream) -> TokenStream {
    expand::library(tokens.into()).into()
}

/// Marks what crosses.
#[proc_macro_attribute]
pub fn ffi(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::ffi(args.into(), item.into()).into()
}

/// Declares a host function.
#[proc_macro_attribute]
pub fn ffi_host(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::ffi_host(args.into(), item.into()).into()
}

/// Declares an event.
#[proc_macro_attribute]
pub fn ffi_event(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::ffi_event(args.into(), item.into()).into()
}
