//! The same types as uniffi encodes them: into a `RustBuffer`, which is what a foreign side would read and write.
//!
//! What a foreign side does with the buffer is left out, as it is of ours. uniffi has no `BTreeMap`, so the map is hashed.

use crate::UniFfiTag;
use ffihost_benches_typed::formats;
use std::collections::HashMap;
use std::fmt::Debug;
use std::hint::black_box;
use std::time::{Duration, Instant};
use uniffi::{Lift, Lower};

/// As [`formats::Reading`].
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub(crate) struct Reading {
    id: u64,
    sensor: u32,
    celsius: f64,
    trend: i16,
    valid: bool,
    place: String,
}

impl From<formats::Reading> for Reading {
    fn from(formats::Reading { id, sensor, celsius, trend, valid, place }: formats::Reading) -> Self {
        Self { id, sensor, celsius, trend, valid, place }
    }
}

/// As [`formats::Report`].
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub(crate) struct Report {
    title: String,
    readings: Vec<Reading>,
    note: Option<String>,
    highest: Option<Reading>,
    limit: Option<f64>,
    totals: HashMap<String, u64>,
}

impl From<formats::Report> for Report {
    fn from(formats::Report { title, readings, note, highest, limit, totals }: formats::Report) -> Self {
        let readings = readings.into_iter().map(Reading::from).collect();
        Self { title, readings, note, highest: highest.map(Reading::from), limit, totals: totals.into_iter().collect() }
    }
}

/// As [`formats::Numbers`].
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub(crate) struct Numbers {
    numbers: Vec<u32>,
}

impl From<formats::Numbers> for Numbers {
    fn from(formats::Numbers { numbers }: formats::Numbers) -> Self {
        Self { numbers }
    }
}

/// As [`formats::Readings`].
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub(crate) struct Readings {
    readings: Vec<Reading>,
}

impl From<formats::Readings> for Readings {
    fn from(formats::Readings { readings }: formats::Readings) -> Self {
        Self { readings: readings.into_iter().map(Reading::from).collect() }
    }
}

/// As [`formats::Blob`].
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub(crate) struct Blob {
    bytes: Vec<u8>,
}

impl From<formats::Blob> for Blob {
    fn from(formats::Blob { bytes }: formats::Blob) -> Self {
        Self { bytes }
    }
}

/// As [`formats::Text`].
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub(crate) struct Text {
    text: String,
}

impl From<formats::Text> for Text {
    fn from(formats::Text { text }: formats::Text) -> Self {
        Self { text }
    }
}

/// Each time what was decoded before is encoded, as ours is.
pub(crate) fn round_trip<T>(value: T, times: u64) -> Duration
where
    T: Lower<UniFfiTag> + Lift<UniFfiTag, FfiType = <T as Lower<UniFfiTag>>::FfiType> + Clone + Debug + PartialEq,
{
    let (expected, mut value) = (value.clone(), value);
    let start = Instant::now();
    for _ in 0..times {
        value = T::try_lift(black_box(T::lower(black_box(value)))).expect("it is what was encoded");
    }
    let took = start.elapsed();
    assert_eq!(value, expected, "nothing is lost on the way");
    took
}
