//! Constants that are copied into bindings.

use super::{Head, refuse_generics, types};
use crate::attrs::FfiArgs;
use crate::errors::Errors;
use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::{Ident, ItemConst, Type};

pub(crate) struct Constant {
    pub(crate) item: ItemConst,
    pub(crate) head: Head,
    pub(crate) kind: Kind,
}

/// The type of a constant.
pub(crate) enum Kind {
    Bool,
    /// Its shape.
    Unsigned(Ident),
    Signed(Ident),
    Float(Ident),
    Text,
}

impl Constant {
    pub(crate) fn new(mut item: ItemConst, args: &FfiArgs, errors: &mut Errors) -> Self {
        let head = Head::new(&item.ident, &mut item.attrs, errors);
        args.refuse_formats(errors);
        if let Some((_, span)) = args.role {
            errors.at(span, "a constant is just that: write `#[ffi]`");
        }
        refuse_generics(&item.generics, "a constant", errors);
        if head.name == "_" {
            errors.on(&item.ident, "a constant crosses by its name: give it one");
        }
        let kind = Kind::of(&item.ty).unwrap_or_else(|| {
            let ty = item.ty.to_token_stream();
            let advice = "constants are `bool`, integers of a fixed size, floats and `&str`";
            errors
                .on(&item.ty, format_args!("`{}` is no type of a constant: {advice}", ty.to_string().replace(' ', "")));
            Kind::Bool
        });
        Self { item, head, kind }
    }
}

impl Kind {
    fn of(ty: &Type) -> Option<Self> {
        if let Type::Reference(reference) = ty {
            return (reference.mutability.is_none() && types::is(&reference.elem, "str")).then_some(Self::Text);
        }
        let name = types::last(ty)?.ident.to_string();
        let shape = || format_ident!("{}", name.to_uppercase(), span = Span::call_site());
        Some(match &*name {
            "bool" => Self::Bool,
            "u8" | "u16" | "u32" | "u64" => Self::Unsigned(shape()),
            "i8" | "i16" | "i32" | "i64" => Self::Signed(shape()),
            "f32" | "f64" => Self::Float(shape()),
            _ => return None,
        })
    }
}
