//! Values of several shapes and sizes, and each of the ways that they cross.

use crate::{BenchError, BenchTyped, nanoseconds};
use ffihost::wire::Lift;
use ffihost::{HostError, ffi, ffi_event, ffi_host};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hint::black_box;
use std::time::Instant;

/// A flat struct: five numbers and a short text.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Which one it is.
    pub id: u64,
    /// Who measured.
    pub sensor: u32,
    /// What was measured.
    pub celsius: f64,
    /// Less or more than before.
    pub trend: i16,
    /// Whether it counts.
    pub valid: bool,
    /// Where it was.
    pub place: String,
}

impl Reading {
    /// One of many.
    pub fn number(id: u64) -> Self {
        let place = format!("shelf {:02}, row {:02}", id % 100, id % 7);
        Self { id: id + 1_000_000, sensor: 70_000, celsius: 21.37, trend: -3, valid: true, place }
    }
}

/// A nested struct: a list of ten structs, options and a map.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What it is about.
    pub title: String,
    /// What was measured.
    pub readings: Vec<Reading>,
    /// A remark.
    pub note: Option<String>,
    /// The highest of them.
    pub highest: Option<Reading>,
    /// A limit, if there is one.
    pub limit: Option<f64>,
    /// By name.
    pub totals: BTreeMap<String, u64>,
}

impl Report {
    /// With ten readings and four totals.
    pub fn sample() -> Self {
        Self {
            title: "the cellar in November".to_owned(),
            readings: (0..10).map(Reading::number).collect(),
            note: Some("door was open".to_owned()),
            highest: Some(Reading::number(3)),
            limit: None,
            totals: ["apples", "beets", "carrots", "dust"].map(|name| (name.to_owned(), 70_000)).into(),
        }
    }
}

/// A list of numbers.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The numbers.
    pub numbers: Vec<u32>,
}

/// A list of structs.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Readings {
    /// The structs.
    pub readings: Vec<Reading>,
}

/// Bytes.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A text.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// A type whose values are measured.
pub trait Subject: Lift + Clone + Debug + PartialEq {
    /// The part of the symbols' names that stands for it.
    const NAME: &'static str;
}

macro_rules! crosses {
    ($type:ident = $name:literal: $echo:ident, $send:ident, $ask:ident, $ask_often:ident, $reported:ident, $report_often:ident) => {
        impl Subject for $type {
            const NAME: &'static str = $name;
        }

        /// Returns what it was given, synchronously.
        #[ffi]
        pub fn $echo(_bench: &BenchTyped, value: $type) -> $type {
            value
        }

        /// Returns what it was given, asynchronously.
        #[ffi]
        pub async fn $send(_bench: &BenchTyped, value: $type) -> $type {
            value
        }

        /// The host returns another of the kind.
        #[ffi_host]
        async fn $ask(value: &$type) -> Result<$type, HostError>;

        /// Asks the host so often; returns the nanoseconds that took.
        #[ffi]
        pub async fn $ask_often(_bench: &BenchTyped, value: $type, times: u64) -> Result<u64, BenchError> {
            let start = Instant::now();
            for _ in 0..times {
                black_box($ask(black_box(&value)).await?);
            }
            Ok(nanoseconds(start))
        }

        /// There is one more.
        #[ffi_event]
        fn $reported(value: $type);

        /// Emits so many events; returns the nanoseconds that took.
        #[ffi]
        pub async fn $report_often(_bench: &BenchTyped, value: $type, times: u64) -> u64 {
            let start = Instant::now();
            for _ in 0..times {
                $reported(value.clone());
            }
            nanoseconds(start)
        }
    };
}

crosses!(Reading = "reading": echo_reading, send_reading, ask_reading, ask_reading_often, reading_reported, report_reading_often);
crosses!(Report = "report": echo_report, send_report, ask_report, ask_report_often, report_reported, report_report_often);
crosses!(Numbers = "numbers": echo_numbers, send_numbers, ask_numbers, ask_numbers_often, numbers_reported, report_numbers_often);
crosses!(Readings = "readings": echo_readings, send_readings, ask_readings, ask_readings_often, readings_reported, report_readings_often);
crosses!(Blob = "blob": echo_blob, send_blob, ask_blob, ask_blob_often, blob_reported, report_blob_often);
crosses!(Text = "text": echo_text, send_text, ask_text, ask_text_often, text_reported, report_text_often);
