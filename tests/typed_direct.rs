//! Synchronous requests in direct form: what is written when, what is refused, what is owned.

mod typed;

use ffihost::{Handle, Options, ffi};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{ptr, slice};
use typed::{
    Context, DECODE, ERR, FFICallBack, FFIError, FFIOwnedBytes, FFIOwnedString, INVALID_ARGUMENT, INVALID_CTX,
    NO_ERROR, OK, PANIC, Place, Str, c_int, c_void,
};

ffihost::library!("my_app", MyApp, options = Options::new().linger(typed::NEVER));

const CLOSING: c_int = 7;
const WOULD_DEADLOCK: c_int = 12;

/// The state.
pub struct MyApp;

#[ffi(constructor)]
async fn create() -> Result<MyApp, String> {
    Ok(MyApp)
}

/// What ends the process if it is passed on.
const NEVER_RUNS: u8 = 77;
static DROPPED: AtomicU32 = AtomicU32::new(0);

/// A pair without pointers.
#[ffi]
#[derive(Clone, Copy)]
pub struct Pair {
    /// A small one.
    pub small: u8,
    /// A large one.
    pub large: u64,
}

/// With and without data, and no pointer in it.
#[ffi]
pub enum Plain {
    /// Nothing.
    Empty,
    /// A number.
    Number(u32),
}

/// An error without data, which says what it is.
#[ffi(error)]
#[derive(Debug)]
pub enum Refused {
    /// The first.
    Never,
    /// The second.
    Odd,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Odd => panic!("planted: an error that cannot be shown"),
        }
    }
}

/// An error with data, and without `Display`.
#[ffi(error)]
pub struct Detailed {
    /// Why.
    pub why: String,
    /// Where.
    pub at: Vec<u32>,
}

impl Drop for Detailed {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::SeqCst);
        if self.why == "bomb" {
            panic!("planted: the drop of an error");
        }
    }
}

/// A result whose drop panics.
#[ffi]
pub struct Bomb {
    /// A number.
    pub number: u32,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("planted: the drop of a result");
    }
}

#[ffi]
fn pair(_app: &MyApp, small: u8) -> Result<Pair, Refused> {
    match small {
        NEVER_RUNS => std::process::abort(),
        0 => Err(Refused::Never),
        1 => Err(Refused::Odd),
        small => Ok(Pair { small, large: u64::MAX }),
    }
}

#[ffi]
fn plain(_app: &MyApp, number: Option<u32>) -> Plain {
    number.map_or(Plain::Empty, Plain::Number)
}

#[ffi]
fn detail(_app: &MyApp, why: &str) -> Result<(), Detailed> {
    if why.is_empty() { Ok(()) } else { Err(Detailed { why: why.to_owned(), at: vec![1, 2, 3] }) }
}

#[ffi]
fn text(what: &str) -> String {
    assert!(what != "panic", "planted: {what}");
    what.to_uppercase()
}

#[ffi]
fn bytes(len: u32) -> Vec<u8> {
    vec![7; len as usize]
}

#[ffi]
fn bomb(number: u32) -> Bomb {
    Bomb { number }
}

/// An object.
#[ffi(handle)]
pub struct Thing(u32);

#[ffi]
fn thing(_app: &MyApp, number: u32) -> Option<Handle<Thing>> {
    (number > 0).then(|| Handle::new(Thing(number)))
}

#[ffi]
fn number_of(thing: &Thing) -> u32 {
    thing.0
}

static CTX: std::sync::atomic::AtomicPtr<c_void> = std::sync::atomic::AtomicPtr::new(ptr::null_mut());

#[ffi]
fn destroyed_inside(_app: &MyApp) -> i32 {
    typed::c::destroy(CTX.load(Ordering::SeqCst))
}

#[ffi]
fn closed_inside(_app: &MyApp) -> i32 {
    typed::c::close(CTX.load(Ordering::SeqCst), None, ptr::null_mut());
    pair_of(CTX.load(Ordering::SeqCst), 2).0
}

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct CPair {
    small: u8,
    large: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CPlain {
    tag: i32,
    number: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CDetailed {
    why: Str,
    at: typed::List<u32>,
}

unsafe extern "C" {
    safe fn my_app_create(cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
    safe fn my_app_pair(ctx: Ud, small: u8, result: *mut CPair, error: *mut FFIError) -> c_int;
    safe fn my_app_plain(
        ctx: Ud,
        number: *const typed::Optional<u32>,
        result: *mut CPlain,
        error: *mut FFIError,
    ) -> c_int;
    safe fn my_app_detail(ctx: Ud, why: Str, error: *mut FFIError) -> c_int;
    safe fn my_app_text(what: Str, result: *mut FFIOwnedString, error: *mut FFIError) -> c_int;
    safe fn my_app_bytes(len: u32, result: *mut FFIOwnedBytes, error: *mut FFIError) -> c_int;
    safe fn my_app_bomb(number: u32, result: *mut u32, error: *mut FFIError) -> c_int;
    safe fn my_app_thing(ctx: Ud, number: u32, result: *mut typed::Optional<u64>, error: *mut FFIError) -> c_int;
    safe fn my_app_number_of(ctx: Ud, thing: u64, result: *mut u32, error: *mut FFIError) -> c_int;
    safe fn my_app_thing_release(ctx: Ud, thing: u64) -> c_int;
    safe fn my_app_destroyed_inside(ctx: Ud, result: *mut i32, error: *mut FFIError) -> c_int;
    safe fn my_app_closed_inside(ctx: Ud, result: *mut i32, error: *mut FFIError) -> c_int;
}

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx))
}

const UNTOUCHED: CPair = CPair { small: 99, large: 99 };

/// The status, what is in the place of the result, and the error.
fn pair_of(ctx: Ud, small: u8) -> (c_int, CPair, FFIError) {
    let (mut result, mut error) = (UNTOUCHED, NO_ERROR);
    let ret = my_app_pair(ctx, small, &raw mut result, &raw mut error);
    (ret, result, error)
}

/// What an error says. It is released.
#[track_caller]
fn said(mut error: FFIError) -> String {
    assert!(!error.text.is_null());
    // SAFETY: the library says so.
    let text = unsafe { slice::from_raw_parts(error.text.cast::<u8>(), error.text_len) }.to_vec();
    for _ in 0..2 {
        assert_eq!(typed::c::release_error(&raw mut error), OK);
        assert!(error.text.is_null() && error.payload.is_null() && error.owner.is_null());
    }
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn a_result_is_written_only_when_all_is_well() {
    let ctx = context();
    let (ret, result, error) = pair_of(ctx.0, 7);
    assert_eq!((ret, result), (OK, CPair { small: 7, large: u64::MAX }));
    assert!(error.text.is_null() && error.owner.is_null(), "nothing is written to it");
    let (ret, result, error) = pair_of(ctx.0, 0);
    assert_eq!((ret, result, error.payload_len), (ERR, UNTOUCHED, 4));
    // SAFETY: it is an enum without data.
    assert_eq!(unsafe { error.payload.cast::<i32>().read() }, 0);
    assert_eq!(said(error), "never");
    assert_eq!(my_app_pair(ctx.0, 0, &mut { UNTOUCHED }, ptr::null_mut()), ERR, "nobody wants to know why");
    let mut plain = CPlain { tag: 9, number: 9 };
    let number = typed::Optional { present: true, value: 5 };
    assert_eq!(my_app_plain(ctx.0, &raw const number, &raw mut plain, ptr::null_mut()), OK);
    assert_eq!((plain.tag, plain.number), (1, 5));
    assert_eq!(my_app_plain(ctx.0, ptr::null(), &raw mut plain, ptr::null_mut()), OK);
    assert_eq!((plain.tag, plain.number), (0, 0), "what the variant has not is zero");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn without_a_place_for_the_result_nothing_runs() {
    let ctx = context();
    let mut error = NO_ERROR;
    assert_eq!(my_app_pair(ctx.0, NEVER_RUNS, ptr::null_mut(), &raw mut error), INVALID_ARGUMENT);
    assert!(error.owner.is_null() && error.payload.is_null(), "nobody has to own it");
    assert!(said(error).contains("NULL"));
    assert_eq!(my_app_pair(ctx.0, NEVER_RUNS, ptr::null_mut(), ptr::null_mut()), INVALID_ARGUMENT);
    assert_eq!(my_app_text(Str::of("a"), ptr::null_mut(), ptr::null_mut()), INVALID_ARGUMENT);
    assert_eq!(ctx.destroy(), OK);
    let (ret, result, error) = pair_of(ctx.0, 7);
    assert_eq!((ret, result), (INVALID_CTX, UNTOUCHED));
    assert!(said(error).contains("not a live context"));
}

#[test]
fn an_error_keeps_what_it_points_to() {
    let ctx = context();
    let (dropped, mut error) = (DROPPED.load(Ordering::SeqCst), NO_ERROR);
    assert_eq!(my_app_detail(ctx.0, Str::of(""), &raw mut error), OK);
    assert_eq!(my_app_detail(ctx.0, Str::of("because"), &raw mut error), ERR);
    assert_eq!(ctx.destroy(), OK, "an error outlives its context");
    assert_eq!((DROPPED.load(Ordering::SeqCst), error.payload_len), (dropped, size_of::<CDetailed>()));
    // SAFETY: it lives until it is released.
    let detail = unsafe { error.payload.cast::<CDetailed>().read() };
    // SAFETY: as above.
    assert_eq!(unsafe { (detail.why.text(), detail.at.values()) }, ("because".to_owned(), vec![1, 2, 3]));
    assert_eq!(said(error), "", "it has no `Display`");
    assert_eq!(DROPPED.load(Ordering::SeqCst), dropped + 1);
    // Also where nobody wants it, and its drop panics.
    let ctx = context();
    assert_eq!(my_app_detail(ctx.0, Str::of("bomb"), ptr::null_mut()), ERR);
    assert_eq!(my_app_detail(ctx.0, Str::of("bomb"), &raw mut error), ERR);
    assert_eq!((said(error), DROPPED.load(Ordering::SeqCst)), (String::new(), dropped + 3));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn text_and_bytes_are_the_hosts() {
    let (mut text, mut error) = (FFIOwnedString::empty(), NO_ERROR);
    assert_eq!(my_app_text(Str::of("grün"), &raw mut text, &raw mut error), OK);
    // SAFETY: the library says so.
    assert_eq!(unsafe { slice::from_raw_parts(text.data.cast::<u8>(), text.len) }, "GRÜN".as_bytes());
    for _ in 0..2 {
        assert_eq!(typed::c::release_string(&raw mut text), OK);
        assert!(text.data.is_null() && text.len == 0 && text.owner.is_null());
    }
    let mut bytes = FFIOwnedBytes::empty();
    for len in [0, 1, 100_000] {
        assert_eq!(my_app_bytes(len, &raw mut bytes, &raw mut error), OK);
        assert!(!bytes.data.is_null() && bytes.len == len as usize);
        assert_eq!(typed::c::release_bytes(&raw mut bytes), OK);
    }
    assert_eq!(my_app_text(Str::of(b"\xff"), &raw mut text, &raw mut error), DECODE);
    assert!(said(error).starts_with("`what`") && text.owner.is_null());
    assert_eq!([typed::c::release_string(ptr::null_mut()), typed::c::release_error(ptr::null_mut())], [OK; 2]);
    assert_eq!(typed::c::release_bytes(ptr::null_mut()), OK);
}

#[test]
fn panics_are_told_or_contained() {
    let (mut text, mut error) = (FFIOwnedString::empty(), NO_ERROR);
    assert_eq!(my_app_text(Str::of("panic"), &raw mut text, &raw mut error), PANIC);
    assert_eq!((said(error), text.owner.is_null()), ("planted: panic".to_owned(), true));
    assert_eq!(my_app_text(Str::of("panic"), &raw mut text, ptr::null_mut()), PANIC);
    let mut number = 0;
    assert_eq!(my_app_bomb(7, &raw mut number, &raw mut error), OK, "its result was written before its drop");
    assert_eq!(number, 7);
    let ctx = context();
    let (ret, _, error) = pair_of(ctx.0, 1);
    assert_eq!((ret, error.payload_len, said(error)), (ERR, 4, String::new()), "the error is told, without its text");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn handles_are_numbers() {
    let ctx = context();
    let mut thing = typed::Optional { present: false, value: 0 };
    assert_eq!(my_app_thing(ctx.0, 0, &raw mut thing, ptr::null_mut()), OK);
    assert!(!thing.present);
    assert_eq!(my_app_thing(ctx.0, 5, &raw mut thing, ptr::null_mut()), OK);
    let (mut number, mut error) = (0, NO_ERROR);
    assert_eq!(my_app_number_of(ctx.0, thing.value, &raw mut number, &raw mut error), OK);
    assert_eq!((number, ctx.stats().handles), (5, 1));
    assert_eq!(my_app_thing_release(ctx.0, thing.value), OK);
    assert_eq!(my_app_number_of(ctx.0, thing.value, &raw mut number, &raw mut error), DECODE);
    assert!(said(error).contains("no live `Thing`"));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn a_request_is_inside_of_its_context() {
    let ctx = context();
    CTX.store(ctx.0, Ordering::SeqCst);
    let mut status = 0;
    assert_eq!(my_app_destroyed_inside(ctx.0, &raw mut status, ptr::null_mut()), OK);
    assert_eq!(status, WOULD_DEADLOCK);
    assert_eq!(my_app_closed_inside(ctx.0, &raw mut status, ptr::null_mut()), OK, "a close waits for it");
    assert_eq!(status, CLOSING);
    typed::wait_until("it is closed", || pair_of(ctx.0, 2).0 == INVALID_CTX);
}
