//! C structs: the types that they are made of, and reading and writing them.

use super::{Lift, Lower};
use crate::error::DecodeError;
use crate::panic::Contained;
use bumpalo::Bump;
use ffihost_cbor::MAX_DEPTH;
use std::alloc::Layout;
use std::cell::{Cell, OnceCell};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// `FFIString`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "a pointer and a length")]
pub struct Str {
    pub data: *const u8,
    pub len: usize,
}

/// A list; of bytes, `FFIBytes`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "a pointer and a length")]
pub struct List<C> {
    pub data: *const C,
    pub len: usize,
}

/// An optional value.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "whether there is one, and the value")]
pub struct Optional<C> {
    pub present: u8,
    pub value: C,
}

/// An entry of a map.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the key, and the value")]
pub struct Entry<C> {
    pub key: Str,
    pub value: C,
}

/// Memory for the arrays that lists are lowered to, and values that are lowered in the place of others. It takes none before it is
/// needed, and each thread keeps some for the next time.
#[derive(Debug)]
pub struct Scratch {
    memory: OnceCell<Memory>,
}

#[derive(Debug)]
struct Memory {
    bump: Bump,
    /// The value that was kept last.
    kept: Cell<Option<NonNull<Link<dyn Send>>>>,
}

/// A value that lives as long as the scratch memory, and the one that was kept before it.
#[derive(Debug)]
struct Link<T: ?Sized> {
    before: Option<NonNull<Link<dyn Send>>>,
    value: T,
}

// SAFETY: the values that are kept are `Send`, and nobody else has them.
unsafe impl Send for Memory {}

/// What a thread keeps at most.
const KEPT: usize = 64 << 10;

thread_local! {
    static SPARE: Cell<Option<Bump>> = const { Cell::new(None) };
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// Nothing yet.
    #[inline]
    pub const fn new() -> Self {
        Self { memory: OnceCell::new() }
    }

    fn memory(&self) -> &Memory {
        // A thread that is ending may have given its spare memory back.
        let bump = || SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
        self.memory.get_or_init(|| Memory { bump: bump(), kept: Cell::new(None) })
    }

    /// Room for an array, all zeros.
    pub fn array<C: Copy>(&self, len: usize) -> *mut C {
        // bumpalo 3.20 writes to a global that all empty arenas share when it is asked for nothing: a data race.
        if len == 0 {
            return std::ptr::dangling_mut();
        }
        let layout = Layout::array::<C>(len).expect("as many values are in memory already");
        let place = self.memory().bump.alloc_layout(layout).cast::<C>().as_ptr();
        // SAFETY: this many bytes were allocated just now.
        unsafe { place.write_bytes(0, len) };
        place
    }

    /// A copy of a text.
    pub(super) fn text(&self, text: &str) -> &str {
        let place = self.array::<u8>(text.len());
        // SAFETY: there is room for as many bytes, which are not handed out again while this is borrowed, and are UTF-8.
        unsafe {
            place.copy_from_nonoverlapping(text.as_ptr(), text.len());
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(place, text.len()))
        }
    }

    /// Keeps a value as long as the memory.
    pub fn keep<T: Send + 'static>(&self, value: T) -> &T {
        let memory = self.memory();
        // It is no `Box` from here on: moving one says that nothing else points into it.
        let link = NonNull::from(Box::leak(Box::new(Link { before: memory.kept.get(), value })));
        memory.kept.set(Some(link));
        // SAFETY: it is not dropped before the scratch memory, which is borrowed, and never changed.
        unsafe { &(*link.as_ptr()).value }
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            spare(memory);
        }
    }
}

#[cold]
fn spare(Memory { mut bump, kept }: Memory) {
    let mut last = kept.get();
    while let Some(link) = last {
        // SAFETY: `keep` has made it of a `Box`, and it is in the list once.
        let link = Contained::new(unsafe { Box::from_raw(link.as_ptr()) });
        last = link.before;
    }
    bump.reset();
    if bump.allocated_bytes() <= KEPT {
        // Dropped on a thread that is ending.
        let _ = SPARE.try_with(|spare| spare.set(Some(bump)));
    }
}

/// Watches over what is read: how much memory it takes, and how deep it is.
#[derive(Debug)]
pub struct Reader {
    budget: usize,
    depth: u32,
}

impl Reader {
    /// A reader for values that take `budget` bytes at most.
    #[inline]
    pub const fn new(budget: usize) -> Self {
        Self { budget, depth: 0 }
    }

    /// Takes note of memory that is going to be allocated.
    ///
    /// # Errors
    ///
    /// If that is too much.
    #[inline]
    pub fn charge(&mut self, count: usize, size: usize) -> Result<(), DecodeError> {
        match count.checked_mul(size).and_then(|bytes| self.budget.checked_sub(bytes)) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(DecodeError::too_large(count, size)),
        }
    }

    /// Reads what is one level deeper.
    ///
    /// # Errors
    ///
    /// If that is too deep, or those of `read`.
    #[inline]
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        if self.depth == MAX_DEPTH {
            return Err(DecodeError::new(format_args!("deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// The bytes that a pointer and a length say.
    ///
    /// # Errors
    ///
    /// If the pointer is NULL and the length is not 0, or if they are too many.
    ///
    /// # Safety
    ///
    /// A pointer that is not NULL points to this many bytes, which live for `'a`.
    #[inline]
    pub unsafe fn bytes<'a>(&mut self, data: *const u8, len: usize) -> Result<&'a [u8], DecodeError> {
        if len == 0 {
            return Ok(&[]);
        }
        if data.is_null() {
            return Err(DecodeError::new(format_args!("NULL with a length of {len}")));
        }
        self.charge(len, 1)?;
        // SAFETY: not null, by the caller's contract as long as it says, and the budget is below isize::MAX.
        Ok(unsafe { std::slice::from_raw_parts(data, len) })
    }

    /// The text that a pointer and a length say.
    ///
    /// # Errors
    ///
    /// As for [`bytes`](Self::bytes), and if it is not UTF-8.
    ///
    /// # Safety
    ///
    /// As for [`bytes`](Self::bytes).
    #[inline]
    pub unsafe fn text<'a>(&mut self, text: Str) -> Result<&'a str, DecodeError> {
        // SAFETY: the caller's contract.
        let bytes = unsafe { self.bytes(text.data, text.len)? };
        std::str::from_utf8(bytes).map_err(DecodeError::not_utf8)
    }
}

/// Passes the C type of a value, from a place of ours.
#[inline]
pub(super) fn payload<T: Lower + ?Sized>(value: &T, mut take: impl FnMut(&[u8])) {
    let scratch = Scratch::new();
    let mut place = MaybeUninit::<T::C>::zeroed();
    // SAFETY: it is a place of ours, all zeros.
    unsafe { value.lower(place.as_mut_ptr(), &scratch) };
    // SAFETY: all its bytes are initialized: zeros, and what was written over them field by field.
    take(unsafe { std::slice::from_raw_parts(place.as_ptr().cast(), size_of::<T::C>()) });
}

/// Writes the C type of a value without pointers to a place of the host's, which need not be aligned. If that panics, nothing is
/// written.
///
/// # Safety
///
/// `place` may be written.
#[inline]
pub(crate) unsafe fn write_to<T: Lower + ?Sized>(value: &T, place: *mut c_void) {
    // SAFETY: the caller's contract; the bytes are those of its C type.
    payload(value, |bytes| unsafe { place.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) });
}

/// Lowers each value of a list into an array.
///
/// # Safety
///
/// `place` may be written, and is aligned.
pub(super) unsafe fn lower_list<T: Lower>(list: &[T], place: *mut List<T::C>, scratch: &Scratch) {
    let array = scratch.array::<T::C>(list.len());
    for (index, value) in list.iter().enumerate() {
        // SAFETY: the array is as long as the list, and all zeros.
        unsafe { value.lower(array.add(index), scratch) };
    }
    // SAFETY: the caller's contract.
    unsafe { place.write(List { data: array, len: list.len() }) };
}

/// Passes a list as it lies in memory: each value is its own C type.
///
/// # Safety
///
/// `place` may be written, and is aligned.
pub(super) unsafe fn lower_plain_list<T: Copy>(list: &[T], place: *mut List<T>) {
    // SAFETY: the caller's contract.
    unsafe { place.write(List { data: list.as_ptr(), len: list.len() }) };
}

/// Checks that a list may be read, and takes note of its memory: `len` values of that type.
pub(super) fn check_list<T>(null: bool, len: usize, reader: &mut Reader) -> Result<(), DecodeError> {
    if len != 0 && null {
        return Err(DecodeError::new(format_args!("NULL with a length of {len}")));
    }
    reader.charge(len, size_of::<T>().max(1))
}

/// Reads each value of a list.
///
/// # Safety
///
/// A pointer that is not NULL points to as many values as the length says.
pub(super) unsafe fn lift_list<T: Lift>(list: List<T::C>, reader: &mut Reader) -> Result<Vec<T>, DecodeError> {
    check_list::<T>(list.data.is_null(), list.len, reader)?;
    reader.deeper(|reader| {
        let mut values = Vec::with_capacity(list.len);
        for index in 0..list.len {
            // SAFETY: the caller's contract.
            let value = unsafe { T::lift(list.data.add(index), reader) };
            values.push(value.map_err(|error| error.at_index(index))?);
        }
        Ok(values)
    })
}

/// Reads a list of values that are their own C type, and take every bit pattern.
///
/// # Safety
///
/// A pointer that is not NULL points to as many values as the length says; every bit pattern is a `T`.
pub(super) unsafe fn lift_plain_list<T: Copy>(list: List<T>, reader: &mut Reader) -> Result<Vec<T>, DecodeError> {
    let len = list.len;
    check_list::<T>(list.data.is_null(), len, reader)?;
    if len == 0 {
        return Ok(Vec::new());
    }
    let mut values = Vec::<T>::with_capacity(len);
    // SAFETY: as bytes, because it need not be aligned; the caller's contract says that they are there, and there is room for them here.
    unsafe {
        values.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(list.data.cast(), len * size_of::<T>());
        values.set_len(len);
    }
    Ok(values)
}

/// Reads a payload that is a C type, in its place.
///
/// # Safety
///
/// What it points to may be read.
pub(super) unsafe fn lift_payload<T: Lift>(bytes: &[u8], reader: &mut Reader) -> Result<T, DecodeError> {
    if bytes.len() != size_of::<T::C>() {
        let (expected, found) = (size_of::<T::C>(), bytes.len());
        return Err(DecodeError::new(format_args!("expected {expected} bytes, there are {found}")));
    }
    // SAFETY: as many bytes are there, and they need not be aligned.
    unsafe { T::lift(bytes.as_ptr().cast(), reader) }
}

/// Reads a parameter that is a pointer to a C type.
///
/// # Errors
///
/// If it is NULL, or what it points to is not such a value.
///
/// # Safety
///
/// A pointer that is not NULL points to such a C type, and what that points to may be read.
#[inline]
pub unsafe fn lift_pointer<T: Lift>(place: *const T::C, reader: &mut Reader) -> Result<T, DecodeError> {
    if place.is_null() {
        return Err(DecodeError::null());
    }
    // SAFETY: not null; the caller's contract.
    unsafe { T::lift(place, reader) }
}
