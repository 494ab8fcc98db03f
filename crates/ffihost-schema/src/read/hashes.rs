//! A hash of each item, with the types that it reaches.

use super::item::Entry;
use crate::{FNV1A_START, fnv1a};
use std::collections::{BTreeMap, BTreeSet};

/// The bytes of each item, and the types that it names.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    /// By kind and name: "request `login`".
    all: BTreeMap<String, Item>,
    /// The keys of structs, enums, newtypes and handles, which share their names.
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
            Entry::Newtype(_) => "newtype",
            Entry::Handle(_) => "handle",
            Entry::Request(_) => "request",
            Entry::HostFn(_) => "host function",
            Entry::Event(_) => "event",
            Entry::Constant(_) => "constant",
        };
        let name = entry.name();
        let key = if name.is_empty() { kind.to_owned() } else { format!("{kind} `{name}`") };
        if let Some(name) = entry.type_name() {
            self.types.insert(name.to_owned(), key.clone());
        }
        let types = entry.named().into_iter().map(str::to_owned).collect();
        self.all.insert(key, Item { bytes: bytes.to_owned(), types });
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
