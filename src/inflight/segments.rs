//! An array that grows and never moves: readers on any thread, one grower.

use crate::sync::{AtomicPtr, Ordering};
use std::marker::PhantomData;
use std::ptr;

/// Items at most: 2^16.
const BITS: u32 = 16;
/// log2 of the first segment's length. Models use short ones, so that they can reach the second.
const FIRST_BITS: u32 = if cfg!(ffihost_loom) { 0 } else { 6 };
/// Each segment is twice as long as the one before; the last is as long as is needed.
const SEGMENTS: usize = (BITS - FIRST_BITS + 1) as usize;

/// Up to 65,536 items in segments of doubling length, each allocated when its first item is needed.
pub(super) struct Segments<T> {
    segments: [AtomicPtr<T>; SEGMENTS],
    items: PhantomData<T>,
}

impl<T> Segments<T> {
    pub(super) fn new() -> Self {
        Self { segments: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())), items: PhantomData }
    }

    /// The item, if its segment exists. Any thread, any index.
    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        if index >> BITS != 0 {
            return None;
        }
        let (segment, offset) = locate(index);
        // Acquire pairs with the Release of `grow_to`: the items are initialised.
        let items = self.segments.get(segment)?.load(Ordering::Acquire);
        if items.is_null() {
            return None;
        }
        // SAFETY: a segment that is not null holds `length(segment)` initialised items, lives as long as `self`, and
        // `locate` gives an offset below its length.
        Some(unsafe { &*items.add(offset) })
    }

    /// The item.
    ///
    /// # Safety
    ///
    /// It exists: [`grow_to`](Self::grow_to) was called for it or for one behind it, before this.
    #[inline]
    pub(super) unsafe fn existing(&self, index: u32) -> &T {
        let (segment, offset) = locate(index);
        debug_assert!(self.get(index).is_some(), "an item that was grown to");
        // SAFETY: the caller's contract, and as in `get`. Acquire, as there: it may have been made by another thread.
        unsafe { &*self.segments.get_unchecked(segment).load(Ordering::Acquire).add(offset) }
    }

    /// Makes sure that the item exists; `make` is given the index of each that is made. One thread only.
    pub(super) fn grow_to(&self, index: u32, make: impl Fn(u32) -> T) {
        let (segment, _) = locate(index);
        let Some(place) = self.segments.get(segment) else { return };
        if !place.load(Ordering::Relaxed).is_null() {
            return;
        }
        let first = start(segment) as u32;
        let items: Box<[T]> = (first..first + length(segment) as u32).map(make).collect();
        place.store(Box::into_raw(items).cast(), Ordering::Release);
    }
}

impl<T> Drop for Segments<T> {
    fn drop(&mut self) {
        for (segment, items) in self.segments.iter().enumerate() {
            let items = items.load(Ordering::Relaxed);
            if !items.is_null() {
                // SAFETY: it was made by `grow_to` from a boxed slice of this length, and nobody else has `self`.
                drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(items, length(segment))) });
            }
        }
    }
}

/// The segment of an item, and its place there: with the first segment's length added, the highest bit says which segment it
/// is, and the others say where in it.
#[inline]
fn locate(index: u32) -> (usize, usize) {
    let shifted = u64::from(index) + (1 << FIRST_BITS);
    let highest = shifted.ilog2();
    ((highest - FIRST_BITS) as usize, (shifted ^ 1 << highest) as usize)
}

fn start(segment: usize) -> usize {
    (1 << (FIRST_BITS as usize + segment)) - (1 << FIRST_BITS)
}

fn length(segment: usize) -> usize {
    ((1 << BITS) - start(segment)).min(1 << (FIRST_BITS as usize + segment))
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn every_index_has_one_place() {
        let mut expected = (0, 0);
        for index in 0..1 << 16 {
            assert_eq!(locate(index), expected, "index {index}");
            expected.1 += 1;
            if expected.1 == length(expected.0) {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(expected, (SEGMENTS, 0));
        assert_eq!((0..SEGMENTS).map(length).sum::<usize>(), 1 << BITS);
    }

    #[test]
    fn an_index_beyond_the_last_is_no_item() {
        let segments = Segments::<u8>::new();
        assert!(segments.get(u32::MAX).is_none());
        segments.grow_to((1 << BITS) - 1, |_| 7);
        assert_eq!((segments.get((1 << BITS) - 1), segments.get(1 << BITS)), (Some(&7), None));
        assert!(segments.get(0).is_none());
        segments.grow_to(64, |index| index as u8);
        assert_eq!((segments.get(64), segments.get(127)), (Some(&64), Some(&127)));
        assert!(segments.get(0).is_none());
    }

    #[test]
    fn every_item_is_dropped_with_the_segments() {
        let count = Rc::new(());
        let segments = Segments::new();
        (0..200).for_each(|index| segments.grow_to(index, |_| Rc::clone(&count)));
        assert_eq!(Rc::strong_count(&count), 1 + 64 + 128 + 256);
        drop(segments);
        assert_eq!(Rc::strong_count(&count), 1);
    }
}
