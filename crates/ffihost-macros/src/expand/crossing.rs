//! A type, and how its values cross: as themselves, or, where a part of the type has the name of one that is known not to cross,
//! by way of `ffihost::wire::advice`, which asks the compiler whether it does.

use super::place::Place;
use crate::model::types::{self, Suspect};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;

/// The type of a field, a parameter or a result.
pub(crate) struct Crossing {
    /// Where errors are shown: at the first suspect, or at the whole type.
    place: Place,
    whole: TokenStream,
    suspects: Vec<Suspect>,
}

impl Crossing {
    pub(crate) fn of(ty: &Type) -> Self {
        Self::with(ty, types::suspects(ty))
    }

    pub(crate) fn returned(ty: &Type) -> Self {
        Self::with(ty, types::suspects_returned(ty))
    }

    fn with(ty: &Type, suspects: Vec<Suspect>) -> Self {
        let place = Place::of(suspects.first().map_or(ty, |suspect| &suspect.ty));
        Self { place, whole: Place::of(ty).itself, suspects }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn has_suspects(&self) -> bool {
        !self.suspects.is_empty()
    }

    /// Says what to write instead of each suspect that does not cross, and of what these functions of `ffihost::wire::checked`
    /// do not let pass.
    pub(crate) fn checked(&self, checks: &[&str]) -> TokenStream {
        let shape = self.lower_item("SHAPE");
        self.checked_shape(&shape, checks)
    }

    /// The same with the shape that is looked at.
    pub(crate) fn checked_shape(&self, shape: &TokenStream, checks: &[&str]) -> TokenStream {
        let checks = checks.iter().map(|check| {
            let check = Ident::new(check, Span::call_site());
            self.place.call_with(&self.place.put(quote!(::ffihost::wire::checked::#check)), shape.clone())
        });
        let advice = self.suspects.iter().map(|suspect| {
            let (advice, crosses) = (Ident::new(suspect.advice, Span::call_site()), crosses([suspect]));
            let of = suspect.of.as_ref().map(|of| quote!(, #of));
            let advice = quote!(::ffihost::wire::advice::#advice<#crosses #of>);
            let fine = Place::of(&suspect.ty).item(advice, "FINE");
            quote!(const _: () = #fine;)
        });
        quote!(#(#advice)* #(const _: () = #checks;)*)
    }

    /// The type, or what is put in its place if it does not cross.
    pub(crate) fn this(&self) -> TokenStream {
        if self.has_suspects() { self.selected("Select", "This") } else { self.whole.clone() }
    }

    /// `<T as Lower>::item`, at the type.
    pub(crate) fn lower_item(&self, item: &str) -> TokenStream {
        self.item(quote!(::ffihost::wire::Lower), item)
    }

    /// `<T as Lift>::item`, at the type.
    pub(crate) fn lift_item(&self, item: &str) -> TokenStream {
        self.item(quote!(::ffihost::wire::Lift), item)
    }

    /// `<T as Trait>::item`, at the type.
    pub(crate) fn item(&self, of: TokenStream, item: &str) -> TokenStream {
        self.place.outer(&self.this(), of, item)
    }

    /// Calls such a function of `Lower` with a reference to a value and further arguments.
    pub(crate) fn lower(&self, item: &str, value: &TokenStream, rest: &TokenStream) -> TokenStream {
        let value = self.convert("Select", "given", value);
        self.place.call(&self.lower_item(item), &quote!(#value, #rest))
    }

    /// Calls such a function of `Lift`, which returns what [`made`](Self::made) makes a value of.
    pub(crate) fn lift(&self, item: &str, arguments: &TokenStream) -> TokenStream {
        self.place.call(&self.lift_item(item), arguments)
    }

    /// What is in the place of a value, of which this is an expression.
    pub(crate) fn take(&self, value: &TokenStream) -> TokenStream {
        self.convert("Take", "take", value)
    }

    /// The value in whose place this is.
    pub(crate) fn made(&self, this: &TokenStream) -> TokenStream {
        self.convert("Select", "made", this)
    }

    /// The same of references.
    pub(crate) fn lent(&self, this: &TokenStream) -> TokenStream {
        self.convert("Select", "lent", this)
    }

    fn convert(&self, by: &str, with: &str, value: &TokenStream) -> TokenStream {
        if !self.has_suspects() {
            return value.clone();
        }
        self.place.call(&self.selected(by, with), value)
    }

    fn selected(&self, by: &str, item: &str) -> TokenStream {
        let (name, crosses) = (Ident::new(by, Span::call_site()), crosses(&self.suspects));
        let owned = (by == "Take").then(|| quote!(, _));
        self.place.outer(&self.whole, quote!(::ffihost::wire::advice::#name<#crosses #owned>), item)
    }
}

/// A constant: whether all of them do.
fn crosses<'a>(suspects: impl IntoIterator<Item = &'a Suspect>) -> TokenStream {
    let probes = suspects.into_iter().map(|suspect| &suspect.probe);
    quote! {
        {
            use ::ffihost::wire::advice::OrNot as _;
            #(::ffihost::wire::advice::Crosses::<#probes>::CROSSES)&&*
        }
    }
}
