//! Which pieces of a file make up a library.

use super::item::Entry;
use super::{Piece, ReadError};
use std::collections::{BTreeMap, BTreeSet};

/// So many libraries in one file are read. For each all other crates are looked through.
const MAX_LIBRARIES: usize = 32;

/// The pieces by crate, each with what it says.
type Crates<'a> = BTreeMap<&'a str, Vec<(Piece<'a>, Entry)>>;

/// For each crate that has a `library` item, in the order of the crates' names: its pieces, and the definitions in other
/// crates that they refer to, directly or not.
pub(super) fn gather<'a>(pieces: &[Piece<'a>]) -> Result<Vec<Vec<Piece<'a>>>, ReadError> {
    if pieces.is_empty() {
        return Err(ReadError::NoSection);
    }
    let mut crates = Crates::new();
    for piece in pieces.iter().copied().collect::<BTreeSet<_>>() {
        crates.entry(piece.crate_name).or_default().push((piece, Entry::read(piece.item, piece.info)?));
    }
    let is_library = |name: &&&str| crates[**name].iter().any(|(_, entry)| matches!(entry, Entry::Library(_)));
    let libraries: Vec<_> = crates.keys().filter(is_library).collect();
    match libraries.len() {
        0 => Err(ReadError::NoLibrary { crates: crates.keys().map(|name| (*name).to_owned()).collect() }),
        1..=MAX_LIBRARIES => libraries.into_iter().map(|name| library(name, &crates)).collect(),
        _ => Err(ReadError::TooMuch { what: "libraries in one file", limit: MAX_LIBRARIES }),
    }
}

/// The pieces of one library. A reference that no crate resolves is left for the check of the whole.
fn library<'a>(name: &str, crates: &Crates<'a>) -> Result<Vec<Piece<'a>>, ReadError> {
    let own = &crates[name];
    let mut pieces: Vec<_> = own.iter().map(|(piece, _)| *piece).collect();
    let mut known: BTreeSet<&str> = own.iter().filter_map(|(_, entry)| entry.type_name()).collect();
    let mut wanted: Vec<&str> = own.iter().flat_map(|(_, entry)| entry.named()).collect();
    let elsewhere = definitions(name, crates);
    while let Some(name) = wanted.pop() {
        if !known.insert(name) {
            continue;
        }
        let found = elsewhere.get(name).map_or(&[][..], Vec::as_slice);
        if let Some((piece, entry)) = found.first() {
            if found.iter().any(|(other, _)| other.item != piece.item) {
                let crates = found.iter().map(|(piece, _)| piece.crate_name.to_owned()).collect();
                return Err(ReadError::Ambiguous { name: name.to_owned(), crates });
            }
            pieces.push(*piece);
            wanted.extend(entry.named());
        }
    }
    Ok(pieces)
}

/// The types that other crates define, by name.
fn definitions<'a, 'b>(own: &str, crates: &'b Crates<'a>) -> BTreeMap<&'b str, Vec<&'b (Piece<'a>, Entry)>> {
    let mut definitions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for piece in crates.iter().filter(|(name, _)| **name != own).flat_map(|(_, pieces)| pieces) {
        if let Some(name) = piece.1.type_name() {
            definitions.entry(name).or_default().push(piece);
        }
    }
    definitions
}
