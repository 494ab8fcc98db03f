//! Structs that stay in the library.

use super::{beside, export, piece, root, row, unique, when};
use crate::model::handle::Handle;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub(crate) fn expand(handle: &Handle) -> TokenStream {
    let (item, ident, name, root) = (&handle.item, &handle.head.ident, &handle.head.name, root());
    let handle_type = handle_type(handle);
    let release = export(
        &handle.release,
        &quote!(__ctx: *mut ::core::ffi::c_void, __handle: u64),
        &quote!(::ffihost::export::release_handle::<#root::State, #ident>(&#root::LIBRARY, __ctx, __handle)),
    );
    let release_served = row(
        &handle.release,
        &format_ident!("Release"),
        &quote!(#name, |__host, __handle| ::ffihost::export::release_served::<#ident>(__host, __handle)),
    );
    let release_served = when("served", true, &release_served);
    let unique_symbol = unique("Symbols", [Ident::new(&handle.release, ident.span())]);
    let unique_type = unique("Types", [ident.clone()]);
    let piece = piece(&handle.head, &TokenStream::new(), &quote!(Handle));
    let beside =
        beside(&handle.head, &quote!(#handle_type #release #release_served #unique_symbol #unique_type #piece));
    quote!(#item #beside)
}

pub(crate) fn handle_type(handle: &Handle) -> TokenStream {
    let (ident, name, root) = (&handle.head.ident, &handle.head.name, root());
    quote! {
        #[automatically_derived]
        impl ::ffihost::export::HandleType for #ident {
            const NAME: &'static str = #name;
        }
        #[automatically_derived]
        impl #root::Receiver for #ident {
            const NAME: &'static str = #name;
            type Handle = ::ffihost::Handle<Self>;
            #[inline]
            fn given(__handle: Self::Handle) -> ::ffihost::Handle<Self> {
                __handle
            }
        }
    }
}
