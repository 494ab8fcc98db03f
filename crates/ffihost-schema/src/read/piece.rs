//! Pieces: what the attributes put into the section, one behind the other.

use super::ReadError;
use crate::MAGIC;

/// Magic and three lengths.
const HEAD: usize = MAGIC.len() + 12;

/// What one attribute put into a compiled file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece<'a> {
    /// The crate that it is from.
    pub crate_name: &'a str,
    /// One CBOR map: all that is part of the ABI.
    pub item: &'a [u8],
    /// One CBOR map: what is not.
    pub info: &'a [u8],
}

/// Splits the contents of a section into pieces.
///
/// # Errors
///
/// [`ReadError::Section`] with the place where something else begins, or a piece is cut off,
/// [`ReadError::NewerFormat`] and [`ReadError::OlderFormat`].
pub fn split(section: &[u8]) -> Result<Vec<Piece<'_>>, ReadError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(zeros) = section[at..].iter().position(|byte| *byte != 0) {
        at += zeros;
        let (piece, len) = first(&section[at..]).map_err(|error| match error {
            ReadError::Section { problem, .. } => ReadError::Section { at, problem },
            other => other,
        })?;
        pieces.push(piece);
        at += len;
    }
    Ok(pieces)
}

/// The piece that some bytes start with, and its length.
fn first(bytes: &[u8]) -> Result<(Piece<'_>, usize), ReadError> {
    let damaged = |problem| ReadError::Section { at: 0, problem };
    let cut_off = || damaged("where a piece is cut off");
    let (magic, lengths) = bytes.get(..HEAD).ok_or_else(cut_off)?.split_at(MAGIC.len());
    match magic.split_last() {
        Some((version, name)) if name == &MAGIC[..MAGIC.len() - 1] => ReadError::check_format(u64::from(*version))?,
        _ => return Err(damaged("where a piece should start")),
    }
    let mut at = HEAD;
    let mut part = |index: usize| {
        let mut len = [0; 4];
        len.copy_from_slice(&lengths[4 * index..4 * index + 4]);
        let end = usize::try_from(u32::from_le_bytes(len)).ok().and_then(|len| at.checked_add(len));
        let part = end.and_then(|end| bytes.get(at..end)).ok_or_else(cut_off)?;
        at += part.len();
        Ok(part)
    };
    let (crate_name, item, info) = (part(0)?, part(1)?, part(2)?);
    let crate_name = str::from_utf8(crate_name).map_err(|_| damaged("where a crate's name is not UTF-8"))?;
    Ok((Piece { crate_name, item, info }, at))
}
