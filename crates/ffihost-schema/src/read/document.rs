//! The document: all items of one library, as `<lib>_abi_descriptor` returns it.

use super::cbor::{Damage, Reader};
use super::hashes::Items;
use super::item::{Entry, Head};
use super::model::Library;
use super::{Checked, Piece, ReadError};
use crate::{FNV1A_START, FORMAT, fnv1a};
use ffihost_cbor::Writer;

impl Library {
    /// Reads what `<lib>_abi_descriptor` returns, and checks it.
    ///
    /// # Errors
    ///
    /// Those of [`Checked::from_document`].
    pub fn from_document(document: &[u8]) -> Result<Self, ReadError> {
        Checked::from_document(document).map(Checked::into_library)
    }
}

impl Checked {
    /// Reads what `<lib>_abi_descriptor` returns.
    ///
    /// # Errors
    ///
    /// If it is of another format, if its hash is not that of its items, and if the items do not go together: a type that
    /// is used and not defined, two of one name, a layout that is not that of the fields.
    pub fn from_document(document: &[u8]) -> Result<Self, ReadError> {
        let parts = Parts::read(document)?;
        let computed = hash(&parts.items);
        if parts.hash != computed {
            return Err(ReadError::Hash { stated: parts.hash, computed });
        }
        let entries = parts.items.iter().zip(&parts.infos).map(|(item, info)| Entry::read(item, info));
        let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        let mut items = Items::default();
        entries.iter().zip(&parts.items).for_each(|(entry, bytes)| items.insert(entry, bytes));
        Ok(Self::new(library(entries, computed)?)?.with_items(items))
    }
}

/// Puts the pieces of one library together to the document that the library itself returns, byte for byte.
///
/// It depends on neither the order of the pieces nor on how often each is given.
pub fn assemble(pieces: &[Piece<'_>]) -> Vec<u8> {
    let mut pieces: Vec<_> = pieces.iter().map(|piece| (piece.item, piece.info)).collect();
    pieces.sort_unstable();
    pieces.dedup();
    let (items, infos): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
    let mut document = Vec::new();
    let mut writer = Writer::new(&mut document);
    writer.map(4);
    writer.text("ffihost");
    writer.unsigned(u64::from(FORMAT));
    writer.text("hash");
    writer.unsigned(hash(&items));
    for (key, values) in [("abi", &items), ("info", &infos)] {
        writer.text(key);
        writer.array(values.len());
        values.iter().for_each(|value| writer.encoded(value));
    }
    document
}

/// The hash of items that are in their order.
pub(super) fn hash(items: &[&[u8]]) -> u64 {
    items.iter().fold(FNV1A_START, |hash, item| fnv1a(hash, item))
}

/// A document, taken apart.
struct Parts<'a> {
    hash: u64,
    items: Vec<&'a [u8]>,
    infos: Vec<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn read(document: &'a [u8]) -> Result<Self, ReadError> {
        let damaged = |Damage { at, .. }, problem| ReadError::Document { at, problem };
        let mut reader = Reader::new(document);
        let map = reader.map().map_err(|damage| damaged(damage, "it is not one whole CBOR map"))?;
        let part = |key, problem| map.need(key).map_err(|damage| damaged(damage, problem));
        let number = |key, problem| part(key, problem)?.unsigned().map_err(|damage| damaged(damage, problem));
        ReadError::check_format(number("ffihost", "the version of its format, `ffihost`, is missing")?)?;
        reader.end().map_err(|damage| damaged(damage, "where something follows its end"))?;
        let slices = |key, problem| {
            let mut reader = part(key, problem)?;
            reader.list(Reader::skip).map_err(|damage| damaged(damage, problem))
        };
        let hash = number("hash", "its `hash` is missing")?;
        let items = slices("abi", "its items, `abi`, are missing")?;
        let infos = slices("info", "the information, `info`, is missing")?;
        if infos.len() != items.len() {
            return Err(ReadError::Document { at: 0, problem: "it has not as much `info` as items" });
        }
        if !items.is_sorted() {
            return Err(ReadError::Document { at: 0, problem: "its items are not in the order of their bytes" });
        }
        Ok(Self { hash, items, infos })
    }
}

/// The model of some items.
fn library(mut entries: Vec<Entry>, hash: u64) -> Result<Library, ReadError> {
    // All at once: a sort for each kind is a lot of code in a library that reads its own surface.
    entries.sort_by(|a, b| a.name().cmp(b.name()));
    let (mut heads, mut constructors) = (Vec::new(), Vec::new());
    let (mut structs, mut enums) = (Vec::new(), Vec::new());
    let (mut newtypes, mut handles) = (Vec::new(), Vec::new());
    let (mut requests, mut host_fns) = (Vec::new(), Vec::new());
    let (mut events, mut constants) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Library(item) => heads.push(item),
            Entry::Constructor(item) => constructors.push(item),
            Entry::Struct(item) => structs.push(item),
            Entry::Enum(item) => enums.push(item),
            Entry::Newtype(item) => newtypes.push(item),
            Entry::Handle(item) => handles.push(item),
            Entry::Request(item) => requests.push(item),
            Entry::HostFn(item) => host_fns.push(item),
            Entry::Event(item) => events.push(item),
            Entry::Constant(item) => constants.push(item),
        }
    }
    let Head { name, docs, version, pointer_width, target, formats, serve } = exactly_one("library", heads)?;
    let constructor = exactly_one("constructor", constructors)?;
    Ok(Library {
        name,
        docs,
        version,
        pointer_width,
        target,
        hash,
        formats,
        serve,
        constructor,
        structs,
        enums,
        newtypes,
        handles,
        requests,
        host_fns,
        events,
        constants,
    })
}

fn exactly_one<T>(kind: &'static str, items: Vec<T>) -> Result<T, ReadError> {
    let count = items.len();
    let mut items = items.into_iter();
    match (items.next(), count) {
        (Some(item), 1) => Ok(item),
        _ => Err(ReadError::NotOne { kind, count }),
    }
}
