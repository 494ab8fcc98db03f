//! Requests with native arguments.

use super::bytes::Bytes;
use super::c::{self, EchoRequest, FFIError, List, Optional, Repeat, RepeatPayload, Schedule, Text};
use super::session::{Args, Expected, Outcome, Session, Target};
use ffihost::Status;
use ffihost_test_host::direct::{self, Place};
use my_timer::{EchoResponse, Plan, PlanEntry, TimerError};
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

/// The next request of a script.
pub(super) fn request(session: &mut Session, script: &mut Bytes<'_>) {
    let which = script.one_of(9);
    let target = session.target(script);
    let number = session.stopwatch(script);
    let mut maker = Maker::new(script);
    match which {
        0 => {
            let (text, name) = maker.text();
            let (expected, _memory) = (expected(name.map(Args::Create)), maker.memory);
            session.create(expected, created, script, |cb, ud, ctx| {
                // SAFETY: the text is in the maker's memory; the place for the context is there.
                unsafe { c::create(text, cb, ud, ctx) }
            });
        }
        1 => {
            let (list, delays) = maker.list(Maker::any_delay);
            let (expected, _memory) = (expected(delays.map(Args::TotalDelay)), maker.memory);
            session.request_of_nobody(target, expected, number_or_error, |target, ud| {
                // SAFETY: the list is in the maker's memory.
                called_back(target, ud, |result, error| unsafe { c::total_delay(list, result, error) })
            });
        }
        2 => {
            let (echo, args) = maker.echo();
            let (place, expected) = maker.argument(echo, args.map(Args::Echo));
            let _memory = maker.memory;
            session.request(target, expected, echo_response, |target, ud| {
                // SAFETY: the request is in the maker's memory; a ctx may be anything.
                unsafe { c::echo(target.ctx, target.cb, ud, place) }
            });
        }
        3 => {
            let (schedule, args) = maker.schedule();
            let (place, expected) = maker.argument(schedule, args.map(Args::Plan));
            let _memory = maker.memory;
            session.request(target, expected, plan, |target, ud| {
                // SAFETY: the schedule is in the maker's memory; a ctx may be anything.
                unsafe { c::plan(target.ctx, target.cb, ud, place) }
            });
        }
        4 => session.request(target, Expected::Args(Args::ReadClock), text_or_error, |target, ud| {
            // SAFETY: a ctx may be anything.
            unsafe { c::read_clock(target.ctx, target.cb, ud) }
        }),
        5 => session.request(target, Expected::Args(Args::Name), text_or_error, |target, ud| {
            // SAFETY: a ctx may be anything.
            called_back(target, ud, |result, error| unsafe { c::name(target.ctx, result, error) })
        }),
        6 => {
            let (text, label) = maker.text();
            let (expected, _memory) = (expected(label.map(Args::StartStopwatch)), maker.memory);
            session.request(target, expected, stopwatch, |target, ud| {
                // SAFETY: the text is in the maker's memory; a ctx may be anything.
                called_back(target, ud, |result, error| unsafe { c::start_stopwatch(target.ctx, text, result, error) })
            });
        }
        7 => session.request(target, Expected::Args(Args::ReadStopwatch(number)), reading, |target, ud| {
            // SAFETY: both may be anything.
            unsafe { c::read_stopwatch(target.ctx, number, target.cb, ud) }
        }),
        _ => session.release(target, number),
    }
}

/// Runs a request in direct form as one with a callback.
fn called_back<P: Place>(
    target: Target,
    user_data: *mut c_void,
    run: impl FnOnce(*mut P, *mut FFIError) -> c_int,
) -> c_int {
    direct::called_back(c::EXPORTS, (target.cb, user_data), run)
}

fn expected(args: Option<Args>) -> Expected {
    args.map_or(Expected::Undecodable, Expected::Args)
}

/// Makes C values, and says what they are: nothing if they are not what they must be.
struct Maker<'s, 'b> {
    script: &'s mut Bytes<'b>,
    /// What pointers point to, each as long as is said and not a byte longer.
    memory: Vec<Box<[MaybeUninit<u8>]>>,
}

impl<'s, 'b> Maker<'s, 'b> {
    fn new(script: &'s mut Bytes<'b>) -> Self {
        Self { script, memory: Vec::new() }
    }

    /// Copies values to memory that is seldom aligned as it should be.
    fn place<T: Copy>(&mut self, values: &[T]) -> *const T {
        let offset = if self.script.rarely(4) { self.script.one_of(8) } else { 0 };
        let mut memory = Box::<[u8]>::new_uninit_slice(offset + size_of_val(values));
        // SAFETY: there is so much room, at which nothing needs to be aligned.
        let place = unsafe { memory.as_mut_ptr().add(offset) };
        // SAFETY: as above.
        unsafe { place.copy_from_nonoverlapping(values.as_ptr().cast(), size_of_val(values)) };
        self.memory.push(memory);
        place.cast_const().cast()
    }

    /// A pointer to a value, or NULL, which is refused.
    fn argument<C: Copy>(&mut self, value: C, args: Option<Args>) -> (*const C, Expected) {
        if self.script.rarely(32) {
            return (ptr::null(), Expected::Refused(Status::InvalidArgument));
        }
        (self.place(&[value]), expected(args))
    }

    fn text(&mut self) -> (Text, Option<String>) {
        match self.script.byte() {
            240..244 => (Text { data: ptr::null(), len: 0 }, Some(String::new())),
            244..246 => (Text { data: ptr::dangling(), len: 0 }, Some(String::new())),
            246..248 => (Text { data: ptr::null(), len: 1 }, None),
            248..250 => (Text { data: ptr::null(), len: usize::MAX }, None),
            250.. => {
                let bytes = self.script.some(64).to_vec();
                (Text { data: self.place(&bytes), len: bytes.len() }, String::from_utf8(bytes).ok())
            }
            _ => {
                let text = self.script.text();
                (Text { data: self.place(text.as_bytes()), len: text.len() }, Some(text))
            }
        }
    }

    fn delay(&mut self) -> u32 {
        match self.script.byte() {
            byte @ 0..240 => (byte % 3).into(),
            240..248 => 60_000 + u32::from(self.script.byte() % 2),
            _ => self.script.number() as u32,
        }
    }

    fn any_delay(&mut self) -> (u32, Option<u32>) {
        let delay = self.delay();
        (delay, Some(delay))
    }

    fn list<C: Copy, T>(&mut self, value: fn(&mut Self) -> (C, Option<T>)) -> (List<C>, Option<Vec<T>>) {
        match self.script.byte() {
            244..248 => (List { data: ptr::null(), len: 0 }, Some(Vec::new())),
            248..252 => (List { data: ptr::null(), len: 1 }, None),
            252.. => (List { data: ptr::null(), len: usize::MAX }, None),
            byte => {
                let (values, known): (Vec<C>, Vec<_>) = (0..byte % 5).map(|_| value(self)).unzip();
                (List { data: self.place(&values), len: values.len() }, known.into_iter().collect())
            }
        }
    }

    /// An option, whose value means nothing if it is not present.
    fn optional<C: Copy, T>(&mut self, value: fn(&mut Self) -> (C, Option<T>)) -> (Optional<C>, Option<Option<T>>) {
        let (value, known) = value(self);
        match self.script.byte() {
            0..150 => (Optional { present: 1, value }, known.map(Some)),
            150..240 => (Optional { present: 0, value }, Some(None)),
            present => (Optional { present, value }, None),
        }
    }

    fn echo(&mut self) -> (EchoRequest, Option<my_timer::EchoRequest>) {
        let ((message, text), delay_ms) = (self.text(), self.delay());
        (EchoRequest { message, delay_ms }, text.map(|message| my_timer::EchoRequest { message, delay_ms }))
    }

    fn repeat(&mut self) -> (Repeat, Option<my_timer::Repeat>) {
        let number = self.delay();
        match self.script.byte() {
            0..120 => {
                (Repeat { tag: 0, payload: RepeatPayload { times: number } }, Some(my_timer::Repeat::Times(number)))
            }
            120..240 => {
                let total_ms = u64::from(number);
                (Repeat { tag: 1, payload: RepeatPayload { total_ms } }, Some(my_timer::Repeat::Within { total_ms }))
            }
            byte => {
                let tag = [2, -1, i32::MAX, i32::MIN, 256][usize::from(byte) % 5];
                (Repeat { tag, payload: RepeatPayload { total_ms: u64::MAX } }, None)
            }
        }
    }

    fn schedule(&mut self) -> (Schedule, Option<my_timer::Schedule>) {
        let ((echoes, echoes_known), (tags, tags_known)) = (self.list(Self::echo), self.list(Self::text));
        let ((note, note_known), (repeat, repeat_known)) = (self.optional(Self::text), self.optional(Self::repeat));
        let known = || {
            Some(my_timer::Schedule {
                echoes: echoes_known?,
                tags: tags_known?,
                note: note_known?,
                repeat: repeat_known?,
            })
        };
        (Schedule { echoes, tags, note, repeat }, known())
    }
}

/// Text that is a whole payload in a struct of its own: an event's.
pub(super) fn text_payload(msg: &[u8]) -> Option<String> {
    payload::<Text>(msg).and_then(text)
}

/// A payload that is a C value.
fn payload<C: Copy>(msg: &[u8]) -> Option<C> {
    // SAFETY: so many bytes are there, and the library says that they are such a value.
    (msg.len() == size_of::<C>()).then(|| unsafe { msg.as_ptr().cast::<C>().read_unaligned() })
}

fn text(text: Text) -> Option<String> {
    list(List { data: text.data, len: text.len }, Some).and_then(|bytes| String::from_utf8(bytes).ok())
}

fn list<C: Copy, T>(list: List<C>, value: fn(C) -> Option<T>) -> Option<Vec<T>> {
    if list.len == 0 {
        return Some(Vec::new());
    }
    assert!(!list.data.is_null() && list.data.is_aligned());
    // SAFETY: the library says so, until the callback returns.
    unsafe { std::slice::from_raw_parts(list.data, list.len) }.iter().copied().map(value).collect()
}

fn error(msg: &[u8]) -> Option<Outcome> {
    let c::TimerError { tag, payload } = payload(msg)?;
    // SAFETY: the tag says which it is.
    let error = unsafe {
        match tag {
            0 => TimerError::Empty,
            1 => TimerError::TooLong { delay_ms: payload.delay_ms },
            2 => TimerError::TooOften { times: payload.times },
            3 => TimerError::NoClock(text(payload.no_clock)?),
            _ => return None,
        }
    };
    Some(Outcome::Error(error))
}

pub(super) fn created(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    if ret == 0 { msg.is_empty().then_some(Outcome::Created) } else { error(msg) }
}

fn text_or_error(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    if ret == 0 { str::from_utf8(msg).ok().map(|text| Outcome::Text(text.to_owned())) } else { error(msg) }
}

fn number_or_error(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    if ret == 0 { payload(msg).map(Outcome::Number) } else { error(msg) }
}

fn stopwatch(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    if ret == 0 { payload(msg).map(Outcome::Stopwatch) } else { None }
}

fn echo_response(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    if ret != 0 {
        return error(msg);
    }
    let c::EchoResponse { echoed, timer } = payload(msg)?;
    Some(Outcome::Echo(EchoResponse { echoed: text(echoed)?, timer: text(timer)? }))
}

fn plan(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    if ret != 0 {
        return error(msg);
    }
    let c::Plan { entries, total_ms, title } = payload(msg)?;
    let entries = list(entries, |c::PlanEntry { at_ms, message }| Some(PlanEntry { at_ms, message: text(message)? }))?;
    Some(Outcome::Plan(Plan { entries, total_ms, title: text(title)? }))
}

fn reading(ret: c_int, msg: &[u8]) -> Option<Outcome> {
    let c::Reading { label, elapsed_ns } = payload(msg)?;
    assert!(ret == 0 && elapsed_ns < u64::MAX);
    text(label).map(Outcome::Reading)
}
