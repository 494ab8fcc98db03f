//! Boxes that are used again: the memory of a request's future is kept for the next one of its size.
//!
//! One box is kept for each of a few sizes, and the latest of those that meet in one place. So what a context keeps is bounded,
//! and requests of one kind, one after the other, allocate nothing for their futures.

use std::alloc::{Layout, dealloc};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr;

/// Boxes that are kept at most.
const PLACES: usize = 8;

/// Larger ones, in bytes, are not kept.
const LARGEST: usize = 4096;

/// All boxes that are kept are aligned like this.
const ALIGN: usize = align_of::<usize>();

/// See the module. The FFI thread's alone.
#[derive(Debug, Default)]
pub(crate) struct Boxes([Place; PLACES]);

#[derive(Debug)]
struct Place {
    /// The size of the box that is kept, in bytes; 0 if none is.
    size: Cell<usize>,
    /// The memory of that box, without a value in it; meaningless if `size` is 0.
    memory: Cell<*mut u8>,
}

/// Where boxes of a `T` are kept, if they are.
const fn place_of<T>() -> Option<usize> {
    if size_of::<T>() == 0 || size_of::<T>() > LARGEST || align_of::<T>() != ALIGN {
        return None;
    }
    Some(size_of::<T>() / ALIGN % PLACES)
}

impl Boxes {
    /// A box for a `T`.
    #[inline]
    pub(crate) fn take<T>(&self) -> Box<MaybeUninit<T>> {
        if let Some(at) = const { place_of::<T>() }
            && self.0[at].size.get() == size_of::<T>()
        {
            self.0[at].size.set(0);
            // SAFETY: `put_back` took it out of a box of this size and alignment, and nobody else has it.
            return unsafe { Box::from_raw(self.0[at].memory.get().cast()) };
        }
        Box::new_uninit()
    }

    /// Drops what is in a box, in its place, and keeps the box.
    #[inline]
    pub(crate) fn put_back<T>(&self, full: Pin<Box<T>>) {
        // SAFETY: it is dropped in its place, and not moved before.
        let value = Box::into_raw(unsafe { Pin::into_inner_unchecked(full) });
        // SAFETY: the memory is that of a box of such a value. The box frees it if the value's drop panics.
        let mut emptied = unsafe { Box::from_raw(value.cast::<MaybeUninit<T>>()) };
        // SAFETY: the value is there, and dropped once: nothing else knows of it.
        unsafe { emptied.assume_init_drop() };
        if let Some(at) = const { place_of::<T>() } {
            self.0[at].keep(Box::into_raw(emptied).cast(), size_of::<T>());
        }
    }
}

impl Place {
    /// Keeps a box in place of the one that is here.
    #[inline]
    fn keep(&self, memory: *mut u8, size: usize) {
        if self.size.get() != 0 {
            self.free();
        }
        self.memory.set(memory);
        self.size.set(size);
    }

    #[cold]
    fn free(&self) {
        let size = self.size.replace(0);
        if size != 0 {
            // SAFETY: it is a box's memory, of this size and alignment, that nobody else has.
            unsafe { dealloc(self.memory.get(), Layout::from_size_align_unchecked(size, ALIGN)) };
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self { size: Cell::new(0), memory: Cell::new(ptr::null_mut()) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.free();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::{GlobalAlloc, System};
    use std::rc::Rc;

    /// Counts the bytes that this thread has allocated and not freed.
    struct Counting;

    thread_local!(static LIVE: Cell<isize> = const { Cell::new(0) });

    // SAFETY: it is the system's allocator; what is counted is a thread local without a destructor.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            LIVE.set(LIVE.get().wrapping_add_unsigned(layout.size()));
            // SAFETY: the caller's contract.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            LIVE.set(LIVE.get().wrapping_sub_unsigned(layout.size()));
            // SAFETY: the caller's contract.
            unsafe { System.dealloc(memory, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    fn boxed<T>(boxes: &Boxes, value: T) -> Pin<Box<T>> {
        Box::into_pin(Box::write(boxes.take(), value))
    }

    #[test]
    fn a_box_is_used_again_for_a_value_of_its_size() {
        let boxes = Boxes::default();
        let dropped = Rc::new(());
        let first = boxed(&boxes, [Rc::clone(&dropped), Rc::clone(&dropped)]);
        let address = std::ptr::from_ref(&*first).addr();
        boxes.put_back(first);
        assert_eq!(Rc::strong_count(&dropped), 1, "what was in it is dropped");
        let other_size = boxed(&boxes, [1usize, 2, 3]);
        let second = boxed(&boxes, [1usize, 2]);
        assert_eq!(std::ptr::from_ref(&*second).addr(), address);
        // Two of one size: the second takes the place of the first.
        let third = boxed(&boxes, [3usize, 4]);
        assert_ne!(std::ptr::from_ref(&*third).addr(), address);
        boxes.put_back(second);
        boxes.put_back(third);
        boxes.put_back(other_size);
    }

    #[test]
    fn sizes_that_meet_in_one_place_are_told_apart() {
        let boxes = Boxes::default();
        boxes.put_back(boxed(&boxes, [1usize; 1]));
        let large = boxed(&boxes, [2usize; 1 + PLACES]);
        assert_eq!(*large, [2; 1 + PLACES]);
        boxes.put_back(large);
        assert_eq!(*boxed(&boxes, [3usize; 1]), [3]);
        // Nothing that is kept: no bytes, too many, and another alignment.
        boxes.put_back(boxed(&boxes, ()));
        boxes.put_back(boxed(&boxes, [0usize; LARGEST]));
        boxes.put_back(boxed(&boxes, 7u8));
    }

    #[test]
    fn a_box_whose_value_panics_is_freed() {
        struct Bomb(#[expect(dead_code, reason = "it has a size")] usize);
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("a bomb");
            }
        }
        let boxes = Boxes::default();
        assert!(crate::panic::contain(|| boxes.put_back(boxed(&boxes, Bomb(7)))).is_err());
        assert!(boxes.0.iter().all(|place| place.size.get() == 0));
    }

    #[test]
    fn boxes_are_kept_by_their_size_in_words() {
        const WORDS: usize = LARGEST / size_of::<usize>();
        assert_eq!([place_of::<usize>(), place_of::<[usize; 2]>()], [Some(1), Some(2)]);
        assert_eq!([place_of::<[usize; PLACES]>(), place_of::<[usize; PLACES + 1]>()], [Some(0), Some(1)]);
        assert_eq!([place_of::<[usize; WORDS]>(), place_of::<[usize; WORDS + 1]>()], [Some(WORDS % PLACES), None]);
        assert_eq!([place_of::<[usize; 0]>(), place_of::<[u8; ALIGN]>()], [None, None]);
    }

    #[test]
    fn a_box_is_freed_when_another_takes_its_place_and_at_the_end() {
        let before = LIVE.get();
        let boxes = Boxes::default();
        let kept = || LIVE.get() - before;
        let bytes = |words: usize| (words * size_of::<usize>()).cast_signed();
        boxes.put_back(boxed(&boxes, [1usize; 1]));
        assert_eq!(kept(), bytes(1));
        boxes.put_back(boxed(&boxes, [2usize; 1 + PLACES]));
        assert_eq!(kept(), bytes(1 + PLACES), "it has taken the place of the first");
        let (one, other) = (boxed(&boxes, [3usize; 2]), boxed(&boxes, [4usize; 2]));
        boxes.put_back(one);
        boxes.put_back(other);
        assert_eq!(kept(), bytes(1 + PLACES + 2), "one of two of a size is kept");
        drop(boxes);
        assert_eq!(kept(), 0);
    }
}
