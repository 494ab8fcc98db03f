//! The gate in front of a context: one word that tells a live handle from a stale one and keeps the context alive while
//! somebody is inside.
//!
//! # The word
//!
//! ```text
//!   63           20 19 18 17          0
//!   [ generation  ] [phase] [  pins   ]
//! ```
//!
//! The generation changes with every context that uses the record, so a handle of an earlier one never fits again. Pins
//! count the threads that are inside: submitting, registering, in a synchronous request.
//!
//! # Protocol
//!
//! - enter: raise the pins (Acquire), then look at what was found there. If the generation or phase does not allow it,
//!   lower them again. Raise first, look second: after the phase was moved on by a read-modify-write, every later enter sees
//!   it, and every earlier one is counted.
//! - leave: lower the pins (Release).
//! - moving the phase or the generation keeps the pins (they may be those of late callers with stale handles, who are about
//!   to lower them again).
//! - the last step of a close waits until no pins are left and reads that with Acquire: whatever was done inside happened
//!   before it.
//!
//! Answers to host calls do not enter: they check the word with one load, and touch nothing but what is never freed.

use crate::sync::{AtomicU64, Ordering, planted};

const PIN_BITS: u32 = 18;
const PHASE_BITS: u32 = 2;
const PINS: u64 = (1 << PIN_BITS) - 1;
/// Generations fit in this many bits, and in a handle.
pub(crate) const GENERATION_BITS: u32 = 64 - PIN_BITS - PHASE_BITS;
const GENERATION_SHIFT: u32 = PIN_BITS + PHASE_BITS;

/// How far a context's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything is taken.
    Running = 0,
    /// New requests are refused.
    Closing = 1,
    /// Everything is refused.
    Finishing = 2,
    /// There is no context.
    Vacant = 3,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The handle is not this context's.
    Stale,
    /// The context has gone too far towards its end.
    Closing,
}

#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    fn new(generation: u64, phase: Phase) -> Self {
        Self(generation << GENERATION_SHIFT | (phase as u64) << PIN_BITS)
    }

    fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }

    fn phase(self) -> Phase {
        match (self.0 >> PIN_BITS) & ((1 << PHASE_BITS) - 1) {
            0 => Phase::Running,
            1 => Phase::Closing,
            2 => Phase::Finishing,
            _ => Phase::Vacant,
        }
    }

    fn pins(self) -> u64 {
        self.0 & PINS
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
    pub(crate) fn enter(&self, generation: u64, until: Phase) -> Result<(), Refused> {
        if planted("check_before_pin") {
            check(Word(self.0.load(Ordering::Acquire)), generation, until)?;
            self.0.fetch_add(1, Ordering::Acquire);
            return Ok(());
        }
        let found = Word(self.0.fetch_add(1, Ordering::Acquire));
        check(found, generation, until).inspect_err(|_| self.leave())
    }

    /// Goes out.
    #[inline]
    pub(crate) fn leave(&self) {
        let order = if planted("leave_relaxed") { Ordering::Relaxed } else { Ordering::Release };
        self.0.fetch_sub(1, order);
    }

    /// Whether the handle's generation is the present one and there is a context, without going in.
    #[inline]
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        check(Word(self.0.load(Ordering::Acquire)), generation, Phase::Finishing).is_ok()
    }

    /// Moves the phase on, from exactly `from`. AcqRel: what was done before is seen by whoever is refused after it.
    pub(crate) fn advance(&self, from: Phase, to: Phase) -> bool {
        let move_on = |word| {
            let word = Word(word);
            (word.phase() == from).then(|| Word::new(word.generation(), to).0 | word.pins())
        };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, move_on).is_ok()
    }

    /// The generation that comes next, or None if generations have run out. For the one who has the vacant record.
    pub(crate) fn next_generation(&self, limit: u64) -> Option<u64> {
        let next = Word(self.0.load(Ordering::Acquire)).generation() + 1;
        (next < limit).then_some(next)
    }

    /// Opens the gate for a new context. Release: whoever goes in sees what was prepared. For the one who has the vacant
    /// record.
    pub(crate) fn open(&self, generation: u64) {
        let open = |word| Some(Word::new(generation, Phase::Running).0 | Word(word).pins());
        let opened = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, open);
        debug_assert!(opened.is_ok());
    }

    /// Whether somebody is inside.
    pub(crate) fn is_occupied(&self) -> bool {
        Word(self.0.load(Ordering::Acquire)).pins() != 0
    }
}

fn check(word: Word, generation: u64, until: Phase) -> Result<(), Refused> {
    if word.generation() != generation || word.phase() == Phase::Vacant {
        Err(Refused::Stale)
    } else if word.phase() > until {
        Err(Refused::Closing)
    } else {
        Ok(())
    }
}
