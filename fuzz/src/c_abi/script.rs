//! Bytes as a script of C ABI calls.
//!
//! The functions are declared by the test host; the callbacks are this file's, since a script goes on inside each of them.

use super::exports::{Api, HASTY_API, PATIENT_API};
use super::library::{self, MAX_PAYLOAD};
use super::world::{self, Kind};
use ffihost::Status;
use ffihost::abi::types::{FFICallBack, FFIHostFnOptions, FFIStats};
use ffihost_test_host::Request;
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::time::{Duration, Instant};

/// Calls that one callback makes, at most.
const PER_CALLBACK: usize = 3;
/// The library's threads that belong to one context until they end.
const OWN_THREADS: [&str; 2] = ["ffihost", "ffihost-events"];
/// A callback that takes this long may make a close of the library with short limits time out.
const LONG: Duration = Duration::from_millis(5);
/// Threads per run, at most.
const THREADS: usize = 3;

thread_local! {
    /// The context whose callback this thread is in: the outermost.
    static INSIDE: Cell<Option<usize>> = const { Cell::new(None) };
    /// The call that this thread was asked for last.
    static ASKED: Cell<(usize, u64)> = const { Cell::new((0, 0)) };
    /// How deep callbacks are in callbacks.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Bytes, front to back; zeros when there are no more.
#[derive(Clone, Debug, Default)]
pub struct Script {
    bytes: Vec<u8>,
    next: usize,
}

impl Script {
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), next: 0 }
    }

    fn is_over(&self) -> bool {
        self.next >= self.bytes.len()
    }

    fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        byte
    }

    fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    fn some(&mut self, limit: usize) -> Vec<u8> {
        let length = usize::from(self.byte()) % limit;
        let start = self.next.min(self.bytes.len());
        let end = (start + length).min(self.bytes.len());
        self.next = end.max(self.next);
        self.bytes[start..end].to_vec()
    }

    /// What a callback does.
    fn part(&mut self) -> Self {
        Self::new(&self.some(24))
    }

    fn payload(&mut self) -> Payload {
        let (bytes, length) = match self.byte() % 8 {
            0 => (None, 0),
            1 => (None, 1 + usize::from(self.byte())),
            2 => (None, usize::MAX),
            3 => (Some(vec![b'x'; MAX_PAYLOAD + 1]), MAX_PAYLOAD + 1),
            4 => (Some(vec![b'x'; MAX_PAYLOAD]), MAX_PAYLOAD),
            _ => {
                let bytes = self.some(32);
                let length = bytes.len();
                (Some(bytes), length)
            }
        };
        Payload { bytes, length }
    }

    /// A name, with its NUL, or none.
    fn name(&mut self, known: &'static [u8]) -> Option<Vec<u8>> {
        let mut name = match self.byte() % 16 {
            0 => return None,
            1 => self.some(32),
            2 => vec![b'n'; 255],
            3 => vec![b'n'; 256],
            4 => vec![0xff, 0xfe],
            5 => Vec::new(),
            6 => b"ASK".to_vec(),
            7 | 8 => b"other".to_vec(),
            _ => known.to_vec(),
        };
        name.retain(|byte| *byte != 0);
        name.push(0);
        name.shrink_to_fit();
        Some(name)
    }

    /// A ctx: one of ours, mostly.
    fn ctx(&mut self) -> usize {
        let choice = self.byte();
        let contexts = world::with(|world| world.contexts.clone());
        let one = |n: u8| contexts.get(usize::from(n) % contexts.len().max(1)).copied().unwrap_or(0);
        match choice {
            0..200 => match INSIDE.get() {
                Some(own) if choice.is_multiple_of(2) => own,
                _ => one(contexts.len().wrapping_sub(1 + usize::from(choice / 64)) as u8),
            },
            200..230 => one(choice),
            230..240 => 0,
            240..250 => one(choice) ^ 1 << (self.byte() % 64),
            _ => self.number() as usize,
        }
    }

    /// One that this thread may wait for: inside a callback of one context, waiting for another is a deadlock of the host's
    /// own making, if both do it.
    fn ctx_to_wait_for(&mut self) -> usize {
        let ctx = self.ctx();
        match INSIDE.get() {
            Some(own) if world::with(|world| world.is_live_elsewhere(ctx, own)) => own,
            _ => ctx,
        }
    }

    /// A call: the one that this thread was asked for, one that somebody was asked for, or any number.
    fn call(&mut self) -> (usize, u64) {
        match self.byte() {
            0..128 if ASKED.get().1 != 0 => ASKED.get(),
            choice @ 0..220 => {
                let of = world::with(|world| {
                    let last = world.tokens.len().wrapping_sub(1 + usize::from(choice) % world.tokens.len().max(1));
                    world.tokens.get(last).copied()
                });
                of.unwrap_or_else(|| (self.ctx(), 1))
            }
            220..240 => (self.ctx(), u64::from(self.byte())),
            _ => (self.ctx(), self.number()),
        }
    }

    fn callback(&mut self) -> Option<FFICallBack> {
        if self.byte() % 16 == 15 { None } else { Some(on_told) }
    }
}

/// Bytes to pass: all of them, in an allocation of that size, or NULL with any length.
struct Payload {
    bytes: Option<Vec<u8>>,
    length: usize,
}

impl Payload {
    fn pointer(&self) -> *const u8 {
        self.bytes.as_ref().map_or(std::ptr::null(), |bytes| bytes.as_ptr())
    }
}

fn name_pointer(name: Option<&Vec<u8>>) -> *const c_char {
    name.map_or(std::ptr::null(), |name| name.as_ptr().cast())
}

fn pointer(ctx: usize) -> *mut c_void {
    std::ptr::without_provenance_mut(ctx)
}

/// The exports of the library whose context that is, or of any.
pub fn api(ctx: usize) -> &'static Api {
    world::with(|world| world.api(ctx))
}

/// What an export returned has to be a status, and not that it panicked.
fn checked(ret: c_int) -> c_int {
    assert!((0..=16).contains(&ret) && ret != Status::Panic.code(), "an export returned {ret}");
    ret
}

/// Plays at most `limit` calls of a script.
pub fn play(script: &mut Script, limit: usize) {
    for _ in 0..limit {
        if script.is_over() {
            return;
        }
        match script.byte() % 20 {
            0 => create(script),
            1..=4 => request(script, |api| api.requests, Kind::Request),
            5 => request(script, |api| api.sync_requests, Kind::SyncRequest),
            6..=7 => register(script),
            8..=9 => register_with(script),
            10..=12 => complete(script),
            13 => cancel(script),
            14 => close(script),
            15 => destroy(script.ctx_to_wait_for()),
            16 => add_listener(script),
            17 => remove_listener(script),
            18 => look(script),
            _ => wait_or_spawn(script),
        }
    }
}

/// Has a slot made, calls an export with its userData, and notes whether the slot was accepted.
fn with_slot(kind: Kind, ctx: usize, script: Script, export: impl FnOnce(*mut c_void) -> bool) {
    if let Some((slot, user_data)) = world::with(|world| world.slot(kind, ctx, script)) {
        let accepted = export(user_data);
        world::with(|world| world.decide(slot, accepted));
    }
}

fn create(script: &mut Script) {
    let (cb, args, part) = (script.callback(), script.payload(), script.part());
    let how = script.byte();
    let (without_out, is_hasty) = (how % 16 == 15, how >= 192);
    let api = if is_hasty { HASTY_API } else { PATIENT_API };
    let Some((slot, user_data)) = world::with(|world| world.slot(Kind::Create, 0, part)) else { return };
    let mut ctx = std::ptr::null_mut();
    let out = if without_out { std::ptr::null_mut() } else { &raw mut ctx };
    let ret = checked((api.create)(args.pointer(), args.length, cb, user_data, out));
    world::with(|world| {
        if ret == 0 {
            world.created(slot, ctx.addr(), is_hasty);
        }
        world.decide(slot, ret == 0);
    });
}

fn request(script: &mut Script, requests: impl FnOnce(&Api) -> &'static [Request], kind: Kind) {
    let choice = script.byte();
    // A synchronous request may need the FFI thread.
    let ctx = if kind == Kind::SyncRequest { script.ctx_to_wait_for() } else { script.ctx() };
    let api = api(ctx);
    let requests = requests(api);
    let request = requests[usize::from(choice) % requests.len()];
    if api.blocking.iter().any(|blocking| std::ptr::fn_addr_eq(*blocking, request)) {
        world::with(|world| world.blocked(ctx));
    }
    let (cb, args, part) = (script.callback(), script.payload(), script.part());
    with_slot(kind, ctx, part, |user_data| {
        checked(request(pointer(ctx), cb, user_data, args.pointer(), args.length)) == 0
    });
}

fn register(script: &mut Script) {
    let (ctx, name, part, how) = (script.ctx(), script.name(b"ask"), script.part(), script.byte());
    let function = if how % 4 == 3 { None } else { Some(on_asked as _) };
    let export = if how % 8 < 4 { api(ctx).register_host_fn } else { api(ctx).register_host_fn_cbor };
    with_slot(Kind::Function { releases: false }, ctx, part, |user_data| {
        let ret = checked(export(pointer(ctx), name_pointer(name.as_ref()), function, user_data));
        ret == 0 && function.is_some()
    });
}

/// Options, and what a later header might have after them.
#[repr(C)]
struct LargerOptions {
    options: FFIHostFnOptions,
    more: [u64; 520],
}

fn register_with(script: &mut Script) {
    let (ctx, name, part, how) = (script.ctx(), script.name(b"ask"), script.part(), script.byte());
    let own = size_of::<FFIHostFnOptions>();
    let (size, more) = match script.byte() {
        0 => (0, 0),
        1 => (own - 8, 0),
        2 => (own + 8, 0),
        3 => (own + 8, 1),
        4 => (size_of::<LargerOptions>(), 0),
        5 => (4_096, 0),
        _ => (own, 1),
    };
    let releases = how & 1 == 0;
    let function = if how % 8 == 7 { None } else { Some(on_asked as _) };
    with_slot(Kind::Function { releases }, ctx, part, |user_data| {
        let options = FFIHostFnOptions {
            size,
            function,
            cancel: if how & 2 == 0 { Some(on_cancelled) } else { None },
            release: if releases { Some(on_released) } else { None },
            user_data,
            format: if how & 0xf0 == 0xf0 { i32::from(how) } else { i32::from(how >> 6 & 1) },
            max_in_flight: u32::from(how >> 4 & 3),
            deadline_ms: u64::from(how >> 2 & 1) * 2,
        };
        let options = Box::new(LargerOptions { options, more: [more; 520] });
        let options = if how == 0xfe { std::ptr::null() } else { (&raw const *options).cast::<FFIHostFnOptions>() };
        let ret = checked((api(ctx).register_host_fn_with)(pointer(ctx), name_pointer(name.as_ref()), options));
        ret == 0 && function.is_some()
    });
}

fn complete(script: &mut Script) {
    let ((ctx, token), answer, ret) = (script.call(), script.payload(), script.byte());
    let ret = if ret < 250 { c_int::from(ret % 4) } else { c_int::from(ret as i8) };
    let taken = checked((api(ctx).host_complete)(pointer(ctx), token, ret, answer.pointer().cast(), answer.length));
    if [Status::Ok, Status::Decode, Status::TooLarge].iter().any(|status| status.code() == taken) {
        world::with(|world| world.answer(ctx, token));
    }
}

fn cancel(script: &mut Script) {
    let (ctx, choice) = (script.ctx(), script.byte());
    let user_data = world::with(|world| match world.slots() {
        0 => std::ptr::null_mut(),
        slots => world.user_data(slots - 1 - usize::from(choice) % slots),
    });
    checked((api(ctx).cancel)(pointer(ctx), user_data));
}

fn close(script: &mut Script) {
    let (ctx, cb, part) = (script.ctx(), script.callback(), script.part());
    with_slot(Kind::Close, ctx, part, |user_data| {
        checked((api(ctx).close)(pointer(ctx), cb, user_data)) == 0 && cb.is_some()
    });
}

/// Destroys a context, and checks that nothing of it is left.
pub fn destroy(ctx: usize) {
    let ret = checked((api(ctx).destroy)(pointer(ctx)));
    assert!(ret != Status::WouldDeadlock.code() || INSIDE.get().is_some(), "destroy would not deadlock here");
    if ret == 0 {
        world::with(|world| world.destroyed(ctx));
    }
    if ret == Status::TimedOut.code() {
        let slow = world::machine_was_slow();
        world::with(|world| world.timed_out(ctx, slow));
    }
}

/// After a close that timed out: there is room for a context of that library, and it ends.
pub fn create_and_destroy() {
    let mut ctx = std::ptr::null_mut();
    with_slot(Kind::Create, 0, Script::default(), |user_data| {
        let ret = (HASTY_API.create)(std::ptr::null(), 0, Some(on_told), user_data, &raw mut ctx);
        assert_eq!(ret, 0, "no context after one that timed out");
        true
    });
    let ret = (HASTY_API.destroy)(ctx);
    assert!(ret == 0 || ret == Status::TimedOut.code() && world::machine_was_slow(), "destroy: {ret}");
}

fn add_listener(script: &mut Script) {
    let (ctx, event, cb, part) = (script.ctx(), script.name(b"happened"), script.callback(), script.part());
    let export = match script.byte() % 2 {
        0 => api(ctx).add_event_listener,
        _ => api(ctx).add_event_listener_cbor,
    };
    let Some((slot, user_data)) = world::with(|world| world.slot(Kind::Listener, ctx, part)) else { return };
    let id = export(pointer(ctx), name_pointer(event.as_ref()), cb, user_data);
    world::with(|world| {
        world.decide(slot, id != 0);
        if id != 0 {
            world.listeners.push((ctx, id, slot));
        }
    });
}

fn remove_listener(script: &mut Script) {
    let choice = script.byte();
    let known = world::with(|world| world.listeners.get(usize::from(choice) % world.listeners.len().max(1)).copied());
    let (ctx, id) = match known {
        Some((ctx, id, _)) if choice < 200 => (ctx, id),
        _ => (script.ctx(), u64::from(script.byte())),
    };
    if INSIDE.get().is_some_and(|own| world::with(|world| world.is_live_elsewhere(ctx, own))) {
        return;
    }
    if checked((api(ctx).remove_event_listener)(pointer(ctx), id)) == 0 {
        world::with(|world| world.removed(ctx, id));
    }
}

fn look(script: &mut Script) {
    let (ctx, choice) = (script.ctx(), script.byte());
    let name = script.name(b"ask");
    let registered = (api(ctx).host_fn_registered)(pointer(ctx), name_pointer(name.as_ref()));
    assert!(registered <= 1 && registered != -Status::Panic.code(), "host_fn_registered returned {registered}");
    let mut stats = FFIStats::default();
    if choice & 1 != 0 {
        stats.size = usize::from(choice);
    }
    let out = if choice & 6 == 6 { std::ptr::null_mut() } else { &raw mut stats };
    checked((api(ctx).stats)(pointer(ctx), out));
    let (mut bytes, mut length) = (std::ptr::null(), 0);
    let pointer_to_bytes = if choice & 8 == 0 { &raw mut bytes } else { std::ptr::null_mut() };
    if checked((api(ctx).abi_descriptor)(pointer_to_bytes, &raw mut length)) == 0 {
        // SAFETY: it was OK.
        let descriptor = unsafe { std::slice::from_raw_parts(bytes, length) };
        let hash = (api(ctx).abi_hash)();
        assert!(!descriptor.is_empty() && hash != 0 && (api(ctx).abi_layout)() != 0);
    }
    assert!(!(api(ctx).version)().is_null());
}

/// What a thread does when it ends, in the destructor of a thread-local value: it looks at a context, and destroys it if the
/// thread is that context's own, which has to be refused.
struct AtEnd(usize);

impl Drop for AtEnd {
    fn drop(&mut self) {
        look_at(self.0);
        let status = (api(self.0).destroy)(pointer(self.0));
        let refused = [Status::WouldDeadlock.code(), Status::InvalidCtx.code()];
        assert!(refused.contains(&status), "destroyed at the end of a thread of its own: {status}");
    }
}

thread_local! {
    static AT_END: Cell<Option<AtEnd>> = const { Cell::new(None) };
}

fn look_at(ctx: usize) {
    let mut stats = FFIStats::default();
    checked((api(ctx).stats)(pointer(ctx), &raw mut stats));
}

/// Visits a context again and again: whoever closes it meanwhile does not wait for that.
fn hammer(script: &mut Script) {
    let (ctx, times) = (script.ctx(), u32::from(script.byte()) * 8);
    for token in 0..times {
        look_at(ctx);
        checked((api(ctx).host_complete)(pointer(ctx), u64::from(token) << 40, 0, std::ptr::null(), 0));
    }
}

fn wait_or_spawn(script: &mut Script) {
    let how = script.byte();
    match how % 32 {
        31 => return hammer(script),
        30 => return library::let_go(),
        _ => {}
    }
    if how < 128 {
        return std::thread::sleep(Duration::from_micros(u64::from(how % 32) * 50));
    }
    let mut part = Script::new(&script.some(96));
    let may = world::with(|world| {
        world.started_threads += 1;
        world.started_threads <= THREADS
    });
    if may {
        let thread = std::thread::spawn(move || play(&mut part, usize::MAX));
        world::with(|world| world.add_thread(thread));
    }
}

/// Plays the script of a slot inside one of its callbacks.
fn inside(slot: usize) {
    let (ctx, mut script) = world::with(|world| (world.context_of(slot), std::mem::take(world.script(slot))));
    let start = Instant::now();
    let outer = INSIDE.get();
    let depth = DEPTH.get();
    if depth < 4 {
        INSIDE.set(outer.or(Some(ctx)));
        DEPTH.set(depth + 1);
        // Host functions and listeners run on the library's threads, which end with their context.
        if script.bytes.len() % 4 == 3 && std::thread::current().name().is_some_and(|name| OWN_THREADS.contains(&name))
        {
            AT_END.with(|at_end| at_end.set(Some(at_end.take().unwrap_or(AtEnd(ctx)))));
        }
        play(&mut script, PER_CALLBACK);
        DEPTH.set(depth);
        INSIDE.set(outer);
    }
    let took_long = start.elapsed() > LONG;
    world::with(|world| {
        *world.script(slot) = script;
        if took_long {
            world.blocked(world.context_of(slot));
        }
    });
}

/// Reads every byte that the library passes, for the sanitizers to see.
fn read(bytes: *const c_char, length: usize) {
    assert!(!bytes.is_null(), "the library passes NULL");
    // SAFETY: the library passes `length` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
    std::hint::black_box(bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
}

extern "C" fn on_told(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    read(msg, len);
    let slot = world::with(|world| world.told(user_data, ret));
    inside(slot);
    read(msg, len);
    world::with(|world| world.leave(slot));
}

extern "C" fn on_asked(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
    read(req, len);
    let (slot, ctx) = world::with(|world| {
        let slot = world.asked(user_data, token);
        (slot, world.context_of(slot))
    });
    let outer = ASKED.replace((ctx, token));
    inside(slot);
    ASKED.set(outer);
    read(req, len);
    world::with(|world| {
        world.answered_or_not(slot, token);
        world.leave(slot);
    });
}

extern "C" fn on_cancelled(token: u64, user_data: *mut c_void) {
    let slot = world::with(|world| world.cancelled(user_data, token));
    inside(slot);
    world::with(|world| world.leave(slot));
}

extern "C" fn on_released(user_data: *mut c_void) {
    let slot = world::with(|world| world.released(user_data));
    inside(slot);
    world::with(|world| world.leave(slot));
}
