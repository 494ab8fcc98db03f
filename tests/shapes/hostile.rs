//! CBOR that somebody has tampered with: an error or a value, never a panic, never more memory than was allowed.

use super::c_rules::C;
use super::loose::Loose;
use super::{Rng, Sample};
use ffihost::wire::{Lift, from_payload};
use ffihost::{DecodeError, Format};
use ffihost_schema::{Library, Type};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts what this thread allocates.
pub struct Counting;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator; what is counted is a thread local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.set(LIVE.get().wrapping_add(layout.size()));
        // What was allocated by another thread and freed here makes it less than nothing.
        if LIVE.get() < usize::MAX / 2 {
            PEAK.set(PEAK.get().max(LIVE.get()));
        }
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get().wrapping_sub(layout.size()));
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(place, layout) };
    }
}

/// What `f` returns, and how much memory it had at most.
pub fn peak<T>(f: impl FnOnce() -> T) -> (T, usize) {
    LIVE.set(0);
    PEAK.set(0);
    let value = f();
    (value, PEAK.get())
}

/// What a decoder may take for a budget: a list grows by doubling and is copied then, and a map is made of nodes for eleven.
pub fn most(budget: usize) -> usize {
    16 * budget + 4096
}

fn tampered(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..=rng.below(2) {
        let at = if bytes.is_empty() { 0 } else { rng.below(bytes.len()) };
        match rng.below(7) {
            _ if bytes.is_empty() => bytes.push(rng.bits().to_le_bytes()[0]),
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes.truncate(at),
            2 => bytes[at] = rng.bits().to_le_bytes()[0],
            3 => bytes.insert(at, rng.bits().to_le_bytes()[0]),
            4 => drop(bytes.remove(at)),
            5 => {
                let head = [
                    rng.pick(&[0x1b, 0x3b, 0x5b, 0x7b, 0x9b, 0xbb, 0xdb]),
                    0xff,
                    0xff,
                    0xff,
                    0xff,
                    0xff,
                    0xff,
                    0xff,
                    0xff,
                ];
                drop(bytes.splice(at..at, head));
            }
            _ => bytes.extend_from_within(at..),
        }
    }
}

/// Tampers with values of a type. Returns how many are values all the same.
pub fn tamper_with<T: Lift + Sample>(library: &Library, name: &str, times: u64) -> usize {
    let (c, ty) = (C(library), Type::Named(name.to_owned()));
    let survives = |seed| {
        let mut loose = Loose { c, rng: Rng::new(seed), out: Vec::new() };
        loose.write(&ty, &T::random(&mut Rng::new(seed)).value());
        let (mut bytes, mut rng) = (loose.out, loose.rng);
        if rng.one_in(8) {
            bytes = super::bytes(&mut rng);
        }
        tampered(&mut rng, &mut bytes);
        let budget = rng.pick(&[0, 500, 5_000, 1 << 20, 1 << 20, 1 << 20]);
        // SAFETY: CBOR points to nothing.
        let decode = || -> Result<T, DecodeError> { unsafe { from_payload(Format::Cbor, &bytes, budget) } };
        let (decoded, peak) = peak(decode);
        // No byte of the input stands for more than one value of a list.
        let justified = budget.min(bytes.len() * size_of::<T>().max(1024));
        assert!(peak <= most(justified), "{name} takes {peak} bytes where {justified} are justified, seed {seed}");
        decoded.is_ok()
    };
    (0..times).filter(|seed| survives(*seed)).count()
}
