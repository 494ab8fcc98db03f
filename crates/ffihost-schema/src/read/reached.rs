//! Which types an item names.

use super::item::Entry;
use super::{Field, Payload, Receiver, Type};

impl Entry {
    /// The name, if it is a type that others may refer to.
    pub(super) fn type_name(&self) -> Option<&str> {
        matches!(self, Self::Struct(_) | Self::Enum(_) | Self::Newtype(_) | Self::Handle(_)).then(|| self.name())
    }

    /// The types that it names.
    pub(super) fn named(&self) -> Vec<&str> {
        let mut names = Vec::new();
        match self {
            Self::Struct(item) => push_fields(&item.fields, &mut names),
            Self::Enum(item) => item.variants.iter().for_each(|variant| match &variant.payload {
                Payload::Unit => {}
                Payload::One(ty) => names.extend(ty.names()),
                Payload::Fields(fields) => push_fields(fields, &mut names),
            }),
            Self::Constructor(item) => {
                push_fields(&item.params, &mut names);
                names.extend(item.error.iter().flat_map(Type::names));
            }
            Self::Request(item) => {
                push_fields(&item.params, &mut names);
                names.extend(item.result.names());
                names.extend(item.error.iter().flat_map(Type::names));
                if let Receiver::Handle(name) = &item.receiver {
                    names.push(name);
                }
            }
            Self::HostFn(item) => {
                push_fields(&item.params, &mut names);
                names.extend(item.result.names());
                names.extend(item.error.iter().flat_map(Type::names));
            }
            Self::Newtype(item) => names.extend(item.ty.names()),
            Self::Event(item) => push_fields(&item.params, &mut names),
            Self::Library(_) | Self::Handle(_) | Self::Constant(_) => {}
        }
        names
    }
}

fn push_fields<'a>(fields: &'a [Field], names: &mut Vec<&'a str>) {
    names.extend(fields.iter().flat_map(|field| field.ty.names()));
}
