//! What is emitted for each item.
//!
//! All of it is in a `const _` next to the item, so that nothing comes into the author's scope; paths are absolute; names
//! that have to be introduced start with two underscores.

mod args;
mod constant;
mod constructor;
mod crossing;
mod enums;
mod event;
mod fields;
mod function;
mod group;
mod handle;
mod host_fn;
mod impls;
mod library;
mod members;
mod newtype;
mod passed;
mod place;
mod represented;
mod structs;
mod stub;

use self::place::located;
use crate::attrs::{FfiArgs, Formats, Role};
use crate::errors::Errors;
use crate::model::Head;
use crate::model::constant::Constant;
use crate::model::data::{Enum, Struct};
use crate::model::declared::{Declaration, Event, HostFn};
use crate::model::function::{Function, Kind};
use crate::model::group::Group;
use crate::model::handle::Handle;
use crate::model::library::Library;
use crate::model::members::{Members, Membership};
use crate::model::represented::Represented;
use crate::renamed::Renamed;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Item, ItemTrait};

/// `library!`
pub(crate) fn library(mut tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let renamed = Renamed::take(&mut tokens, &mut errors);
    let library = Library::new(tokens, &mut errors);
    let expanded = library::expand(&library, errors.is_empty());
    let errors = errors.into_tokens();
    renamed.apply(quote!(#errors #expanded))
}

/// `#[ffi]`
pub(crate) fn ffi(mut args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let renamed = Renamed::take(&mut args, &mut errors);
    let args = FfiArgs::parse(args, &mut errors);
    let expanded = match syn::parse2::<Item>(item.clone()) {
        Ok(item) => ffi_item(item, &args, &mut errors),
        Err(error) => {
            errors.add(error);
            item
        }
    };
    let errors = errors.into_tokens();
    renamed.apply(quote!(#errors #expanded))
}

fn ffi_item(item: Item, args: &FfiArgs, errors: &mut Errors) -> TokenStream {
    if let Some((representation, _)) = &args.representation {
        return match Represented::new(item.clone(), representation, args, errors) {
            Some(data) if errors.is_empty() => represented::expand(&data),
            Some(data) => stub::represented(&data),
            None => {
                args.refuse_representation(errors);
                quote!(#item)
            }
        };
    }
    match item {
        Item::Struct(item) if args.role() == Some(Role::Handle) => {
            let handle = Handle::new(item, args, errors);
            if errors.is_empty() { handle::expand(&handle) } else { stub::handle(&handle) }
        }
        Item::Struct(item) => {
            let data = Struct::new(item, args, errors);
            match data.newtype() {
                _ if !errors.is_empty() => stub::structure(&data),
                Some(field) => newtype::expand(&data, field),
                None => structs::expand(&data),
            }
        }
        Item::Enum(item) => {
            let data = Enum::new(item, args, errors);
            if errors.is_empty() { enums::expand(&data) } else { stub::enumeration(&data) }
        }
        Item::Const(item) => {
            let constant = Constant::new(item, args, errors);
            let beside = if errors.is_empty() { constant::expand(&constant) } else { TokenStream::new() };
            let item = &constant.item;
            quote!(#item #beside)
        }
        Item::Fn(item) => {
            let function = Function::new(item, args, errors);
            let (item, beside) = (&function.item, function_beside(&function, errors.is_empty()));
            quote!(#item #beside)
        }
        Item::Impl(item) => {
            let members = Members::new(item, args, errors);
            if members.fine { members::expand(members) } else { members.item.into_token_stream() }
        }
        Item::Verbatim(tokens) => without_body(tokens, errors),
        other => {
            refuse(&other, errors);
            quote!(#other)
        }
    }
}

/// What is emitted for a function, or in its place if something is wrong with it.
fn function_beside(function: &Function, fine: bool) -> TokenStream {
    match function.kind {
        _ if !fine => stub::function(function),
        Kind::Request => function::expand(function),
        Kind::Constructor => constructor::expand(function),
        Kind::Destructor => constructor::expand_destructor(function),
    }
}

/// Something that only looks like an item: a function without a body, probably.
fn without_body(tokens: TokenStream, errors: &mut Errors) -> TokenStream {
    match syn::parse2::<Declaration>(tokens.clone()) {
        Ok(item) => {
            errors.on(&item.sig, "this function has no body: `#[ffi_host]` is for what the host implements");
            stub::declaration(&item)
        }
        Err(_) => {
            errors.on(&tokens, "`#[ffi]` is for structs, enums, constants, functions and what is in an `impl`");
            tokens
        }
    }
}

fn refuse(item: &Item, errors: &mut Errors) {
    const WHERE: &str = "`#[ffi]` is for structs, enums, constants, functions and what is in an `impl`";
    match item {
        Item::Union(union) => {
            errors
                .on(union.union_token, "a union does not say what it holds: use an enum, whose variants may hold data");
        }
        Item::Trait(item) => {
            let advice = "a trait that the host implements is marked with `#[ffi_host]`";
            errors.on(item.trait_token, format_args!("{WHERE}; {advice}"));
        }
        Item::Mod(item) => errors.on(item.mod_token, format_args!("{WHERE}; mark what is in the module, item by item")),
        Item::Static(item) => {
            errors.on(item.static_token, format_args!("{WHERE}; a static can be a constant: `const`"));
        }
        Item::Type(item) => {
            errors.on(item.type_token, format_args!("{WHERE}; an alias crosses as what it stands for, mark that"));
        }
        Item::Use(item) => errors.on(item.use_token, format_args!("{WHERE}; mark the item where it is defined")),
        other => errors.on(other, WHERE),
    }
}

/// `#[ffi_host]`
pub(crate) fn ffi_host(args: TokenStream, item: TokenStream) -> TokenStream {
    if let Ok(item) = syn::parse2::<ItemTrait>(item.clone()) {
        return host_trait(item, args);
    }
    declared("#[ffi_host]", args, item, |args, item, errors| {
        let function = HostFn::new(item, args, errors);
        if errors.is_empty() { host_fn::expand(&function) } else { stub::declaration(&function.item) }
    })
}

/// `#[ffi_host]` on a trait.
fn host_trait(item: ItemTrait, mut args: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let renamed = Renamed::take(&mut args, &mut errors);
    let group = Group::new(item, args, &mut errors);
    let expanded = if errors.is_empty() { group::expand(&group) } else { stub::group(&group) };
    let errors = errors.into_tokens();
    renamed.apply(quote!(#errors #expanded))
}

/// `#[ffi_event]`
pub(crate) fn ffi_event(args: TokenStream, item: TokenStream) -> TokenStream {
    declared("#[ffi_event]", args, item, |args, item, errors| {
        let event = Event::new(item, args, errors);
        if errors.is_empty() { event::expand(&event) } else { stub::declaration(&event.item) }
    })
}

fn declared(
    attribute: &str,
    mut args: TokenStream,
    item: TokenStream,
    expand: impl FnOnce(TokenStream, Declaration, &mut Errors) -> TokenStream,
) -> TokenStream {
    let mut errors = Errors::default();
    let renamed = Renamed::take(&mut args, &mut errors);
    let expanded = match syn::parse2::<Declaration>(item.clone()) {
        Ok(item) => expand(args, item, &mut errors),
        Err(_) => {
            errors
                .on(&item, format_args!("`{attribute}` is for functions without a body: `fn name(parameter: Type);`"));
            item
        }
    };
    let errors = errors.into_tokens();
    renamed.apply(quote!(#errors #expanded))
}

/// The library's module, at the root of the author's crate.
fn root() -> TokenStream {
    quote!(crate::ffihost_library_at_the_crate_root)
}

/// Puts what is emitted next to the item.
fn beside(head: &Head, tokens: &TokenStream) -> TokenStream {
    let conditions = &head.conditions;
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(dead_code, deprecated, non_camel_case_types, non_snake_case, non_upper_case_globals, unused_unsafe)]
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = { #tokens };
    }
}

/// The piece of the descriptor.
fn piece(head: &Head, layout: &TokenStream, body: &TokenStream) -> TokenStream {
    let (name, docs) = (&head.name, &head.docs);
    quote! {
        ::ffihost::__piece!(::ffihost::export::Item {
            module: ::core::module_path!(),
            name: #name,
            docs: #docs,
            layout: &[#layout],
            body: ::ffihost::export::Body::#body,
        });
    }
}

/// The handle in whose `impl` something is.
fn described_of(membership: Option<&Membership>) -> TokenStream {
    match membership.and_then(|membership| membership.of.as_ref()) {
        Some(handle) => quote!(::core::option::Option::Some(#handle)),
        None => quote!(::core::option::Option::None),
    }
}

/// Makes two of one name an error, at the name.
fn unique(namespace: &str, names: impl IntoIterator<Item = Ident>) -> TokenStream {
    let (root, namespace) = (root(), Ident::new(namespace, Span::call_site()));
    let constants = names.into_iter().map(|name| quote_spanned!(located(name.span())=> pub const #name: () = ();));
    quote!(impl #root::#namespace { #(#constants)* })
}

/// `extern "C"` with a name that starts with the library's.
fn export(name: &str, parameters: &TokenStream, body: &TokenStream) -> TokenStream {
    let (root, name) = (root(), format!("_{name}"));
    quote! {
        const _: () = {
            #[unsafe(export_name = ::core::concat!(#root::prefix!(), #name))]
            unsafe extern "C" fn __ffihost_export(#parameters) -> ::core::ffi::c_int {
                unsafe { #body }
            }
        };
    }
}

/// Puts what starts a request where a server finds it by name.
fn row(name: &str, kind: &Ident, start: &TokenStream) -> TokenStream {
    quote! {
        ::ffihost::__row!(::ffihost::export::Row {
            module: ::core::module_path!(),
            name: #name,
            start: ::ffihost::export::Start::#kind(#start),
        });
    }
}

/// As far as the item and the library say so.
fn when(format: &str, wanted: bool, tokens: &TokenStream) -> TokenStream {
    if !wanted {
        return TokenStream::new();
    }
    let (root, name) = (root(), format_ident!("if_{}", format));
    quote!(#root::#name! { #tokens })
}

/// The formats of an item, as a value.
fn formats(formats: Formats) -> TokenStream {
    let root = root();
    let (native, cbor) = (formats.native, formats.cbor);
    quote! {
        ::ffihost::export::Formats { native: #native && #root::NATIVE, cbor: #cbor && #root::CBOR }
    }
}

/// Checks at compile time that an item is left in one format at least.
fn exported_at_all(name: &Ident, item: Formats) -> TokenStream {
    let formats = formats(item);
    quote_spanned! {located(name.span())=>
        const _: () = {
            let formats: ::ffihost::export::Formats = #formats;
            ::core::assert!(
                formats.native || formats.cbor,
                "this is exported in no format: `library!` has switched off the one that it is in"
            );
        };
    }
}
