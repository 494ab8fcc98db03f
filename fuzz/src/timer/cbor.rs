//! Requests with CBOR arguments.

use super::bytes::Bytes;
use super::c;
use super::session::{Args, Expected, Outcome, Read, Session};
use super::value::{self, Reference};
use ciborium::Value;
use ffihost::Status;
use std::ffi::c_int;
use std::ptr;

/// A function of the library: how its arguments are made, what another decoder makes of them, and how its result is read.
struct Function {
    symbol: Option<c::CborRequest>,
    make: fn(&mut Maker<'_, '_>),
    args: fn(&Value) -> Option<Args>,
    read: Read,
}

/// Those without a symbol are called otherwise, and come first.
static FUNCTIONS: [Function; 8] = [
    Function {
        symbol: None,
        make: |maker| maker.map(&[("name", Maker::text)]),
        args: |value| value::only(value, "name", value::text).map(Args::Create),
        read: |ret, msg| read(ret, msg, |value| value.is_null().then_some(Outcome::Created)),
    },
    Function {
        symbol: None,
        make: |maker| maker.map(&[("delays_ms", |maker| maker.list(Maker::delay))]),
        args: |value| value::only(value, "delays_ms", value::delays).map(Args::TotalDelay),
        read: |ret, msg| read(ret, msg, |value| value::number(value).map(Outcome::Number)),
    },
    Function {
        symbol: Some(c::echo_cbor),
        make: |maker| maker.map(&[("req", Maker::echo)]),
        args: |value| value::only(value, "req", value::echo_request).map(Args::Echo),
        read: |ret, msg| read(ret, msg, |value| value::echo_response(value).map(Outcome::Echo)),
    },
    Function {
        symbol: Some(c::plan_cbor),
        make: |maker| maker.map(&[("schedule", Maker::schedule)]),
        args: |value| value::only(value, "schedule", value::schedule).map(Args::Plan),
        read: |ret, msg| read(ret, msg, |value| value::plan(value).map(Outcome::Plan)),
    },
    Function {
        symbol: Some(c::read_clock_cbor),
        make: |maker| maker.map(&[]),
        args: |value| value::nothing(value).map(|()| Args::ReadClock),
        read: |ret, msg| read(ret, msg, |value| value::text(value).map(Outcome::Text)),
    },
    Function {
        symbol: Some(c::name_cbor),
        make: |maker| maker.map(&[]),
        args: |value| value::nothing(value).map(|()| Args::Name),
        read: |ret, msg| read(ret, msg, |value| value::text(value).map(Outcome::Text)),
    },
    Function {
        symbol: Some(c::start_stopwatch_cbor),
        make: |maker| maker.map(&[("label", Maker::text)]),
        args: |value| value::only(value, "label", value::text).map(Args::StartStopwatch),
        read: |ret, msg| read(ret, msg, |value| value::number(value).map(Outcome::Stopwatch)),
    },
    Function {
        symbol: Some(c::read_stopwatch_cbor),
        make: |maker| maker.map(&[("stopwatch", Maker::stopwatch)]),
        args: |value| value::only(value, "stopwatch", value::number).map(Args::ReadStopwatch),
        read: |ret, msg| read(ret, msg, |value| value::only(value, "label", value::text).map(Outcome::Reading)),
    },
];

/// The one value that some bytes are.
pub(super) fn whole(mut bytes: &[u8]) -> Option<Value> {
    let value = ciborium::from_reader(&mut bytes).ok()?;
    bytes.is_empty().then_some(value)
}

fn read(ret: c_int, msg: &[u8], result: fn(&Value) -> Option<Outcome>) -> Option<Outcome> {
    let value = whole(msg)?;
    if ret == 0 { result(&value) } else { value::error(&value).map(Outcome::Error) }
}

/// The next request of a script.
pub(super) fn request(session: &mut Session, script: &mut Bytes<'_>) {
    let which = script.one_of(FUNCTIONS.len() + 1);
    let target = session.target(script);
    let number = session.stopwatch(script);
    let Some(function) = FUNCTIONS.get(which) else { return session.release(target, number) };
    let bytes = match script.byte() {
        0..200 => Maker { stopwatch: number, ..Maker::new(script) }.finish(function.make),
        byte @ 200..250 => script.some(usize::from(byte)).to_vec(),
        250.. => Vec::new(),
    };
    let is_null = script.rarely(250);
    let (data, len) = if is_null { (ptr::null(), bytes.len()) } else { (bytes.as_ptr(), bytes.len()) };
    let expected = match value::reference(&bytes) {
        _ if is_null && len > 0 => Expected::Refused(Status::InvalidArgument),
        Reference::Whole(value) => (function.args)(&value).map_or(Expected::Undecodable, Expected::Args),
        Reference::More => Expected::Undecodable,
        Reference::Unsure => Expected::Unsure,
    };
    match (function.symbol, which) {
        (None, 0) => session.create(expected, function.read, script, |cb, ud, ctx| {
            // SAFETY: that many bytes are there, or it is NULL; and so is the place for the context.
            unsafe { c::create_cbor(data, len, cb, ud, ctx) }
        }),
        (None, _) => session.request_of_nobody(target, expected, function.read, |target, ud| {
            // SAFETY: that many bytes are there, or it is NULL.
            unsafe { c::total_delay_cbor(target.cb, ud, data, len) }
        }),
        (Some(symbol), _) => session.request(target, expected, function.read, |target, ud| {
            // SAFETY: that many bytes are there, or it is NULL; a ctx may be anything.
            unsafe { symbol(target.ctx, target.cb, ud, data, len) }
        }),
    }
}

/// Makes one value.
type Make<M> = fn(&mut M);

/// Makes CBOR that is well-formed and what the library asks for, unless the script says otherwise.
pub(super) struct Maker<'s, 'b> {
    script: &'s mut Bytes<'b>,
    out: Vec<u8>,
    stopwatch: u64,
    /// Whether it may be what the library does not ask for.
    spoiled: bool,
}

impl<'s, 'b> Maker<'s, 'b> {
    fn new(script: &'s mut Bytes<'b>) -> Self {
        let spoiled = script.rarely(3);
        Self { script, out: Vec::new(), stopwatch: 0, spoiled }
    }

    pub(super) fn make(script: &'s mut Bytes<'b>, make: fn(&mut Self)) -> Vec<u8> {
        let mut maker = Self::new(script);
        make(&mut maker);
        maker.end()
    }

    fn finish(mut self, make: fn(&mut Maker<'_, '_>)) -> Vec<u8> {
        make(&mut self);
        self.end()
    }

    /// Bytes that are changed, cut or added.
    fn end(mut self) -> Vec<u8> {
        if self.spoiled && !self.out.is_empty() {
            let at = self.script.one_of(self.out.len());
            match self.script.byte() % 6 {
                0 => self.out[at] = self.script.byte(),
                1 => self.out.truncate(at),
                2 => self.out.push(self.script.byte()),
                3 => drop(self.out.remove(at)),
                _ => {}
            }
        }
        self.out
    }

    /// A head, as short as can be or longer.
    fn head(&mut self, major: u8, argument: u64) {
        let bytes = argument.to_be_bytes();
        let shortest = match argument {
            0..24 => 0,
            24..0x100 => 1,
            0x100..0x1_0000 => 2,
            0x1_0000..0x1_0000_0000 => 3,
            _ => 4,
        };
        let width = shortest.max(if self.script.rarely(16) { self.script.one_of(5) } else { 0 });
        let low = if width == 0 { bytes[7] } else { 23 + width as u8 };
        self.out.push(major << 5 | low);
        self.out.extend_from_slice(&bytes[8 - [0, 1, 2, 4, 8][width]..]);
    }

    /// Something before a value, or instead of it. True if the value is made already.
    fn otherwise(&mut self) -> bool {
        match self.script.byte() {
            240..248 => {
                let tag = 4 + self.script_byte();
                self.head(6, tag);
            }
            248.. if self.spoiled => {
                self.anything(3);
                return true;
            }
            _ => {}
        }
        false
    }

    fn script_byte(&mut self) -> u64 {
        self.script.byte().into()
    }

    fn anything(&mut self, depth: usize) {
        match self.script.byte() % 12 {
            0 => self.head(1, 1),
            1 => self.out.push(0xf6),
            2 => self.out.push(0xf7),
            3 => self.out.extend([0xf9, 0x7e, 0]),
            4 => self.string(2, b"bytes"),
            5 => self.out.push(0xf5),
            6 => self.out.push(0xff),
            7 => self.out.extend([[0x81; 120], [0xa1; 120]][self.script.one_of(2)]),
            8 => {
                let major = self.script.byte() % 8;
                self.head(major, u64::MAX);
            }
            9 if depth > 0 => {
                self.head(4, 2);
                self.anything(depth - 1);
                self.anything(depth - 1);
            }
            10 if depth > 0 => {
                self.head(5, 1);
                self.string(3, b"key");
                self.anything(depth - 1);
            }
            _ => self.head(0, u64::MAX),
        }
    }

    /// Text or bytes, in one part or several.
    fn string(&mut self, major: u8, bytes: &[u8]) {
        if !self.script.rarely(16) {
            self.head(major, bytes.len() as u64);
            return self.out.extend_from_slice(bytes);
        }
        self.out.push(major << 5 | 31);
        for part in bytes.chunks(3) {
            self.head(major, part.len() as u64);
            self.out.extend_from_slice(part);
        }
        self.out.push(0xff);
    }

    fn text(&mut self) {
        if !self.otherwise() {
            let text = self.script.text();
            self.string(3, text.as_bytes());
        }
    }

    pub(super) fn number(&mut self) {
        if !self.otherwise() {
            let number = self.script.number();
            self.head(0, number);
        }
    }

    fn delay(&mut self) {
        if !self.otherwise() {
            let delay = match self.script.byte() {
                byte @ 0..240 => u64::from(byte % 3),
                240..248 => 60_000 + self.script_byte() % 2,
                _ => self.script.number() >> 24,
            };
            self.head(0, delay);
        }
    }

    fn stopwatch(&mut self) {
        if !self.otherwise() {
            self.head(0, self.stopwatch);
        }
    }

    fn list(&mut self, value: fn(&mut Self)) {
        if self.otherwise() {
            return;
        }
        let len = self.script.one_of(5);
        let indefinite = self.script.rarely(8);
        if indefinite {
            self.out.push(0x9f);
        } else {
            self.head(4, len as u64);
        }
        (0..len).for_each(|_| value(self));
        if indefinite {
            self.out.push(0xff);
        }
    }

    /// A map with these keys, in any order; seldom with one less, one twice, or one that nobody knows.
    fn map(&mut self, entries: &[(&str, Make<Self>)]) {
        if self.otherwise() {
            return;
        }
        let mut entries = entries.to_vec();
        if !entries.is_empty() {
            let at = self.script.one_of(entries.len());
            entries.rotate_left(at);
            match self.script.byte() {
                248..252 if self.spoiled => drop(entries.pop()),
                252.. if self.spoiled => entries.push(entries[0]),
                _ => {}
            }
        }
        if self.script.rarely(8) {
            entries.push(("a key that nobody knows", |maker| maker.anything(2)));
        }
        let indefinite = self.script.rarely(8);
        if indefinite {
            self.out.push(0xbf);
        } else {
            self.head(5, entries.len() as u64);
        }
        for (key, value) in entries {
            self.string(3, key.as_bytes());
            value(self);
        }
        if indefinite {
            self.out.push(0xff);
        }
    }

    fn optional(&mut self, value: fn(&mut Self)) {
        match self.script.byte() % 3 {
            0 => value(self),
            1 => self.out.push(0xf6),
            _ => self.out.push(0xf7),
        }
    }

    fn echo(&mut self) {
        self.map(&[("message", Self::text), ("delay_ms", Self::delay)]);
    }

    fn schedule(&mut self) {
        let all: [(&str, Make<Self>); 4] = [
            ("echoes", |maker| maker.list(Self::echo)),
            ("tags", |maker| maker.list(Self::text)),
            ("note", |maker| maker.optional(Self::text)),
            ("repeat", |maker| maker.optional(Self::repeat)),
        ];
        let len = 4 - self.script.one_of(3);
        self.map(&all[..len]);
    }

    fn repeat(&mut self) {
        match self.script.byte() % 4 {
            0 => self.map(&[("Times", Self::delay)]),
            1 => self.map(&[("Within", |maker| maker.map(&[("total_ms", Self::delay)]))]),
            2 => self.string(3, b"Times"),
            _ => self.map(&[("Times", Self::delay), ("Within", Self::text)]),
        }
    }
}
