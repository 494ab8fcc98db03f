//! Bytes as decisions.

/// Bytes, front to back; zeros when there are no more, and a zero decides for what is ordinary.
#[derive(Debug)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                *byte
            }
            None => 0,
        }
    }

    /// One of so many.
    pub(super) fn one_of(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// True once in `rarity` times.
    pub(super) fn rarely(&mut self, rarity: u8) -> bool {
        self.byte() % rarity == rarity - 1
    }

    pub(super) fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// Less than `limit` bytes.
    pub(super) fn some(&mut self, limit: usize) -> &'a [u8] {
        let (some, rest) = self.0.split_at(self.one_of(limit).min(self.0.len().saturating_sub(1)));
        self.0 = rest;
        some
    }

    /// Some text, seldom empty and seldom long.
    pub(super) fn text(&mut self) -> String {
        match self.byte() {
            250..=252 => String::new(),
            253..=255 => "long ".repeat(100),
            length => {
                let bytes: Vec<u8> = (0..1 + length % 8).map(|_| self.byte()).collect();
                String::from_utf8(bytes).unwrap_or_else(|_| "ü".to_owned())
            }
        }
    }
}
