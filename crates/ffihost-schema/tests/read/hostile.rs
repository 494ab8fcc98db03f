//! Bytes that nobody wrote: an error or a library, but no panic, and no more memory than the input justifies.

use crate::files::{NOTES, document, fixture};
use crate::samples::{notes, section};
use ffihost_schema::{Checked, Library, cddl, diff, libraries_in_file, split};

/// Takes everything that is done with a file or a document.
fn take(bytes: &[u8]) -> Option<Checked> {
    let library = libraries_in_file(bytes).ok().and_then(|libraries| libraries.into_iter().next());
    let library = library.or_else(|| Checked::from_document(bytes).ok())?;
    assert!(!cddl(&library).is_empty());
    assert_eq!(diff(&library, &library), []);
    Some(library)
}

/// Numbers that look random: xorshift64, <https://www.jstatsoft.org/article/view/v008i14>.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }
}

#[test]
fn documents_cut_anywhere() {
    let document = document();
    for len in 0..document.len() {
        assert!(Library::from_document(&document[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn sections_cut_anywhere() {
    let pieces = notes();
    let (section, ends) = (
        section(&pieces),
        pieces.iter().scan(0, |at, piece| {
            *at += piece.len() + 3;
            Some(*at)
        }),
    );
    let whole: Vec<usize> = ends.flat_map(|end| end - 3..=end).chain([0]).collect();
    for len in 0..section.len() {
        assert_eq!(split(&section[..len]).is_ok(), whole.contains(&len), "{len} bytes");
    }
}

#[test]
fn bytes_flipped_everywhere() {
    let document = document();
    for at in 0..document.len() {
        for mask in [1, 0x20, 0x80, 0xff] {
            let mut changed = document.clone();
            changed[at] ^= mask;
            take(&changed);
        }
    }
    for name in NOTES {
        let file = fixture(name);
        // Not every byte: there are many.
        for at in (0..file.len()).step_by(7) {
            let mut changed = file.clone();
            changed[at] ^= 0xff;
            take(&changed);
            take(&file[..at]);
        }
    }
}

#[test]
fn many_changes_at_once() {
    let mut numbers = Numbers(0x5eed);
    let originals: Vec<_> = NOTES.into_iter().map(fixture).chain([document()]).collect();
    for _ in 0..3_000 {
        let mut changed = originals[numbers.next() % originals.len()].clone();
        for _ in 0..1 + numbers.next() % 8 {
            let at = numbers.next() % changed.len();
            let len = 1 + numbers.next() % 8;
            match numbers.next() % 3 {
                0 => changed[at] = numbers.next() as u8,
                1 => changed.iter_mut().skip(at).take(len).for_each(|byte| *byte = 0xff),
                _ => drop(changed.drain(at..(at + len).min(changed.len() - 1).max(at))),
            }
        }
        take(&changed);
    }
}

#[test]
fn items_of_nonsense() {
    let mut numbers = Numbers(0xfeed);
    let section = section(&notes());
    let pieces = split(&section).expect("pieces");
    for _ in 0..3_000 {
        let mut pieces = pieces.clone();
        let at = numbers.next() % pieces.len();
        let mut item = pieces[at].item.to_vec();
        for _ in 0..1 + numbers.next() % 3 {
            let byte = numbers.next() % item.len();
            item[byte] = numbers.next() as u8;
        }
        pieces[at].item = &item;
        // With a hash that is right, so that the items are looked at.
        take(&ffihost_schema::assemble(&pieces));
    }
}

#[test]
fn depth_is_refused_not_followed() {
    let deep = [[0x82, 0x64, b'l', b'i', b's', b't'].repeat(100_000), vec![0x62, b'u', b'8']].concat();
    let start = b"\xa4\x64kind\x68constant\x64name\x61X\x65value\x01\x64type";
    let item = [start.as_slice(), &deep].concat();
    let piece = ffihost_schema::Piece { crate_name: "x", item: &item, info: b"\xa1\x64docs\x81\x60" };
    let error = Library::from_document(&ffihost_schema::assemble(&[piece])).expect_err("too deep");
    assert!(error.to_string().contains("a type that is too deep"), "{error}");
}
