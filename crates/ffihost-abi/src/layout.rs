//! How a target lays out C structs.
//!
//! A C struct is laid out by the sizes and alignments of the scalars in it, and by nothing else. So two targets whose scalars agree
//! lay out every struct of every library alike, and one number is enough to compare them.

/// The layout of the target that this is compiled for: [`of`] its scalars. `ffihost.h` computes the same as `FFI_LAYOUT`.
pub const LAYOUT: u64 = of([
    size_of::<usize>(),
    size_of::<*const ()>(),
    align_of::<*const ()>(),
    align_of::<u16>(),
    align_of::<u32>(),
    align_of::<u64>(),
    align_of::<f32>(),
    align_of::<f64>(),
]);

/// A layout as a number, one byte for each figure, the first one highest: the sizes of `size_t` and of a pointer, then the
/// alignments of a pointer and of integers and floats as they are in a struct, of 16, 32 and 64 bits, and of 32 and 64 bits.
pub const fn of(figures: [usize; 8]) -> u64 {
    let (mut layout, mut at) = (0, 0);
    while at < figures.len() {
        layout = layout << 8 | figures[at] as u64;
        at += 1;
    }
    layout
}

/// The layout of a target with pointers of so many bits, on which each scalar is aligned to its size.
pub const fn natural(pointer_width: u32) -> u64 {
    let pointer = pointer_width as usize / 8;
    of([pointer, pointer, pointer, 2, 4, 8, 4, 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_that_differ_in_one_alignment_differ() {
        assert_eq!(of([8, 8, 8, 2, 4, 8, 4, 8]), 0x0808_0802_0408_0408);
        // i686-unknown-linux-gnu aligns 64 bits to 4 bytes in a struct, armv7-unknown-linux-gnueabihf to 8.
        let (i686, armv7) = (of([4, 4, 4, 2, 4, 4, 4, 4]), natural(32));
        assert_eq!((i686, armv7), (0x0404_0402_0404_0404, 0x0404_0402_0408_0408));
    }

    #[test]
    fn this_target() {
        #[repr(C)]
        struct Behind<T>(u8, T);
        let align = |offset: usize, shift: u32| assert_eq!((LAYOUT >> shift) as u8, offset as u8);
        align(core::mem::offset_of!(Behind<u64>, 1), 16);
        align(core::mem::offset_of!(Behind<f64>, 1), 0);
        align(core::mem::offset_of!(Behind<*const ()>, 1), 40);
    }
}
