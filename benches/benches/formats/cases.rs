//! What crosses, and how: each case is a value of one of the library's types, with the functions of that type.

use crate::table::Row;
use crate::{answer_host_calls, emit_events, encode_and_decode, request_asynchronously, request_synchronously};
use ffihost::Format;
use ffihost::abi::types::FFICallBack;
use ffihost::wire::{Lower, to_payload};
use ffihost_benches::host::{Context, Request, Standard};
use ffihost_benches::{__symbol, typed_host};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use ffihost_benches_typed::formats::{Blob, Numbers, Reading, Readings, Report, Subject, Text};
use std::ffi::{CString, c_int, c_void};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A way to cross.
pub(crate) trait Way {
    fn name(&self) -> &'static str;

    /// How many allocations a crossing needs besides those of the value that is made, which has so many bytes itself.
    fn allocations(&self, _size: usize) -> u32 {
        0
    }

    /// How often less it is done than encoding and decoding, which is short.
    fn divisor(&self) -> u64 {
        1
    }

    /// Which of the ways it is.
    fn kind(&self) -> Kind;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EncodeAndDecode,
    RequestSynchronously,
    RequestAsynchronously,
    AnswerHostCalls,
    EmitEvents,
}

/// A request with a value, natively.
pub(crate) type Native<T> =
    unsafe extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const <T as Lower>::C) -> c_int;

/// A synchronous request with a value that is returned, natively. All of these values have pointers in them, so it is to a
/// callback, which comes last.
pub(crate) type Echo<T> =
    unsafe extern "C" fn(*mut c_void, *const <T as Lower>::C, Option<FFICallBack>, *mut c_void) -> c_int;

/// A request with a value and a number, natively.
pub(crate) type Often<T> =
    unsafe extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const <T as Lower>::C, u64) -> c_int;

/// The library's functions for one type.
pub(crate) struct Functions<T: Subject> {
    pub(crate) echo: Echo<T>,
    pub(crate) echo_cbor: Request,
    pub(crate) send: Native<T>,
    pub(crate) send_cbor: Request,
    pub(crate) ask_often: Often<T>,
    pub(crate) report_often: Often<T>,
}

/// A value, and what is done with it.
pub(crate) struct Typed<T: Subject> {
    pub(crate) name: &'static str,
    pub(crate) value: T,
    /// How often it crosses in one run.
    times: u64,
    /// Native is to be so many times as fast as CBOR.
    target: Option<f64>,
    pub(crate) functions: Functions<T>,
    round_trip: fn(&T, u64) -> Duration,
}

/// A case, whatever its type.
pub(crate) trait Case {
    fn measure(&self, settings: Settings, way: &dyn Way) -> Row;
}

/// All of them.
pub(crate) fn all() -> Vec<Box<dyn Case>> {
    let blob = |length: usize| Blob { bytes: vec![0xa5; length] };
    let text = |length: usize| Text { text: "añb ".chars().cycle().take(length).collect() };
    vec![
        case("flat struct", Reading::number(7), 50_000, Some(10.0), reading()),
        case("nested struct", Report::sample(), 5_000, None, report()),
        case(
            "list of 1,000 u32",
            Numbers { numbers: (0..1_000).map(|n| n * 1_001).collect() },
            10_000,
            None,
            numbers(),
        ),
        case(
            "list of 100 structs",
            Readings { readings: (0..100).map(Reading::number).collect() },
            1_000,
            None,
            readings(),
        ),
        case("bytes, 100 B", blob(100), 50_000, None, self::blob()),
        case("bytes, 10 KiB", blob(10 << 10), 20_000, None, self::blob()),
        case("bytes, 1 MiB", blob(1 << 20), 256, None, self::blob()),
        case("text, 16 letters", text(16), 50_000, None, self::text()),
        case("text, 1,000 letters", text(1_000), 20_000, None, self::text()),
    ]
}

fn case<T: Subject + encode_and_decode::Beside>(
    name: &'static str,
    value: T,
    times: u64,
    target: Option<f64>,
    functions: Functions<T>,
) -> Box<dyn Case> {
    Box::new(Typed { name, value, times, target, functions, round_trip: T::round_trip })
}

macro_rules! functions {
    ($type:ident: $name:ident, $echo:literal, $send:literal, $ask:literal, $report:literal) => {
        fn $name() -> Functions<$type> {
            Functions {
                echo: __symbol!(concat!("bench_typed_", $echo), Echo<$type>),
                echo_cbor: __symbol!(concat!("bench_typed_", $echo, "_cbor"), Request),
                send: __symbol!(concat!("bench_typed_", $send), Native<$type>),
                send_cbor: __symbol!(concat!("bench_typed_", $send, "_cbor"), Request),
                ask_often: __symbol!(concat!("bench_typed_", $ask), Often<$type>),
                report_often: __symbol!(concat!("bench_typed_", $report), Often<$type>),
            }
        }
    };
}

functions!(Reading: reading, "echo_reading", "send_reading", "ask_reading_often", "report_reading_often");
functions!(Report: report, "echo_report", "send_report", "ask_report_often", "report_report_often");
functions!(Numbers: numbers, "echo_numbers", "send_numbers", "ask_numbers_often", "report_numbers_often");
functions!(Readings: readings, "echo_readings", "send_readings", "ask_readings_often", "report_readings_often");
functions!(Blob: blob, "echo_blob", "send_blob", "ask_blob_often", "report_blob_often");
functions!(Text: text, "echo_text", "send_text", "ask_text_often", "report_text_often");

impl<T: Subject> Case for Typed<T> {
    fn measure(&self, settings: Settings, way: &dyn Way) -> Row {
        let run = |format| {
            move |times| match way.kind() {
                Kind::EncodeAndDecode => encode_and_decode::run(self, format, times),
                Kind::RequestSynchronously => request_synchronously::run(self, format, times),
                Kind::RequestAsynchronously => request_asynchronously::run(self, format, times),
                Kind::AnswerHostCalls => answer_host_calls::run(self, format, times),
                Kind::EmitEvents => emit_events::run(self, format, times),
            }
        };
        let mut contestants = vec![
            Contestant::new("native", run(Format::Native)),
            Contestant::new("CBOR", run(Format::Cbor)),
            Contestant::new("clone", |times| clone(&self.value, times)),
        ];
        if way.kind() == Kind::EncodeAndDecode {
            contestants.push(Contestant::new("uniffi", |times| (self.round_trip)(&self.value, times)));
        }
        let figures = race(settings, self.times / way.divisor(), contestants);
        let target = self.target.filter(|_| way.kind() == Kind::EncodeAndDecode);
        let row = Row::new(way.name(), self.name, target, way.allocations(size_of::<T>()).into(), figures);
        row.announce();
        row
    }
}

/// What the author's own types need to be made.
fn clone<T: Clone>(value: &T, times: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(black_box(value).clone());
    }
    start.elapsed()
}

impl<T: Subject> Typed<T> {
    /// Gives `f` the value as a host passes it, which lives that long.
    pub(crate) fn with_payload(&self, format: Format, mut f: impl FnMut(&[u8])) {
        to_payload(&self.value, format, &mut f);
    }

    /// Gives `f` the arguments of a request that takes the value: natively itself, in CBOR a map of it.
    pub(crate) fn with_arguments(&self, format: Format, mut f: impl FnMut(&[u8])) {
        self.with_payload(format, |bytes| match format {
            Format::Native => f(bytes),
            Format::Cbor => {
                const MAP_OF_ONE: u8 = 0xa1;
                const TEXT_OF_FIVE: u8 = 0x65;
                f(&[&[MAP_OF_ONE, TEXT_OF_FIVE], b"value".as_slice(), bytes].concat());
            }
        });
    }

    /// Runs a request natively with the value and a number; returns the time that it says it took.
    pub(crate) fn often(&self, context: &Context<Standard>, request: Often<T>, times: u64) -> Duration {
        let mut took = Duration::ZERO;
        self.with_payload(Format::Native, |bytes| {
            took = Duration::from_nanos(context.run_with(|callback, user_data| {
                // SAFETY: the value lives during the call, and userData until it is called back.
                unsafe { request(context.ctx(), Some(callback), user_data, bytes.as_ptr().cast(), times) }
            }));
        });
        took
    }

    /// The name of something that is called after the type.
    pub(crate) fn named(before: &str, after: &str) -> CString {
        CString::new(format!("{before}{}{after}", T::NAME)).expect("a name has no NUL")
    }
}

/// A context whose host functions and listeners are of that format.
pub(crate) fn context(format: Format) -> Arc<Context<Standard>> {
    let mut standard = typed_host::typed().standard;
    if format == Format::Cbor {
        let exports = &mut standard.exports;
        exports.register_host_fn = exports.register_host_fn_cbor;
        exports.add_event_listener = exports.add_event_listener_cbor;
    }
    Context::of(standard, standard)
}
