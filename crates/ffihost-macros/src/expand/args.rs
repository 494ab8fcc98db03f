//! Parameters of functions that hosts call: as C passes them, as they are read, as the author's function takes them.

use super::crossing::Crossing;
use super::fields;
use super::place::Place;
use crate::model::Field;
use crate::model::signature::{Param, Pass, Receiver};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Type, TypePath};

/// The parameters of one function, in order.
pub(crate) struct Args<'a>(Vec<Arg<'a>>);

enum Arg<'a> {
    Param(&'a Param),
    /// What a handle's request is called on: passed as a handle, taken by reference.
    Handle {
        /// Of a type that there is only if the receiver is a handle: of one that is none, this alone is said.
        field: Box<Field>,
        /// The same type, by a name that is always there.
        always: TokenStream,
        /// The function from the one to the other.
        given: TokenStream,
    },
}

impl Arg<'_> {
    /// A value that was read, as the author's function takes it.
    fn taken(&self, value: TokenStream) -> TokenStream {
        match self {
            Self::Param(_) => value,
            Self::Handle { always, given, .. } => Place::of(always).call(given, &value),
        }
    }
}

impl<'a> Args<'a> {
    pub(crate) fn new(params: &'a [Param]) -> Self {
        Self(params.iter().map(Arg::Param).collect())
    }

    /// With the handle first.
    pub(crate) fn of_handle(receiver: &Receiver, params: &'a [Param]) -> Self {
        let (ident, path) = (receiver.ident.clone(), &receiver.path);
        let ty = Type::Verbatim(receiver_item(path, "Handle"));
        let given = receiver_item(path, "given");
        let place = Place::of(path);
        let always = place.last_of(quote!(::ffihost::Handle<), &place.itself);
        let handle = Field { name: receiver.name.clone(), ident, docs: receiver.docs.clone(), ty, index: None };
        let handle = Arg::Handle { field: Box::new(handle), always, given };
        Self(std::iter::once(handle).chain(params.iter().map(Arg::Param)).collect())
    }

    fn fields(&self) -> impl Iterator<Item = &Field> + Clone {
        self.0.iter().map(|arg| match arg {
            Arg::Param(param) => &param.field,
            Arg::Handle { field, .. } => field,
        })
    }

    fn types(&self) -> impl Iterator<Item = &Type> {
        self.fields().map(|field| &field.ty)
    }

    /// `__a0: <T as Lift>::Arg, …`
    pub(crate) fn parameters(&self) -> TokenStream {
        let parameters = self.types().enumerate().map(|(index, ty)| {
            let (name, ty) = (argument(index), Crossing::of(ty).lift_item("Arg"));
            quote!(#name: #ty,)
        });
        quote!(#(#parameters)*)
    }

    /// A closure that reads the C arguments into a tuple.
    pub(crate) fn native(&self, borrow: bool) -> TokenStream {
        let values = self.0.iter().zip(self.fields()).enumerate().map(|(index, (arg, field))| {
            let (argument, name) = (argument(index), &field.name);
            let read = match arg {
                Arg::Param(Param { pass: Pass::Text, .. }) if borrow => quote!(__reader.text(#argument)),
                Arg::Param(Param { pass: Pass::Bytes, .. }) if borrow => {
                    quote!(__reader.bytes(#argument.data, #argument.len))
                }
                _ => Crossing::of(&field.ty).lift("lift_arg", &quote!(#argument, __reader)),
            };
            let value = arg.taken(quote!(#read.map_err(|__error| __error.at(#name))?));
            quote!(#value,)
        });
        quote! {
            move |__reader: &mut ::ffihost::wire::native::Reader| ::core::result::Result::Ok((#(#values)*))
        }
    }

    /// A closure that reads the map into a tuple.
    pub(crate) fn cbor(&self) -> TokenStream {
        let decoded = fields::decode(self.fields().map(|field| (&*field.name, &field.ty)));
        let values = self.0.iter().zip(self.fields()).enumerate().map(|(index, (arg, field))| {
            let value = arg.taken(fields::taken_from(index, &field.name, &field.ty));
            quote!(#value,)
        });
        quote! {
            |__reader: &mut ::ffihost::wire::cbor::Reader<'_>| {
                #decoded
                ::core::result::Result::Ok((#(#values)*))
            }
        }
    }

    /// `(__v0, …)`
    pub(crate) fn pattern(&self) -> TokenStream {
        let values = (0..self.0.len()).map(value);
        quote!((#(#values,)*))
    }

    /// `(T, …)`
    pub(crate) fn tuple(&self, borrowed: bool) -> TokenStream {
        let types = self.0.iter().zip(self.types()).map(|(arg, ty)| match arg {
            Arg::Param(Param { pass: Pass::Text, .. }) if borrowed => quote!(&str),
            Arg::Param(Param { pass: Pass::Bytes, .. }) if borrowed => quote!(&[u8]),
            Arg::Param(_) => Crossing::of(ty).this(),
            Arg::Handle { always, .. } => always.clone(),
        });
        quote!((#(#types,)*))
    }

    /// Whether there is something that need not be copied.
    pub(crate) fn borrow(&self) -> bool {
        self.0.iter().any(|arg| matches!(arg, Arg::Param(Param { pass: Pass::Text | Pass::Bytes, .. })))
    }

    /// `__v0, &__v1, …`
    pub(crate) fn passed(&self, borrowed: bool) -> TokenStream {
        let values = self.0.iter().enumerate().map(|(index, arg)| {
            let value = value(index);
            match arg {
                Arg::Param(Param { pass: Pass::Value, field }) => Crossing::of(&field.ty).made(&quote!(#value)),
                Arg::Param(Param { pass: Pass::Text | Pass::Bytes, .. }) if borrowed => quote!(#value),
                Arg::Param(Param { field, .. }) => Crossing::of(&field.ty).lent(&quote!(&#value)),
                Arg::Handle { .. } => quote!(&#value),
            }
        });
        quote!(#(#values),*)
    }

    /// What the descriptor says of them.
    pub(crate) fn described(&self) -> TokenStream {
        fields::described(&self.fields().cloned().collect::<Vec<_>>())
    }

    /// Their C struct, and what the descriptor says of it.
    pub(crate) fn layout(&self) -> (TokenStream, TokenStream) {
        if self.0.is_empty() {
            return Default::default();
        }
        let (name, fields) = (format_ident!("__FfihostParams"), self.fields().cloned().collect::<Vec<_>>());
        (fields::laid_out(&name, &fields), fields::layout(&name, &fields))
    }
}

/// `<T as Receiver>::item`, at the type.
pub(crate) fn receiver_item(path: &TypePath, item: &str) -> TokenStream {
    let root = super::root();
    Place::of(path).item(quote!(#root::Receiver), item)
}

fn argument(index: usize) -> Ident {
    format_ident!("__a{}", index)
}

fn value(index: usize) -> Ident {
    format_ident!("__v{}", index)
}
