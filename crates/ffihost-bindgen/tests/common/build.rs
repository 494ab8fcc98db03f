//! Building libraries: names, docs and types in, layouts computed as a C compiler for a 64-bit target does.

use ffihost_schema::*;
use std::collections::HashMap;

pub(crate) const BOTH: Formats = Formats { native: true, cbor: true };

pub(crate) fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

pub(crate) fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

pub(crate) fn map(ty: Type) -> Type {
    Type::Map(Box::new(ty))
}

pub(crate) fn logical(name: &str, ty: Type) -> Type {
    Type::As(Logic::Name(name.to_owned()), Box::new(ty))
}

/// Uses a newtype of the library.
pub(crate) fn newtype(name: &str, ty: Type) -> Type {
    Type::As(Logic::Newtype(name.to_owned()), Box::new(ty))
}

pub(crate) fn array(len: u64, ty: Type) -> Type {
    Type::As(Logic::Array(len), Box::new(ty))
}

pub(crate) fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

pub(crate) fn handle(name: &str) -> Type {
    Type::Handle(name.to_owned())
}

pub(crate) fn field(name: &str, docs: &str, ty: Type) -> Field {
    Field { name: name.to_owned(), docs: docs.into(), ty }
}

pub(crate) fn plain<const N: usize>(fields: [(&str, Type); N]) -> Vec<Field> {
    fields.into_iter().map(|(name, ty)| field(name, "", ty)).collect()
}

pub(crate) fn unlaid() -> Layout {
    Layout { size: 0, align: 1, offsets: Vec::new() }
}

pub(crate) fn structure(name: &str, docs: &str, fields: Vec<Field>) -> Struct {
    Struct { name: name.to_owned(), docs: docs.into(), error: false, fields, layout: unlaid() }
}

pub(crate) fn variant(name: &str, docs: &str, payload: Payload) -> Variant {
    Variant { name: name.to_owned(), docs: docs.into(), payload }
}

pub(crate) fn enumeration(name: &str, docs: &str, variants: Vec<Variant>) -> Enum {
    let has_data = variants.iter().any(|variant| variant.payload != Payload::Unit);
    Enum { name: name.to_owned(), docs: docs.into(), error: false, variants, layout: has_data.then(unlaid) }
}

pub(crate) fn request(name: &str, docs: &str, params: Vec<Field>, result: Type, error: Option<Type>) -> Request {
    Request {
        name: name.to_owned(),
        docs: docs.into(),
        of: None,
        asynchronous: true,
        receiver: Receiver::Context,
        receiver_name: String::new(),
        params,
        result,
        error,
        formats: BOTH,
        direct: false,
    }
}

pub(crate) fn host_fn(name: &str, docs: &str, params: Vec<Field>, result: Type, error: Option<Type>) -> HostFn {
    let (name, docs) = (name.to_owned(), docs.into());
    HostFn { name, docs, asynchronous: true, params, result, error, member: None, layout: unlaid() }
}

pub(crate) fn event(name: &str, docs: &str, params: Vec<Field>) -> Event {
    Event { name: name.to_owned(), docs: docs.into(), params, layout: unlaid() }
}

pub(crate) fn constant(name: &str, docs: &str, ty: Type, value: Value) -> Constant {
    Constant { name: name.to_owned(), docs: docs.into(), of: None, ty, value }
}

pub(crate) fn library(name: &str, docs: &str) -> Library {
    let constructor =
        Constructor { docs: Docs::default(), params: Vec::new(), error: None, formats: BOTH, layout: unlaid() };
    Library {
        name: name.to_owned(),
        docs: docs.into(),
        version: "1.2.3".to_owned(),
        pointer_width: 64,
        target: 0x0808_0802_0408_0408,
        hash: 0x0123_4567_89ab_cdef,
        formats: BOTH,
        serve: false,
        constructor,
        structs: Vec::new(),
        enums: Vec::new(),
        newtypes: Vec::new(),
        handles: Vec::new(),
        requests: Vec::new(),
        host_fns: Vec::new(),
        events: Vec::new(),
        constants: Vec::new(),
    }
}

/// Sorts by name, as the reader does, and computes the layouts.
pub(crate) fn finish(mut library: Library) -> Library {
    library.structs.sort_by(|a, b| a.name.cmp(&b.name));
    library.newtypes.sort_by(|a, b| a.name.cmp(&b.name));
    library.enums.sort_by(|a, b| a.name.cmp(&b.name));
    library.requests.sort_by(|a, b| a.name.cmp(&b.name));
    library.host_fns.sort_by(|a, b| a.name.cmp(&b.name));
    library.events.sort_by(|a, b| a.name.cmp(&b.name));
    library.constants.sort_by(|a, b| a.name.cmp(&b.name));
    let layouts = Layouts {
        structs: library.structs.iter().map(|item| (item.name.clone(), item.fields.clone())).collect(),
        enums: library.enums.iter().map(|item| (item.name.clone(), item.clone())).collect(),
    };
    for item in &mut library.structs {
        item.layout = layouts.record(&item.fields);
    }
    for item in &mut library.enums {
        item.layout = item.layout.is_some().then(|| layouts.tagged(item));
    }
    for item in &mut library.host_fns {
        item.layout = layouts.record(&item.params);
    }
    for item in &mut library.events {
        item.layout = layouts.record(&item.params);
    }
    library.constructor.layout = layouts.record(&library.constructor.params);
    library
}

struct Layouts {
    structs: HashMap<String, Vec<Field>>,
    enums: HashMap<String, Enum>,
}

impl Layouts {
    /// Size and alignment.
    fn of(&self, ty: &Type) -> (u64, u64) {
        match ty {
            Type::Unit => (0, 1),
            Type::Bool | Type::I8 | Type::U8 => (1, 1),
            Type::I16 | Type::U16 => (2, 2),
            Type::I32 | Type::U32 | Type::F32 => (4, 4),
            Type::I64 | Type::U64 | Type::F64 | Type::Handle(_) => (8, 8),
            Type::String | Type::Bytes | Type::List(_) | Type::Map(_) => (16, 8),
            Type::As(_, inner) => self.of(inner),
            Type::Option(inner) => {
                let (size, align) = self.of(inner);
                ((1_u64.next_multiple_of(align) + size).next_multiple_of(align), align)
            }
            Type::Named(name) => match (self.structs.get(name), self.enums.get(name)) {
                (Some(fields), _) => whole(&self.record(fields)),
                (None, Some(item)) if item.layout.is_none() => (4, 4),
                (None, Some(item)) => whole(&self.tagged(item)),
                (None, None) => (0, 1),
            },
        }
    }

    fn record(&self, fields: &[Field]) -> Layout {
        if fields.is_empty() {
            return Layout { size: 1, align: 1, offsets: Vec::new() };
        }
        let (mut size, mut align, mut offsets) = (0_u64, 1, Vec::new());
        for field in fields {
            let (its_size, its_align) = self.of(&field.ty);
            size = size.next_multiple_of(its_align);
            offsets.push(size);
            size += its_size;
            align = align.max(its_align);
        }
        Layout { size: size.next_multiple_of(align), align, offsets }
    }

    fn tagged(&self, item: &Enum) -> Layout {
        let (mut size, mut align) = (0_u64, 1_u64);
        for variant in &item.variants {
            let (its_size, its_align) = match &variant.payload {
                Payload::Unit => (0, 1),
                Payload::One(ty) => self.of(ty),
                Payload::Fields(fields) => whole(&self.record(fields)),
            };
            size = size.max(its_size);
            align = align.max(its_align);
        }
        let payload = 4_u64.next_multiple_of(align);
        let align = align.max(4);
        Layout { size: (payload + size).next_multiple_of(align), align, offsets: vec![payload] }
    }
}

fn whole(layout: &Layout) -> (u64, u64) {
    (layout.size, layout.align)
}
