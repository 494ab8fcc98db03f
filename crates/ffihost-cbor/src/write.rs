//! A writer of whole values, each as short as it can be.

use crate::head::{self, Head, simple};

/// Appends CBOR to bytes.
pub struct Writer<'a>(&'a mut Vec<u8>);

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    /// Appends to these.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self(bytes)
    }

    fn push(&mut self, head: Head) {
        head::write(head, self.0);
    }

    /// A number that is not negative.
    pub fn unsigned(&mut self, value: u64) {
        self.push(Head::Positive(value));
    }

    /// A number.
    pub fn signed(&mut self, value: i64) {
        self.push(if value < 0 {
            Head::Negative(!value.cast_unsigned())
        } else {
            Head::Positive(value.cast_unsigned())
        });
    }

    /// A float, as short as it goes.
    pub fn float(&mut self, value: f64) {
        self.push(Head::Float(value));
    }

    /// True or false.
    pub fn bool(&mut self, value: bool) {
        self.push(Head::Simple(if value { simple::TRUE } else { simple::FALSE }));
    }

    /// Null.
    pub fn null(&mut self) {
        self.push(Head::Simple(simple::NULL));
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        self.push(Head::Text(Some(text.len())));
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.push(Head::Bytes(Some(bytes.len())));
        self.0.extend_from_slice(bytes);
    }

    /// The head of a map of this many pairs: each key comes next, followed by its value.
    pub fn map(&mut self, entries: usize) {
        self.push(Head::Map(Some(entries)));
    }

    /// The head of a map whose length is not known yet: keys and values come next, and then an [`end`](Self::end).
    pub fn begin_map(&mut self) {
        self.push(Head::Map(None));
    }

    /// The end of what was begun without a length.
    pub fn end(&mut self) {
        self.push(Head::Break);
    }

    /// The head of an array of this many values, which come next.
    pub fn array(&mut self, values: usize) {
        self.push(Head::Array(Some(values)));
    }

    /// A value that is CBOR already.
    pub fn encoded(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }
}
