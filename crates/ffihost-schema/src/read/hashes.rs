//! A hash of each item, with the types that it reaches.

use super::item::Entry;
use super::model::{Field, Payload, Receiver, Type};
use crate::{FNV1A_START, fnv1a};
use std::collections::{BTreeMap, BTreeSet};

/// The bytes of each item, and the types that it names.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    /// By kind and name: "request `login`".
    all: BTreeMap<String, Item>,
    /// The keys of structs, enums and handles, which share their names.
    types: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Item {
    bytes: Vec<u8>,
    types: Vec<String>,
}

impl Items {
    pub(super) fn insert(&mut self, entry: &Entry, bytes: &[u8]) {
        let kind = match entry {
            Entry::Library(_) => return,
            Entry::Constructor(_) => "constructor",
            Entry::Struct(_) => "struct",
            Entry::Enum(_) => "enum",
            Entry::Handle(_) => "handle",
            Entry::Request(_) => "request",
            Entry::HostFn(_) => "host function",
            Entry::Event(_) => "event",
            Entry::Constant(_) => "constant",
        };
        let name = entry.name();
        let key = if name.is_empty() { kind.to_owned() } else { format!("{kind} `{name}`") };
        if matches!(entry, Entry::Struct(_) | Entry::Enum(_) | Entry::Handle(_)) {
            self.types.insert(name.to_owned(), key.clone());
        }
        self.all.insert(key, Item { bytes: bytes.to_owned(), types: types(entry) });
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.all.keys()
    }

    /// FNV-1a over an item and every type that it reaches, in the order of their bytes.
    pub(super) fn hash(&self, key: &str) -> Option<u64> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![self.all.get(key)?]);
        while let Some(item) = next.pop() {
            // A type may reach itself.
            if reached.insert(&item.bytes) {
                next.extend(item.types.iter().filter_map(|name| self.all.get(self.types.get(name)?)));
            }
        }
        Some(reached.into_iter().fold(FNV1A_START, |hash, bytes| fnv1a(hash, bytes)))
    }
}

/// The names of the structs, enums and handles in an item.
fn types(entry: &Entry) -> Vec<String> {
    let fields = |fields: &[Field]| fields.iter().filter_map(|field| named(&field.ty)).collect::<Vec<_>>();
    let function = |params: &[Field], others: [Option<&Type>; 2]| {
        fields(params).into_iter().chain(others.into_iter().flatten().filter_map(named)).collect::<Vec<_>>()
    };
    match entry {
        Entry::Library(_) | Entry::Handle(_) | Entry::Constant(_) => Vec::new(),
        Entry::Struct(item) => fields(&item.fields),
        Entry::Enum(item) => item
            .variants
            .iter()
            .flat_map(|variant| match &variant.payload {
                Payload::Unit => Vec::new(),
                Payload::One(ty) => named(ty).into_iter().collect(),
                Payload::Fields(list) => fields(list),
            })
            .collect(),
        Entry::Constructor(item) => function(&item.params, [item.error.as_ref(), None]),
        Entry::Request(item) => {
            let mut types = function(&item.params, [Some(&item.result), item.error.as_ref()]);
            if let Receiver::Handle(name) = &item.receiver {
                types.push(name.clone());
            }
            types
        }
        Entry::HostFn(item) => function(&item.params, [Some(&item.result), item.error.as_ref()]),
        Entry::Event(item) => fields(&item.params),
    }
}

fn named(ty: &Type) -> Option<String> {
    ty.named().map(str::to_owned)
}
