//! The contexts of a script, its requests, and how each has to end.
//!
//! The functions are declared by the test host; callbacks and host functions are this target's, since what they keep ends with its
//! script: a fuzzer plays millions.

use super::bytes::Bytes;
use super::c;
use super::host::{Clock, Told};
use super::value;
use ffihost::Status;
use ffihost::abi::types::{FFICallBack, FFIStats};
use futures::executor::block_on;
use my_timer::{EchoRequest, EchoResponse, MAX_DELAY_MS, Plan, Schedule, TimerError};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(300);
/// What may take for ever is cancelled after this.
const LONG: Duration = Duration::from_millis(3);
/// Echoes that take no longer are waited for, in milliseconds.
const SHORT_MS: u32 = 1;
/// Contexts of one script, at most.
const CONTEXTS: usize = 3;

/// Arguments that decode.
#[derive(Debug)]
pub(super) enum Args {
    Create(String),
    Name,
    Echo(EchoRequest),
    Plan(Schedule),
    ReadClock,
    TotalDelay(Vec<u32>),
    StartStopwatch(String),
    ReadStopwatch(u64),
}

/// What a callback says.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Created,
    Text(String),
    Number(u64),
    Stopwatch(u64),
    Echo(EchoResponse),
    Plan(Plan),
    /// The label; time goes by.
    Reading(String),
    Error(TimerError),
    Status(Status),
}

/// What has to come of a request.
#[derive(Debug)]
pub(super) enum Expected {
    Refused(Status),
    Args(Args),
    Undecodable,
    /// Nobody else says.
    Unsure,
}

/// How a payload is read: by its status.
pub(super) type Read = fn(c_int, &[u8]) -> Option<Outcome>;

/// A request: whom its callback tells.
struct Call {
    read: Read,
    owner: Thread,
    accepted: bool,
    told: Mutex<Vec<Outcome>>,
}

impl Call {
    fn new(read: Read) -> Box<Self> {
        Box::new(Self { read, owner: thread::current(), accepted: false, told: Mutex::default() })
    }

    fn has_ended(&self) -> bool {
        !self.told.lock().expect("no holder panics").is_empty()
    }

    fn user_data(&self) -> *mut c_void {
        ptr::from_ref(self).cast_mut().cast()
    }
}

unsafe extern "C" fn tell(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: it was passed a call, which outlives its context.
    let call = unsafe { &*user_data.cast::<Call>() };
    assert!(!msg.is_null());
    // SAFETY: so many bytes are there until this returns.
    let msg = unsafe { std::slice::from_raw_parts(msg.cast::<u8>(), len) };
    let outcome = match ret {
        0 | 1 => (call.read)(ret, msg).unwrap_or_else(|| panic!("{ret} came with {msg:?}")),
        _ => {
            assert!(!msg.is_empty() && str::from_utf8(msg).is_ok(), "{ret} came with {msg:?}");
            Outcome::Status(Status::ALL.into_iter().find(|status| status.code() == ret).expect("a status"))
        }
    };
    call.told.lock().expect("no holder panics").push(outcome);
    call.owner.unpark();
}

/// Who listens to `on_echo_fired`.
struct Listener {
    cbor: bool,
    heard: Mutex<Vec<String>>,
}

unsafe extern "C" fn hear(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: it was passed a listener, which outlives its context.
    let listener = unsafe { &*user_data.cast::<Listener>() };
    assert!(ret == 0 && !msg.is_null());
    // SAFETY: so many bytes are there until this returns.
    let msg = unsafe { std::slice::from_raw_parts(msg.cast::<u8>(), len) };
    let message = if listener.cbor {
        super::cbor::whole(msg).and_then(|value| value::only(&value, "message", value::text))
    } else {
        super::native::text_payload(msg)
    };
    listener.heard.lock().expect("no holder panics").push(message.expect("a message"));
}

struct Context {
    ctx: usize,
    name: String,
    clock: Box<Clock>,
    listener: Option<Box<Listener>>,
    echoed: Vec<String>,
    cancelled: usize,
}

struct Stopwatch {
    context: usize,
    number: u64,
    /// Nothing if nobody knows.
    label: Option<String>,
    live: bool,
}

/// See the module.
pub(super) struct Session {
    contexts: Vec<Context>,
    stopwatches: Vec<Stopwatch>,
    #[expect(clippy::vec_box, reason = "the library has their addresses")]
    calls: Vec<Box<Call>>,
}

/// Whom a request is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    context: usize,
    pub(super) ctx: *mut c_void,
    pub(super) cb: Option<FFICallBack>,
    refused: Option<Status>,
}

impl Session {
    pub(super) fn new(script: &mut Bytes<'_>) -> Self {
        let mut session = Self { contexts: Vec::new(), stopwatches: Vec::new(), calls: Vec::new() };
        let text = c::Text { data: "t".as_ptr(), len: 1 };
        session.create(Expected::Args(Args::Create("t".to_owned())), super::native::created, script, |cb, ud, ctx| {
            // SAFETY: the text and the place for the context are there.
            unsafe { c::create(text, cb, ud, ctx) }
        });
        session
    }

    /// One of the contexts; seldom none, or without a callback.
    pub(super) fn target(&self, script: &mut Bytes<'_>) -> Target {
        let how = script.byte();
        let context = usize::from(how) % self.contexts.len();
        let ctx = ptr::without_provenance_mut(self.contexts[context].ctx);
        let target = Target { context, ctx, cb: Some(tell), refused: None };
        match how {
            250.. => Target { cb: None, refused: Some(Status::MissingCallback), ..target },
            248..250 => {
                let ctx = ptr::without_provenance_mut([0, usize::MAX][script.one_of(2)]);
                Target { ctx, refused: Some(Status::InvalidCtx), ..target }
            }
            _ => target,
        }
    }

    /// A number of a stopwatch, live or not; seldom one that was never given.
    pub(super) fn stopwatch(&self, script: &mut Bytes<'_>) -> u64 {
        match script.byte() {
            byte @ 0..240 if !self.stopwatches.is_empty() => {
                self.stopwatches[usize::from(byte) % self.stopwatches.len()].number
            }
            240..248 => u64::MAX,
            _ => script.number(),
        }
    }

    /// Makes a context, if that is what comes of it.
    pub(super) fn create(
        &mut self,
        expected: Expected,
        read: Read,
        script: &mut Bytes<'_>,
        create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int,
    ) {
        let mut ctx = ptr::null_mut();
        let mut call = Call::new(read);
        let ret = create(Some(tell), call.user_data(), &raw mut ctx);
        call.accepted = ret == 0;
        if let Some(outcome) = self.outcome(call, ret, &expected, |_| {}, None) {
            self.created(ctx, &outcome, expected, script);
        }
    }

    fn created(&mut self, ctx: *mut c_void, outcome: &Outcome, expected: Expected, script: &mut Bytes<'_>) {
        let name = match expected {
            Expected::Args(Args::Create(name)) => Some(name),
            _ => None,
        };
        match name.as_deref() {
            Some("") => assert_eq!(*outcome, Outcome::Error(TimerError::Empty)),
            Some(_) => assert_eq!(*outcome, Outcome::Created),
            None => {}
        }
        if *outcome != Outcome::Created {
            assert_eq!(destroy(ctx), Status::InvalidCtx.code(), "there is a context of a constructor that failed");
            return;
        }
        match name {
            Some(name) if self.contexts.len() < CONTEXTS => {
                let clock = Clock::new(ctx.addr(), script);
                let listener = listen(ctx, script);
                let (ctx, echoed) = (ctx.addr(), Vec::new());
                self.contexts.push(Context { ctx, name, clock, listener, echoed, cancelled: 0 });
            }
            _ => assert_eq!(destroy(ctx), 0),
        }
    }

    /// Makes a request and awaits its end.
    pub(super) fn request(
        &mut self,
        target: Target,
        expected: Expected,
        read: Read,
        submit: impl FnOnce(Target, *mut c_void) -> c_int,
    ) {
        let expected = target.refused.map_or(expected, Expected::Refused);
        let mut call = Call::new(read);
        let ret = submit(target, call.user_data());
        call.accepted = ret == 0;
        let cancelled = self.contexts[target.context].cancelled;
        let outcome = self.outcome(call, ret, &expected, |context| context.clock.answer_later(), Some(target.context));
        let was_cancelled = self.contexts[target.context].cancelled > cancelled;
        match outcome {
            Some(Outcome::Status(Status::Cancelled)) if was_cancelled => {}
            Some(outcome) => self.settle(target.context, outcome, expected),
            None => {}
        }
    }

    /// Makes a request that needs no context.
    pub(super) fn request_of_nobody(
        &mut self,
        target: Target,
        expected: Expected,
        read: Read,
        submit: impl FnOnce(Target, *mut c_void) -> c_int,
    ) {
        let refused = target.refused.filter(|status| *status != Status::InvalidCtx);
        self.request(Target { refused, ..target }, expected, read, submit);
    }

    /// Awaits the end of an accepted request.
    fn outcome(
        &mut self,
        call: Box<Call>,
        ret: c_int,
        expected: &Expected,
        meanwhile: impl Fn(&Context),
        context: Option<usize>,
    ) -> Option<Outcome> {
        match expected {
            Expected::Refused(status) => assert_eq!(ret, status.code()),
            expected => assert_eq!(ret, 0, "refused: {expected:?}"),
        }
        let may_last = context.is_some_and(|context| self.contexts[context].may_last(expected));
        let start = Instant::now();
        let mut is_cancelled = false;
        while call.accepted && !call.has_ended() {
            assert!(start.elapsed() < PATIENCE, "never called back: {expected:?}");
            if let Some(context) = context {
                meanwhile(&self.contexts[context]);
                if may_last && !is_cancelled && start.elapsed() > LONG {
                    is_cancelled = true;
                    self.cancel(context, &call);
                }
            }
            thread::park_timeout(if may_last && !is_cancelled { LONG } else { Duration::from_millis(20) });
        }
        if let Some(context) = context {
            self.contexts[context].clock.check_ended();
        }
        let outcome = call.told.lock().expect("no holder panics").pop();
        // What was told is checked here; that nothing is told again, at the end.
        self.calls.push(call);
        outcome
    }

    fn cancel(&mut self, context: usize, call: &Call) {
        let context = &mut self.contexts[context];
        context.cancelled += 1;
        let ctx = ptr::without_provenance_mut(context.ctx);
        let ret = c::cancel(ctx, call.user_data());
        assert!(ret == 0 || ret == Status::UnknownToken.code(), "cancel gave {ret}");
    }

    /// Compares how a request ended with how it has to.
    fn settle(&mut self, at: usize, outcome: Outcome, expected: Expected) {
        let context = &mut self.contexts[at];
        if let Outcome::Echo(response) = &outcome {
            context.echoed.push(response.echoed.clone());
        }
        let args = match expected {
            Expected::Args(args) => args,
            Expected::Undecodable => return assert_eq!(outcome, Outcome::Status(Status::Decode)),
            Expected::Refused(status) => panic!("refused with {status:?} and called back"),
            Expected::Unsure => {
                if let Outcome::Stopwatch(number) = outcome {
                    self.started(at, number, None);
                }
                let plausible = !matches!(outcome, Outcome::Status(status) if status != Status::Decode);
                return assert!(plausible, "{outcome:?}");
            }
        };
        match args {
            Args::Create(_) => panic!("not a request"),
            Args::Name => assert_eq!(outcome, Outcome::Text(context.name.clone())),
            Args::Echo(request) => assert_eq!(outcome, echo(request, &context.name)),
            Args::Plan(schedule) => {
                let timer = block_on(my_timer::create(context.name.clone())).expect("it has a name");
                let planned = block_on(my_timer::plan(&timer, schedule));
                assert_eq!(outcome, planned.map_or_else(Outcome::Error, Outcome::Plan));
            }
            Args::ReadClock => match (context.clock.told(), outcome) {
                (Some(Told::Time(now)), Outcome::Text(text)) => {
                    assert_eq!(text, format!("{} read {now} ms since 1970", context.name));
                }
                (Some(Told::Nothing), Outcome::Error(TimerError::NoClock(_))) => {}
                (Some(Told::Unsure), Outcome::Text(_) | Outcome::Error(TimerError::NoClock(_))) => {}
                (told, outcome) => panic!("{told:?} became {outcome:?}"),
            },
            Args::TotalDelay(delays) => {
                let total = my_timer::total_delay(&delays);
                assert_eq!(outcome, total.map_or_else(Outcome::Error, Outcome::Number));
            }
            Args::StartStopwatch(label) => match outcome {
                Outcome::Stopwatch(number) => self.started(at, number, Some(label)),
                outcome => panic!("{outcome:?} is no stopwatch"),
            },
            Args::ReadStopwatch(number) => {
                let live = self.stopwatches.iter().find(|it| it.context == at && it.number == number && it.live);
                match (live, outcome) {
                    (Some(Stopwatch { label: Some(label), .. }), Outcome::Reading(read)) => assert_eq!(*label, read),
                    (Some(Stopwatch { label: None, .. }), Outcome::Reading(_)) => {}
                    (None, Outcome::Status(Status::Decode)) => {}
                    (_, outcome) => panic!("{outcome:?} of stopwatch {number}"),
                }
            }
        }
    }

    fn started(&mut self, context: usize, number: u64, label: Option<String>) {
        assert!(number != 0 && self.stopwatches.iter().all(|stopwatch| stopwatch.number != number));
        self.stopwatches.push(Stopwatch { context, number, label, live: true });
    }

    /// Releases a stopwatch, if it is one.
    pub(super) fn release(&mut self, target: Target, number: u64) {
        // SAFETY: both may be anything.
        let ret = unsafe { c::stopwatch_release(target.ctx, number) };
        let found =
            self.stopwatches.iter_mut().find(|it| it.context == target.context && it.number == number && it.live);
        let expected = match (target.refused, found) {
            (Some(Status::InvalidCtx), _) => Status::InvalidCtx,
            (_, None) => Status::UnknownToken,
            (_, Some(stopwatch)) => {
                stopwatch.live = false;
                Status::Ok
            }
        };
        assert_eq!(ret, expected.code());
    }

    /// Destroys every context, and checks what can be checked no sooner.
    pub(super) fn end(mut self) {
        for (index, context) in std::mem::take(&mut self.contexts).into_iter().enumerate() {
            let live = self.stopwatches.iter().filter(|stopwatch| stopwatch.context == index && stopwatch.live).count();
            context.end(live);
        }
        for call in &self.calls {
            assert!(!call.has_ended(), "called back twice, or when refused");
        }
    }
}

impl Context {
    /// Whether a request may never end by itself.
    fn may_last(&self, expected: &Expected) -> bool {
        match expected {
            Expected::Unsure => true,
            Expected::Args(Args::Echo(request)) => request.delay_ms > SHORT_MS,
            Expected::Args(Args::ReadClock) => self.clock.told().is_none(),
            _ => false,
        }
    }

    fn end(self, live: usize) {
        let ctx = ptr::without_provenance_mut(self.ctx);
        let mut stats = FFIStats::default();
        assert_eq!(c::stats(ctx, &raw mut stats), 0);
        assert_eq!(stats.handles, live as u64, "handles that are live");
        assert_eq!(stats.requests_in_flight, 0);
        assert!(self.cancelled > 0 || stats.host_calls_in_flight == 0);
        assert_eq!(destroy(ctx), 0);
        assert_eq!(destroy(ctx), Status::InvalidCtx.code(), "destroyed twice");
        if let Some(listener) = self.listener {
            let heard = listener.heard.into_inner().expect("no holder panics");
            // One that was cancelled may have fired.
            assert!(heard.len() <= self.echoed.len() + self.cancelled, "{heard:?} of {:?}", self.echoed);
            let mut heard = heard.iter();
            assert!(self.echoed.iter().all(|echoed| heard.any(|heard| heard == echoed)), "an event is lost");
        }
    }
}

fn destroy(ctx: *mut c_void) -> c_int {
    c::destroy(ctx)
}

fn listen(ctx: *mut c_void, script: &mut Bytes<'_>) -> Option<Box<Listener>> {
    let how = script.one_of(4);
    let listener = (how < 2).then(|| Box::new(Listener { cbor: how == 1, heard: Mutex::default() }))?;
    let listen = if listener.cbor { c::add_event_listener_cbor } else { c::add_event_listener };
    let user_data = ptr::from_ref(&*listener).cast_mut().cast();
    assert_ne!(listen(ctx, c"on_echo_fired".as_ptr(), Some(hear), user_data), 0);
    Some(listener)
}

/// What `my_timer::echo` returns, without the delay.
fn echo(request: EchoRequest, timer: &str) -> Outcome {
    match request {
        EchoRequest { message, .. } if message.is_empty() => Outcome::Error(TimerError::Empty),
        EchoRequest { delay_ms, .. } if delay_ms > MAX_DELAY_MS => Outcome::Error(TimerError::TooLong { delay_ms }),
        EchoRequest { message, .. } => Outcome::Echo(EchoResponse { echoed: message, timer: timer.to_owned() }),
    }
}
