//! The descriptor at run time: the pieces that the attributes put into the library's own file, put together.

use crate::wire::cbor::{self, Writer};
use ffihost_schema::{FNV1A_START, FORMAT, MAGIC, fnv1a};
use std::fmt;

/// A library's surface as CBOR, its hash, and the names that hosts may use.
pub(crate) struct Descriptor {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: u64,
    pub(crate) host_fns: Names,
    pub(crate) events: Names,
    /// Whether the pieces are in the file: that of `library!` is among them.
    pub(crate) is_there: bool,
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descriptor").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// Names that a library knows.
#[derive(Clone, Debug)]
pub(crate) enum Names {
    /// Whatever the host says.
    Any,
    /// These.
    These(Vec<&'static str>),
}

impl Names {
    pub(crate) fn contains(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(names) => names.contains(&name),
        }
    }
}

/// A piece, as the docs of `ffihost-schema` have it.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    krate: &'a [u8],
    item: &'a [u8],
    info: &'a [u8],
}

impl Descriptor {
    /// That of the library that a crate is; its pieces are in this file.
    pub(crate) fn of_crate(krate: &str) -> Self {
        let mut pieces: Vec<Piece<'static>> = Vec::new();
        for piece in section_pieces().filter(|piece| piece.krate == krate.as_bytes()) {
            // In order, and each once. They are few, and a sort is a lot of code for once in a process.
            let place =
                pieces.binary_search_by(|other| other.item.cmp(piece.item).then_with(|| other.info.cmp(piece.info)));
            if let Err(place) = place {
                pieces.insert(place, piece);
            }
        }
        let (mut hash, mut host_fns, mut events, mut is_there) = (FNV1A_START, Vec::new(), Vec::new(), false);
        for piece in &pieces {
            hash = fnv1a(hash, piece.item);
            match head(piece.item) {
                Some(("host_fn", name)) => host_fns.push(name),
                Some(("event", name)) => events.push(name),
                Some(("library", _)) => is_there = true,
                _ => {}
            }
        }
        let (host_fns, events) = (Names::These(host_fns), Names::These(events));
        Self { bytes: document(hash, &pieces), hash, host_fns, events, is_there }
    }

    /// That of a library that was written by hand: names, and no types.
    pub(crate) fn of_names(
        name: &str,
        version: &str,
        kinds: &[(&str, &[&'static str])],
        host_fns: Names,
        events: Names,
    ) -> Self {
        let mut item = Vec::new();
        let mut writer = Writer::new(&mut item);
        writer.map(2 + kinds.len());
        cbor::entry(&mut writer, "kind", "by_hand");
        cbor::entry(&mut writer, "name", name);
        for (kind, names) in kinds {
            cbor::entry(&mut writer, kind, *names);
        }
        let mut info = Vec::new();
        let mut writer = Writer::new(&mut info);
        writer.map(1);
        cbor::entry(&mut writer, "version", version);
        let hash = fnv1a(FNV1A_START, &item);
        let piece = Piece { krate: b"", item: &item, info: &info };
        Self { bytes: document(hash, &[piece]), hash, host_fns, events, is_there: true }
    }
}

fn document(hash: u64, pieces: &[Piece<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    writer.map(4);
    cbor::entry(&mut writer, "ffihost", &FORMAT);
    cbor::entry(&mut writer, "hash", &hash);
    writer.text("abi");
    cbor::write_encoded(&mut writer, pieces, |piece| piece.item);
    writer.text("info");
    cbor::write_encoded(&mut writer, pieces, |piece| piece.info);
    bytes
}

/// The kind and the name of an item: its first two entries.
fn head(item: &'static [u8]) -> Option<(&'static str, &'static str)> {
    let (kind, rest) = text(text(item.get(1..)?)?.1)?;
    let (name, _) = text(text(rest)?.1)?;
    Some((kind, name))
}

/// CBOR text of at most 255 bytes, and what comes after it.
fn text(bytes: &'static [u8]) -> Option<(&'static str, &'static [u8])> {
    let (len, rest) = match bytes {
        [0x78, len, rest @ ..] => (*len, rest),
        [head @ 0x60..0x78, rest @ ..] => (head - 0x60, rest),
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(len.into())?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// The pieces in a section.
struct Pieces(&'static [u8]);

impl Iterator for Pieces {
    type Item = Piece<'static>;

    fn next(&mut self) -> Option<Piece<'static>> {
        let start = self.0.windows(MAGIC.len()).position(|window| *window == MAGIC)?;
        let mut rest = self.0.get(start + MAGIC.len()..)?;
        let mut number = || {
            let (number, after) = rest.split_first_chunk()?;
            rest = after;
            Some(u32::from_le_bytes(*number) as usize)
        };
        let lengths = [number()?, number()?, number()?];
        let mut take = |length| {
            let (taken, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(taken)
        };
        let piece = Piece { krate: take(lengths[0])?, item: take(lengths[1])?, info: take(lengths[2])? };
        self.0 = rest;
        Some(piece)
    }
}

super::section! {
    elf: "ffihost", start: "__start_ffihost", stop: "__stop_ffihost",
    apple: "__ffihost", windows: ".ffih",
    [u8; 1] = [0]
}

fn section_pieces() -> Pieces {
    let (start, stop) = section();
    // SAFETY: the linker defines both as the bounds of one section, which is never written to; what pads it is zeros.
    Pieces(unsafe { std::slice::from_raw_parts(start, stop.addr() - start.addr()) })
}

/// Puts an item into the section: what the attributes emit.
#[doc(hidden)]
#[macro_export]
macro_rules! __piece {
    ($item:expr) => {
        const _: () = {
            const __ITEM: $crate::export::Item = $item;
    $crate::__placed!(elf: "ffihost", windows: ".ffih", __PIECE: [u8; __ITEM.piece_len()] = __ITEM.piece());
        };
    };
}
