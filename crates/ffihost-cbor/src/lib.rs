//! CBOR, RFC 8949: the one place of the workspace that reads and writes its bytes.
//!
//! ```text
//!      Writer      Reader          in ffihost's runtime: values of an author's types
//!         \         /   \
//!          \       /    descriptor reader of ffihost-schema, on the heads themselves
//!        heads (ciborium-ll)
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`head`] | heads: the kind of an item, and its argument. `ciborium-ll` reads and writes them |
//! | [`mod@constant`] | heads in constants, for the pieces of the descriptor: `ciborium-ll` has no const functions |
//! | [`mod@write`] | a writer of whole values |
//! | [`read`] | a reader with a budget of memory and a limit of depth, for bytes that may be anything |
//!
//! Where a program wants values instead of bytes, it uses `ciborium`.
//!
//! # Examples
//!
//! ```
//! use ffihost_cbor::{Error, Reader, Writer};
//!
//! let mut bytes = Vec::new();
//! let mut writer = Writer::new(&mut bytes);
//! writer.map(1);
//! writer.text("answer");
//! writer.unsigned(42);
//!
//! let mut answer = None;
//! Reader::new(&bytes, 1024).only(|reader| {
//!     reader.fields(|key, reader| match key {
//!         "answer" => {
//!             answer = Some(reader.unsigned()?);
//!             Ok(true)
//!         }
//!         _ => Ok(false),
//!     })
//! })?;
//! assert_eq!(answer, Some(42));
//! # Ok::<(), Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod constant;
pub mod head;
pub mod read;
pub mod write;

mod error;

pub use self::error::{Error, Located};
pub use self::read::{MAX_DEPTH, Reader};
pub use self::write::Writer;
