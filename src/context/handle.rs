//! What a host knows a context by.

use super::gate::GENERATION_BITS;

/// Records of one library, at most: as many as a handle's index bits can tell apart.
pub(crate) const MAX_CONTEXTS: u32 = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 12;

/// Bits of a generation in a handle: all of the gate's, where there is room. The highest byte of 64 bits is [`TAG`].
pub(super) const HANDLE_GENERATION_BITS: u32 = {
    let room = usize::BITS - INDEX_BITS;
    if room < GENERATION_BITS { room } else { GENERATION_BITS }
};

/// Set above the generation where there is room, so that a handle is no address that any system gives out.
const TAG: usize = if usize::BITS == 64 { 0x5f << (usize::BITS - 8) } else { 0 };

/// The bits above the generation; none where there is no room.
const ABOVE: usize = match 1usize.checked_shl(INDEX_BITS + HANDLE_GENERATION_BITS) {
    Some(lowest) => !(lowest - 1),
    None => 0,
};

/// What a host knows as `void *ctx`: a record's index, a generation, and a tag. Not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    pub(super) index: u32,
    pub(super) generation: u64,
}

impl Handle {
    pub(crate) fn to_bits(self) -> usize {
        TAG | (self.generation as usize) << INDEX_BITS | self.index as usize
    }

    /// What a handle of these bits would be; they may be anything.
    pub(super) fn from_bits(bits: usize) -> Option<Self> {
        let generation = (bits >> INDEX_BITS) as u64 & ((1 << HANDLE_GENERATION_BITS) - 1);
        (bits & ABOVE == TAG).then_some(Self { index: (bits as u32) & (MAX_CONTEXTS - 1), generation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_no_address_and_survives_the_round_trip() {
        for generation in [1, 77, (1 << HANDLE_GENERATION_BITS) - 1] {
            for index in [0, 1, MAX_CONTEXTS - 1] {
                let handle = Handle { index, generation };
                assert_eq!(Handle::from_bits(handle.to_bits()), Some(handle));
            }
        }
        let on_stack = 0u8;
        for address in [0, usize::MAX, &raw const on_stack as usize, MAX_CONTEXTS as usize] {
            assert_eq!(Handle::from_bits(address), None, "{address:#x}");
        }
    }
}
