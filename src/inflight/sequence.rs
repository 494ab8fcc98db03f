//! Sequence numbers: one supply for all tables of a loaded library, so that a token names one call among all contexts.
//!
//! A table takes a block of [`BLOCK`] numbers at a time, and keeps what is left of it for its next context. So beginning a call
//! compares two numbers of the table's own, and a context that makes a few calls uses up no block. The supply begins at a
//! random block in the lower half of the numbers: a token of another library, or of an earlier process, fits by chance
//! only. The upper half alone lasts for four years at a million calls a second.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
// Not one of `crate::sync`: only that no block is given out twice matters, and nothing is ordered by it.
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers in a block.
pub(super) const BLOCK: u64 = 1 << 12;

/// Blocks in all the numbers that a token has bits for.
const BLOCKS: u64 = 1 << (64 - super::INDEX_BITS) >> BLOCK.trailing_zeros();

/// A supply of blocks.
pub(super) struct Supply(LazyLock<AtomicU64>);

/// That of this library.
pub(super) static SUPPLY: Supply = Supply(LazyLock::new(|| AtomicU64::new(first_block(random()))));

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A block in the lower half, and not the one that holds the number 0.
fn first_block(random: u64) -> u64 {
    1 + random % (BLOCKS / 2)
}

impl Supply {
    /// The first number of a block that was not given out before, if there is one left.
    pub(super) fn next_block(&self) -> Option<u64> {
        let next = |block: u64| (block < BLOCKS).then_some(block + 1);
        let block = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        Some(block * BLOCK)
    }

    /// One that has only its last block left.
    #[cfg(all(test, not(ffihost_loom)))]
    pub(super) const fn nearly_empty() -> Self {
        Self(LazyLock::new(|| AtomicU64::new(BLOCKS - 1)))
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_supply_begins_in_the_lower_half_and_never_with_0() {
        assert_eq!((BLOCKS, BLOCK), (1 << 36, 4_096));
        assert_eq!(first_block(0), 1);
        assert_eq!(first_block((1 << 35) - 1), 1 << 35);
        assert_eq!(first_block(1 << 35), 1);
        assert!((1..=1 << 35).contains(&first_block(u64::MAX)));
        assert_ne!(random(), random());
    }

    #[test]
    fn blocks_follow_each_other_and_end() {
        let first = SUPPLY.next_block().expect("there are blocks");
        assert!(first.is_multiple_of(BLOCK) && first >= BLOCK);
        assert!(SUPPLY.next_block().expect("there are blocks") >= first + BLOCK);
        static LAST: Supply = Supply::nearly_empty();
        assert_eq!(LAST.next_block(), Some((1 << 48) - BLOCK));
        assert_eq!(LAST.next_block(), None);
        assert_eq!(LAST.next_block(), None);
    }
}
