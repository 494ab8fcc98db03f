//! The gate in front of a context: one word that tells a live handle from a stale one, counts who is inside, and says who
//! comes out last.
//!
//! # The word
//!
//! ```text
//!   63        32 31  29 28       16 15         0
//!   [generation] [phase] [visitors] [ admitted ]
//! ```
//!
//! The generation changes with every context that uses the record, so a handle of an earlier one never fits again. Two
//! counts are kept of the threads that are inside:
//!
//! - *admitted*: synchronous requests, and requests that are being submitted. They are admitted work: a close lets them go
//!   on for a grace period, and neither destructor nor end begins while there is any, unless it refuses to stop.
//! - *visitors*: whoever registers, asks or removes something. No close waits for them.
//!
//! # Protocol
//!
//! - enter: one compare-and-swap that raises a count of the word that was checked, Acquire. Whoever is refused has changed
//!   nothing, so callers with stale handles are in nobody's way, however many they are.
//! - leave: lower the count, AcqRel, and look at what was there before. The last admitted one of a closing context has to
//!   wake its close. The last one out of a vacant context has to let go of what the gate protected.
//! - the phase is moved on by compare-and-swap, AcqRel. Whoever makes the context vacant while nobody is inside has to let
//!   go in place of the last one out: both are read-modify-writes of one word, so exactly one of them finds that it is the
//!   last.
//!
//! Orderings: what was done inside happened before the count was lowered (Release), and so before whoever lets go sees that
//! nobody is left (Acquire). What was prepared before the gate was opened (Release) is seen by whoever enters (Acquire).
//!
//! Answers to host calls do not enter: they check the word with one load, and touch nothing but what is never freed.

use crate::sync::{AtomicU64, Ordering, planted};

const ADMITTED_BITS: u32 = 16;
const VISITOR_BITS: u32 = 13;
const PHASE_BITS: u32 = 3;
/// Generations fit in this many bits, and in a handle.
pub(crate) const GENERATION_BITS: u32 = 64 - ADMITTED_BITS - VISITOR_BITS - PHASE_BITS;

const PHASE_SHIFT: u32 = ADMITTED_BITS + VISITOR_BITS;
const GENERATION_SHIFT: u32 = PHASE_SHIFT + PHASE_BITS;
const INSIDE: u64 = (1 << PHASE_SHIFT) - 1;

/// How far a context's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything is taken.
    Running = 0,
    /// New requests are refused.
    Closing = 1,
    /// Everything is refused but questions, and the removal of listeners.
    Finishing = 2,
    /// The close is over, and something of the context still runs. Listeners can be removed; to everything else the handle
    /// is stale.
    Abandoned = 3,
    /// There is no context, and nothing of one runs.
    Vacant = 4,
}

/// What somebody is inside as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    Admitted,
    Visitor,
}

impl Pin {
    const fn one(self) -> u64 {
        match self {
            Self::Admitted => 1,
            Self::Visitor => 1 << ADMITTED_BITS,
        }
    }

    /// The bits of its count.
    const fn mask(self) -> u64 {
        match self {
            Self::Admitted => (1 << ADMITTED_BITS) - 1,
            Self::Visitor => ((1 << VISITOR_BITS) - 1) << ADMITTED_BITS,
        }
    }
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The handle is not this context's.
    Stale,
    /// The context has gone too far towards its end.
    Closing,
    /// As many are inside as can be counted.
    Crowded,
}

/// What whoever leaves has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "nobody else wakes the close, or lets go"]
pub(crate) enum Left {
    /// Nothing.
    Free,
    /// Wake the close: it was the last admitted one.
    WakeClose,
    /// Let go of what the gate protected: it was the last one inside of a vacant context.
    LetGo,
}

#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    fn new(generation: u64, phase: Phase) -> Self {
        Self(generation << GENERATION_SHIFT | (phase as u64) << PHASE_SHIFT)
    }

    fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }

    fn phase(self) -> Phase {
        match (self.0 >> PHASE_SHIFT) & ((1 << PHASE_BITS) - 1) {
            0 => Phase::Running,
            1 => Phase::Closing,
            2 => Phase::Finishing,
            3 => Phase::Abandoned,
            _ => Phase::Vacant,
        }
    }

    /// Those who are inside, of both kinds.
    fn inside(self) -> u64 {
        self.0 & INSIDE
    }

    fn with_phase(self, phase: Phase) -> Self {
        Self(Self::new(self.generation(), phase).0 | self.inside())
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Gate(AtomicU64);

impl Gate {
    /// A gate to nothing, whose next generation is the one after this.
    pub(crate) fn new(generation: u64) -> Self {
        Self(AtomicU64::new(Word::new(generation, Phase::Vacant).0))
    }

    /// Goes in, if the handle's generation is the present one and the phase is not after `until`.
    #[inline]
    pub(crate) fn enter(&self, generation: u64, until: Phase, pin: Pin) -> Result<(), Refused> {
        let mut found = self.0.load(Ordering::Relaxed);
        loop {
            if planted("pin_before_check") {
                self.0.fetch_add(pin.one(), Ordering::Acquire);
                if age(found, generation) <= until as u64 {
                    return Ok(());
                }
                let _ = self.leave(pin);
                return Err(refusal(Word(found), generation));
            }
            if age(found, generation) > until as u64 {
                return Err(refusal(Word(found), generation));
            }
            if found & pin.mask() == pin.mask() {
                return Err(Refused::Crowded);
            }
            if planted("check_before_pin") {
                self.0.fetch_add(pin.one(), Ordering::Acquire);
                return Ok(());
            }
            match self.0.compare_exchange_weak(found, found + pin.one(), Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => found = now,
            }
        }
    }

    /// Goes out.
    #[inline]
    pub(crate) fn leave(&self, pin: Pin) -> Left {
        let order = if planted("leave_relaxed") { Ordering::Relaxed } else { Ordering::AcqRel };
        let before = Word(self.0.fetch_sub(pin.one(), order));
        if before.phase() == Phase::Running { Left::Free } else { left(before, pin) }
    }

    /// Whether the handle's generation is the present one and there is a context, without going in.
    #[inline]
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        age(self.0.load(Ordering::Acquire), generation) <= Phase::Finishing as u64
    }

    /// Moves the phase on, from exactly `from`. AcqRel: what was done before is seen by whoever is refused after it.
    pub(crate) fn advance(&self, from: Phase, to: Phase) -> bool {
        let move_on = |word| (Word(word).phase() == from).then(|| Word(word).with_phase(to).0);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, move_on).is_ok()
    }

    /// Makes the context vacant. True if nobody is inside: then the caller lets go of what the gate protects; otherwise the
    /// last one out does.
    #[must_use = "if nobody is inside, nobody else lets go"]
    pub(crate) fn vacate(&self) -> bool {
        let vacate = |word| Some(Word(word).with_phase(Phase::Vacant).0);
        let before = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, vacate).unwrap_or_default();
        Word(before).inside() == 0 || planted("vacate_without_look")
    }

    /// The generation that comes next, or None if generations have run out. For the one who has the vacant record.
    pub(crate) fn next_generation(&self, limit: u64) -> Option<u64> {
        let next = Word(self.0.load(Ordering::Acquire)).generation() + 1;
        (next < limit).then_some(next)
    }

    /// Opens the gate for a new context. Release: whoever goes in sees what was prepared. For the one who has the vacant
    /// record, where nobody is inside.
    pub(crate) fn open(&self, generation: u64) {
        self.0.store(Word::new(generation, Phase::Running).0, Ordering::Release);
    }

    /// How many are inside as admitted work. Acquire: what they did before they left is seen.
    pub(crate) fn admitted(&self) -> u64 {
        self.0.load(Ordering::Acquire) & Pin::Admitted.mask()
    }
}

#[cold]
fn left(before: Word, pin: Pin) -> Left {
    let last_admitted = pin == Pin::Admitted && before.0 & Pin::Admitted.mask() == 1;
    match before.phase() {
        Phase::Vacant if before.inside() == pin.one() => Left::LetGo,
        Phase::Closing | Phase::Finishing | Phase::Abandoned if last_admitted => Left::WakeClose,
        _ => Left::Free,
    }
}

/// The phase, if the generation is the word's; otherwise a number that is larger than any phase. One comparison of it tells
/// both: a word of a later generation is at least the phases of one ahead, and one of an earlier generation wraps around.
#[inline]
fn age(word: u64, generation: u64) -> u64 {
    (word >> PHASE_SHIFT).wrapping_sub(generation << PHASE_BITS)
}

/// Why a word lets nobody in with that generation.
#[cold]
fn refusal(word: Word, generation: u64) -> Refused {
    match word.phase() {
        _ if word.generation() != generation => Refused::Stale,
        Phase::Abandoned | Phase::Vacant => Refused::Stale,
        _ => Refused::Closing,
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_apart_and_bounded() {
        let gate = Gate::new(6);
        gate.open(7);
        for _ in 0..(1 << VISITOR_BITS) - 1 {
            assert_eq!(gate.enter(7, Phase::Running, Pin::Visitor), Ok(()));
        }
        assert_eq!(gate.enter(7, Phase::Running, Pin::Visitor), Err(Refused::Crowded));
        assert_eq!((gate.admitted(), gate.enter(7, Phase::Running, Pin::Admitted)), (0, Ok(())));
        assert_eq!(gate.admitted(), 1);
        assert!(gate.advance(Phase::Running, Phase::Closing) && gate.is_current(7));
        assert_eq!((gate.leave(Pin::Visitor), gate.leave(Pin::Admitted)), (Left::Free, Left::WakeClose));
        assert!(!gate.vacate(), "visitors are inside");
        for _ in 0..(1 << VISITOR_BITS) - 3 {
            assert_eq!(gate.leave(Pin::Visitor), Left::Free);
        }
        assert_eq!(gate.leave(Pin::Visitor), Left::LetGo);
    }

    #[test]
    fn the_highest_generation_fits_in_a_word() {
        assert_eq!(GENERATION_SHIFT + GENERATION_BITS, u64::BITS);
        let highest = u64::MAX >> GENERATION_SHIFT;
        let word = Word::new(highest, Phase::Vacant);
        assert_eq!((word.generation(), word.phase(), word.inside()), (highest, Phase::Vacant, 0));
    }

    #[test]
    fn each_phase_lets_in_whom_it_should() {
        let gate = Gate::new(1);
        assert_eq!(gate.enter(1, Phase::Abandoned, Pin::Visitor), Err(Refused::Stale), "vacant");
        gate.open(2);
        let phases = [Phase::Running, Phase::Closing, Phase::Finishing, Phase::Abandoned];
        for (index, phase) in phases.into_iter().enumerate() {
            for until in phases {
                let expected = match phase {
                    _ if phase <= until => Ok(()),
                    Phase::Abandoned => Err(Refused::Stale),
                    _ => Err(Refused::Closing),
                };
                assert_eq!(gate.enter(2, until, Pin::Visitor), expected, "{phase:?}, until {until:?}");
                assert_eq!(gate.enter(1, until, Pin::Visitor), Err(Refused::Stale));
                if expected.is_ok() {
                    assert_eq!(gate.leave(Pin::Visitor), Left::Free);
                }
            }
            assert_eq!(gate.is_current(2), phase < Phase::Abandoned);
            if let Some(next) = phases.get(index + 1) {
                assert!(gate.advance(phase, *next) && !gate.advance(phase, *next));
            }
        }
        assert!(gate.vacate());
        assert_eq!((gate.next_generation(3), gate.next_generation(4)), (None, Some(3)));
    }
}
