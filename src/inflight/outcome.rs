//! Where an answer is decoded to: a small piece of storage in the slot whose type only the call knows.

use super::Accepted;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Bytes that an outcome may have to live in the slot; a larger one is boxed.
const INLINE: usize = 56;

/// Room for one value of a type that is known to whoever has the call's ticket, and to its [`Decoder`].
#[repr(C, align(8))]
#[derive(Debug)]
pub(super) struct Storage(MaybeUninit<[u8; INLINE]>);

impl Storage {
    pub(super) const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    fn pointer<T>(this: *mut Self) -> *mut T {
        this.cast()
    }
}

const fn fits<T>() -> bool {
    size_of::<T>() <= INLINE && align_of::<T>() <= align_of::<Storage>()
}

/// Has `make` write a value in its place.
///
/// # Safety
///
/// `this` may be written, and holds nothing. `make` writes a T there, and does not unwind.
#[inline(always)]
unsafe fn write<T, R>(this: *mut Storage, make: impl FnOnce(*mut T) -> R) -> R {
    if fits::<T>() {
        return make(Storage::pointer::<T>(this));
    }
    let place = Box::into_raw(Box::<T>::new_uninit());
    let made = make(place.cast());
    // SAFETY: a pointer fits, and the caller may write it.
    unsafe { Storage::pointer::<*mut T>(this).write(place.cast()) };
    made
}

/// # Safety
///
/// `this` holds a T that was written there, and is not read again.
#[inline]
pub(super) unsafe fn read<T>(this: *mut Storage) -> T {
    if fits::<T>() {
        // SAFETY: the caller's contract.
        unsafe { Storage::pointer::<T>(this).read() }
    } else {
        // SAFETY: the caller's contract; the pointer came from Box::into_raw.
        *unsafe { Box::from_raw(Storage::pointer::<*mut T>(this).read()) }
    }
}

/// An answer as it comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Raw<'a> {
    /// What the host passed.
    Host {
        /// Its status.
        ret: i32,
        /// Its bytes.
        payload: &'a [u8],
        /// How much memory the outcome may take.
        limit: usize,
    },
    /// The host passed bytes that cannot be read; this says why.
    Unreadable(&'a str),
}

/// Makes the outcome of an answer that won.
pub(crate) trait Decode {
    /// What the awaiting code gets.
    type Outcome: Send + 'static;

    /// Writes the outcome in its place, and says whether the payload could be read. Runs on the thread that answers. It must not
    /// unwind, whatever the author's own decoder does: the slot is claimed meanwhile, and nobody else can end its call.
    ///
    /// # Safety
    ///
    /// `place` may be written, and holds nothing.
    unsafe fn decode(answer: Raw<'_>, place: *mut Self::Outcome) -> Accepted;
}

/// The functions of a [`Decode`], for a slot that does not know its type.
#[derive(Debug)]
pub(crate) struct Decoder<T> {
    erased: Erased,
    outcome: PhantomData<fn() -> T>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Erased {
    /// For what the host passed: its status, its bytes, and the limit. In registers, as all of it is on every call's way.
    decode: unsafe fn(*mut Storage, i32, &[u8], usize) -> Accepted,
    /// For what the host passed and nobody can read, with the reason.
    refuse: unsafe fn(*mut Storage, &str) -> Accepted,
    drop: unsafe fn(*mut Storage),
}

/// Where the [`Decoder`] of a [`Decode`] lives.
pub(crate) struct DecoderOf<D>(PhantomData<D>);

impl<D: Decode> DecoderOf<D> {
    pub(crate) const DECODER: &'static Decoder<D::Outcome> = &Decoder {
        erased: Erased {
            decode: |storage, ret, payload, limit| {
                // SAFETY: `Erased::decode`'s contract.
                unsafe { write(storage, |place| D::decode(Raw::Host { ret, payload, limit }, place)) }
            },
            refuse: |storage, reason| {
                // SAFETY: `Erased::decode`'s contract.
                unsafe { write(storage, |place| D::decode(Raw::Unreadable(reason), place)) }
            },
            // SAFETY: `Unwanted` passes what this decoder wrote, once.
            drop: |storage| drop(unsafe { read::<D::Outcome>(storage) }),
        },
        outcome: PhantomData,
    };
}

impl<T> Decoder<T> {
    #[inline]
    pub(super) fn erased(&'static self) -> &'static Erased {
        &self.erased
    }
}

/// An outcome that nobody takes, moved out of its slot.
#[derive(Debug)]
pub(super) struct Unwanted {
    storage: Storage,
    decoder: &'static Erased,
}

impl Unwanted {
    /// # Safety
    ///
    /// `storage` holds what this decoder wrote, belongs to this thread, and is not read again.
    pub(super) unsafe fn new(storage: *const Storage, decoder: &'static Erased) -> Self {
        // SAFETY: the caller's contract. A value may be moved bytewise, whatever its type.
        Self { storage: unsafe { storage.read() }, decoder }
    }
}

impl Drop for Unwanted {
    fn drop(&mut self) {
        // SAFETY: the storage came with an outcome of this decoder, by the contract of `new`, and this is the only drop.
        unsafe { (self.decoder.drop)(&raw mut self.storage) }
    }
}

impl Erased {
    /// # Safety
    ///
    /// `storage` may be written by this thread alone, and holds nothing.
    #[inline]
    pub(super) unsafe fn decode(&self, storage: *mut Storage, answer: Raw<'_>) -> Accepted {
        // SAFETY: passed on.
        unsafe {
            match answer {
                Raw::Host { ret, payload, limit } => (self.decode)(storage, ret, payload, limit),
                Raw::Unreadable(reason) => (self.refuse)(storage, reason),
            }
        }
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    #[repr(align(16))]
    struct Aligned(#[expect(dead_code, reason = "it is room")] u8);

    #[test]
    fn what_lives_in_the_slot() {
        assert!(fits::<()>() && fits::<[u8; 56]>() && fits::<[u64; 7]>());
        assert!(!fits::<[u8; 57]>() && !fits::<Aligned>());
    }
}
