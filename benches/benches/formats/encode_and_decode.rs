//! A value is encoded and decoded, again and again, without anything around it.

use crate::cases::{Kind, Typed, Way};
use crate::uniffi_peer;
use ffihost::Format;
use ffihost::wire::{from_payload, to_payload};
use ffihost_benches_typed::formats::{Blob, Numbers, Reading, Readings, Report, Subject, Text};
use std::hint::black_box;
use std::time::{Duration, Instant};

pub(crate) struct EncodeAndDecode;

impl Way for EncodeAndDecode {
    fn name(&self) -> &'static str {
        "encode and decode"
    }

    fn kind(&self) -> Kind {
        Kind::EncodeAndDecode
    }
}

/// What a value may take: as much as the library's limit for a payload.
const BUDGET: usize = 64 << 20;

/// Each time what was decoded before is encoded, so that nothing is cloned, and one value is dropped.
pub(crate) fn run<T: Subject>(case: &Typed<T>, format: Format, times: u64) -> Duration {
    let mut value = case.value.clone();
    let start = Instant::now();
    for _ in 0..times {
        let mut decoded = None;
        to_payload(black_box(&value), format, &mut |bytes| {
            // SAFETY: the bytes are those of the value, which lives.
            decoded = Some(unsafe { from_payload(format, black_box(bytes), BUDGET) });
        });
        value = decoded.expect("there is a payload").expect("it is what was encoded");
    }
    let took = start.elapsed();
    assert_eq!(value, case.value, "nothing is lost on the way");
    took
}

/// A type that uniffi has the same of.
pub(crate) trait Beside: Subject {
    /// Encodes and decodes it so often by uniffi.
    fn round_trip(value: &Self, times: u64) -> Duration;
}

macro_rules! beside {
    ($($type:ident)*) => {$(
        impl Beside for $type {
            fn round_trip(value: &Self, times: u64) -> Duration {
                uniffi_peer::round_trip(uniffi_peer::$type::from(value.clone()), times)
            }
        }
    )*};
}

beside!(Reading Report Numbers Readings Blob Text);
