//! The host function `fetch_clock`, which answers as the script says.

use super::bytes::Bytes;
use super::c;
use super::cbor::Maker;
use super::value::{self, Reference};
use ffihost::Status;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;
use std::thread::{self, Thread};

/// What the library makes of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    Time(u64),
    Nothing,
    Unsure,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Now,
    Later,
    Never,
}

/// How `fetch_clock` is registered and answered. The library has its address.
#[derive(Debug)]
pub(super) struct Clock {
    ctx: usize,
    /// Nothing if it is not registered.
    cbor: Option<bool>,
    when: When,
    ret: c_int,
    /// Nothing for NULL with a length.
    answer: Option<Vec<u8>>,
    told: Told,
    owner: Thread,
    open: Mutex<Vec<u64>>,
}

impl Clock {
    pub(super) fn new(ctx: usize, script: &mut Bytes<'_>) -> Box<Self> {
        let cbor = [Some(true), Some(false), None][script.one_of(3)];
        let when = [When::Now, When::Later, When::Now, When::Never][script.one_of(4)];
        let ret = match script.byte() {
            0..=150 => 0,
            byte @ 151..=200 => c_int::from(byte) - 150,
            byte => 170 - c_int::from(byte),
        };
        let answer = match script.byte() {
            250.. => None,
            byte @ 160.. => Some(script.some(usize::from(byte) - 150).to_vec()),
            _ if cbor == Some(false) => Some(script.number().to_ne_bytes().to_vec()),
            _ => Some(Maker::make(script, Maker::number)),
        };
        let told = match &answer {
            Some(answer) if ret == 0 => told(answer, cbor == Some(true)),
            _ => Told::Nothing,
        };
        let clock =
            Box::new(Self { ctx, cbor, when, ret, answer, told, owner: thread::current(), open: Mutex::default() });
        clock.register();
        clock
    }

    fn register(&self) {
        let (ctx, user_data) = (ptr::without_provenance_mut(self.ctx), ptr::from_ref(self).cast_mut().cast());
        let register = match self.cbor {
            None => return,
            Some(true) => c::register_host_fn_cbor,
            Some(false) => c::register_host_fn,
        };
        let ret = register(ctx, c"fetch_clock".as_ptr(), Some(fetch_clock), user_data);
        assert_eq!(ret, 0, "`fetch_clock` is not taken");
    }

    /// What `fetch_clock().await` gives, unless it waits for ever.
    pub(super) fn told(&self) -> Option<Told> {
        match (self.cbor, self.when) {
            (None, _) => Some(Told::Nothing),
            (_, When::Never) => None,
            _ => Some(self.told),
        }
    }

    /// Answers what was asked, if later than then.
    pub(super) fn answer_later(&self) {
        if self.when == When::Later {
            self.answer_all();
        }
    }

    fn answer_all(&self) {
        let open = std::mem::take(&mut *self.open.lock().expect("no holder panics"));
        open.into_iter().for_each(|token| self.answer(token));
    }

    fn answer(&self, token: u64) {
        let expected = match (self.ret, &self.answer, self.told) {
            (_, None, _) | (0, _, Told::Nothing) => Some(Status::Decode.code()),
            (0, _, Told::Unsure) => None,
            _ => Some(0),
        };
        let ret = self.complete(token);
        assert!(expected.is_none_or(|expected| expected == ret), "an answer gave {ret}: {self:?}");
        assert_eq!(self.complete(token), Status::UnknownToken.code(), "answered twice");
    }

    fn complete(&self, token: u64) -> c_int {
        let (data, len) = match &self.answer {
            Some(answer) => (answer.as_ptr(), answer.len()),
            None => (ptr::null(), 5),
        };
        c::host_complete(ptr::without_provenance_mut(self.ctx), token, self.ret, data.cast(), len)
    }

    /// What was not answered has ended: with its request.
    pub(super) fn check_ended(&self) {
        for token in self.open.lock().expect("no holder panics").drain(..) {
            let ret = self.complete(token);
            assert!(
                ret == Status::UnknownToken.code() || ret == Status::InvalidCtx.code(),
                "open after its request: {ret}"
            );
        }
    }
}

/// What a successful answer means.
fn told(answer: &[u8], cbor: bool) -> Told {
    if !cbor {
        return answer.try_into().map_or(Told::Nothing, |bytes| Told::Time(u64::from_ne_bytes(bytes)));
    }
    if answer.is_empty() {
        return Told::Nothing;
    }
    match value::reference(answer) {
        Reference::Whole(value) => value::number(&value).map_or(Told::Nothing, Told::Time),
        Reference::More => Told::Nothing,
        Reference::Unsure => Told::Unsure,
    }
}

unsafe extern "C" fn fetch_clock(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: it was registered with a clock, which outlives its context.
    let clock = unsafe { &*user_data.cast::<Clock>() };
    assert!(!req.is_null());
    // SAFETY: so many bytes are there until this returns.
    let req = unsafe { std::slice::from_raw_parts(req.cast::<u8>(), len) };
    let nothing: &[u8] = if clock.cbor == Some(true) { &[0xa0] } else { &[] };
    assert_eq!(req, nothing, "`fetch_clock` has no arguments");
    clock.open.lock().expect("no holder panics").push(token);
    match clock.when {
        When::Now => clock.answer_all(),
        When::Later => clock.owner.unpark(),
        When::Never => {}
    }
}
