//! The descriptor of an ffihost library: its whole surface, as CBOR.
//!
//! # Pieces
//!
//! Each attribute of a library puts one *piece* into the section [`SECTION`] of the compiled file: a type, a request, a host
//! function, an event, a constant, the library itself. So the surface can be read out of the file without running it. A piece
//! is, one after the other:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4, little-endian | length of the crate's name |
//! | 4, little-endian | length of the item |
//! | 4, little-endian | length of the information |
//! | … | the crate's name, UTF-8: a file may hold several libraries |
//! | … | the item: one CBOR map, all that is part of the ABI |
//! | … | the information: one CBOR map, what is not: docs, layouts, the version |
//!
//! Between pieces there may be zeros. Their order means nothing.
//!
//! # Items
//!
//! The CBOR map of an item starts with `kind` and `name`:
//!
//! | `kind` | further keys |
//! |---|---|
//! | `library` | `formats`: array of `"native"`, `"cbor"`; `serve`: true, if it exports `<lib>_serve`, otherwise left out |
//! | `struct` | `error`: bool; `fields`: array of `{name, type}` |
//! | `enum` | `error`; `variants`: array of `{name}`, `{name, type}` (one value) or `{name, fields}`; the tag is the index |
//! | `newtype` | `type`: what it holds |
//! | `handle` | |
//! | `constructor` | `params`: array of `{name, type}`; `error`: type or null; `formats` |
//! | `request` | `async`: bool; `receiver`: null (context-free), `"context"`, or `["handle", name]`; `params`; `result`: type; `error`; `formats`; `direct`: true, if its native form returns the status and writes the result where the caller says, otherwise left out: it takes a callback |
//! | `host_fn` | `async`; `params`; `result`; `error`; `group` and `method`, if it is one of a group: both names, otherwise both are left out |
//! | `event` | `params` |
//! | `constant` | `type`; `value` |
//!
//! Fields that have no names in Rust are `field0`, `field1` and so on. A struct without fields is an empty map, and in C one byte
//! that means nothing.
//!
//! A request whose receiver is a handle has that handle as the first of its `params`.
//!
//! A `request` or `constant` may have the key `of`, the name of a handle: it was written in the `impl` of that handle, and
//! bindings put it into its class. Its `name` then starts with the handle's, in the case of what it is, and the rest is its name
//! in the class: the request `stopwatch_lap` of `Stopwatch` is `lap` there, the constant `STOPWATCH_MAX_LAPS` is `MAX_LAPS`. The
//! receiver of such a request is that handle, the context, or null. One whose receiver is another and whose result is that
//! handle is a constructor of it. What is written in the `impl` of the state has no `of`: it is what a free function is.
//!
//! A type is `"unit"`, `"bool"`, `"i8"` … `"u64"`, `"f32"`, `"f64"`, `"string"`, `"bytes"`, `["option", type]`,
//! `["list", type]`, `["map", type]` (from text), `["named", name]` (a struct or an enum), `["handle", name]`, or
//! `["as", logic, type]`: it crosses as that type, its representation, and means more. Who does not know a logic goes by the
//! representation. A logic is a name, `["array", n]`, a list or bytes of exactly `n`, or `["newtype", name]`, the item of that name,
//! which holds just this representation:
//!
//! | logic | representation | what it is |
//! |---|---|---|
//! | `duration` | `"u64"` | nanoseconds |
//! | `time` | `"i64"` | nanoseconds since 1970, UTC |
//! | `char` | `"u32"` | a Unicode scalar value |
//! | `path` | `"string"` | a path of the file system |
//! | `uuid` | `"string"` | a UUID, as RFC 9562 writes it; the library takes its other spellings, too |
//! | `url` | `"string"` | an absolute URL |
//! | `set` | `["list", type]` | no value occurs twice |
//! | any other | any type but `"unit"` and an option | a type of the author's of that name |
//!
//! # Information
//!
//! `docs`: texts, in the order item, then parameters, fields or variants, each variant followed by its fields. `deprecated`:
//! array of `[place, since, note]`, one for each of those that is deprecated, with its place among `docs`; `since` and `note`
//! are texts, empty if they are not said; left out if nothing is deprecated. `layout`, of a
//! struct, an enum with data, and what has parameters: size and alignment of its C type on the target that the library was
//! built for, then the offset of each field (of an enum: of the payload). `version`, `pointer_width`, `target`: the library's. `target` is how its target lays out structs,
//! [`ffihost_abi::layout::LAYOUT`]; if it is left out, every scalar is aligned to its size.
//!
//! # The document
//!
//! `<lib>_abi_descriptor` returns one CBOR map: `ffihost`: the version of this format, 2; `hash`; `abi`: the items in the
//! order of their bytes; `info`: the information of each, in the same order. The hash is FNV-1a over the items, in that order,
//! one after the other, so that it changes when and only when the ABI does.
//!
//! An item has a hash of its own, which is not written down: FNV-1a over it and the items of all types that it reaches, through
//! other types too, each once and in the order of their bytes. The handle that a request belongs to is among them.

#![forbid(unsafe_code)]

pub mod write;

pub use ffihost_abi::Status;

#[cfg(feature = "document")]
mod read;
#[cfg(feature = "document")]
pub use self::read::*;

/// The format's version.
pub const FORMAT: u8 = 2;

/// What each piece starts with.
pub const MAGIC: [u8; 8] = *b"FFIHOST\x02";

/// The section that holds the pieces: its name in ELF files.
pub const SECTION: &str = "ffihost";
/// Its segment and name in Mach-O files.
pub const SECTION_MACH_O: &str = "__DATA,__ffihost";
/// Its name in PE files. The linker puts together, in alphabetical order, what has a `$` behind this.
pub const SECTION_PE: &str = ".ffih";

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), of some bytes after others.
pub const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// The hash of nothing.
pub const FNV1A_START: u64 = 0xcbf2_9ce4_8422_2325;
