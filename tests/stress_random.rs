//! Random hosts: several threads do whatever the C ABI offers to several contexts that come and go, with handles of earlier ones
//! and tokens of others among them. What must hold is checked in every callback, and when a context has ended.
//! The callbacks are its own: each knows the token and the context that it is for, and what it keeps ends with its round.
//!
//! It runs for as many seconds as `FFIHOST_STRESS_SECONDS` says (2), and tells its seed; `FFIHOST_STRESS_SEED` repeats one, as far
//! as threads do. A minute in CI, an hour by hand.

mod support;

use ffihost::Status;
use ffihost::abi::types::{FFIHostFnOptions, FFIStats};
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::io::Write as _;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::c;

const OK: c_int = Status::Ok.code();
const THREADS: u64 = 4;
const PLACES: usize = 3;
/// What a thread does in a round.
const DEEDS: u32 = 150;

/// xorshift, Marsaglia 2003.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

fn is_one_of(status: c_int, allowed: &[Status]) -> bool {
    allowed.iter().any(|allowed| allowed.code() == status)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("not poisoned")
}

/// A context, from before its creation until nobody can call back any more.
#[derive(Default)]
struct Life {
    ctx: AtomicUsize,
    /// A destroy has returned OK: nothing of it is called any more.
    over: AtomicBool,
}

impl Life {
    fn ctx(&self) -> *mut c_void {
        ptr::without_provenance_mut(self.ctx.load(Ordering::Acquire))
    }

    fn assert_on(&self) {
        assert!(!self.over.load(Ordering::SeqCst), "called after destroy has returned");
    }
}

/// What becomes of a token: answers that were accepted, and whether it was cancelled.
#[derive(Default)]
struct Fate {
    accepted: u32,
    cancelled: u32,
}

/// Everything of a round. Callbacks have the addresses of what is in here; it is kept for a round more, so that a call too many is
/// noticed.
#[derive(Default)]
struct World {
    lives: Mutex<Vec<Arc<Life>>>,
    places: [Mutex<Option<Arc<Life>>>; PLACES],
    told: Mutex<Vec<Arc<Told>>>,
    functions: Mutex<Vec<Arc<Function>>>,
    tokens: Mutex<HashMap<u64, Fate>>,
    /// Calls that nobody has answered yet.
    open: Mutex<Vec<(usize, u64)>>,
}

/// What is to be called back: a request, a creation, a close; or a listener.
struct Told {
    life: Arc<Life>,
    listens: bool,
    accepted: AtomicBool,
    ended: AtomicU32,
}

/// A registration.
struct Function {
    world: *const World,
    life: Arc<Life>,
    how: u64,
    accepted: AtomicBool,
    released: AtomicU32,
}

// SAFETY: the world outlives its functions, and may be used on any thread.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

extern "C" fn on_told(ret: c_int, msg: *const c_char, _: usize, user_data: *mut c_void) {
    assert!(!msg.is_null());
    // SAFETY: it is kept by the world; see there.
    let told = unsafe { &*user_data.cast::<Told>() };
    told.life.assert_on();
    if told.listens {
        assert_eq!(ret, OK);
    } else if ret != Status::StaleWarn.code() {
        assert_eq!(told.ended.fetch_add(1, Ordering::SeqCst), 0, "called back twice");
    }
}

extern "C" fn on_asked(token: u64, _: *const c_char, _: usize, user_data: *mut c_void) {
    // SAFETY: it is kept by the world; see there.
    let function = unsafe { &*user_data.cast::<Function>() };
    // SAFETY: as above.
    let world = unsafe { &*function.world };
    function.life.assert_on();
    assert_eq!(function.released.load(Ordering::SeqCst), 0, "called after its release");
    assert_ne!(token, 0);
    let before = locked(&world.tokens).insert(token, Fate::default());
    assert!(before.is_none(), "two calls have the token {token:#x}");
    let ctx = function.life.ctx();
    match (function.how ^ token) % 6 {
        0 | 1 => answer(world, ctx, token),
        2 => locked(&world.open).push((ctx.addr(), token)),
        3 => {
            locked(&world.open).push((ctx.addr(), token));
            let status = c::destroy(ctx);
            assert!(is_one_of(status, &[Status::WouldDeadlock, Status::InvalidCtx]), "{status}");
        }
        4 => {
            // Into another's context, which has no such call.
            let other = locked(&world.places[0]).clone();
            if let Some(other) = other.filter(|other| !Arc::ptr_eq(other, &function.life)) {
                let status = c::host_complete(other.ctx(), token, OK, ptr::null(), 0);
                assert!(is_one_of(status, &[Status::UnknownToken, Status::InvalidCtx]), "{status}");
            }
            answer(world, ctx, token);
        }
        _ => {}
    }
}

extern "C" fn on_cancelled(token: u64, user_data: *mut c_void) {
    // SAFETY: it is kept by the world; see there.
    let function = unsafe { &*user_data.cast::<Function>() };
    // SAFETY: as above.
    let world = unsafe { &*function.world };
    function.life.assert_on();
    assert_eq!(function.released.load(Ordering::SeqCst), 0, "cancelled after its release");
    let mut tokens = locked(&world.tokens);
    let fate = tokens.get_mut(&token).expect("it was asked for");
    fate.cancelled += 1;
    assert_eq!((fate.accepted, fate.cancelled), (0, 1), "{token:#x}");
}

extern "C" fn on_released(user_data: *mut c_void) {
    // SAFETY: it is kept by the world; see there.
    let function = unsafe { &*user_data.cast::<Function>() };
    function.life.assert_on();
    assert_eq!(function.released.fetch_add(1, Ordering::SeqCst), 0, "released twice");
    thread::sleep(Duration::from_micros(20));
    // Nor has destroy returned while this ran.
    function.life.assert_on();
}

fn answer(world: &World, ctx: *mut c_void, token: u64) {
    let ret = c_int::from(token.is_multiple_of(7));
    let status = c::host_complete(ctx, token, ret, c"answer".as_ptr(), 6);
    assert!(is_one_of(status, &[Status::Ok, Status::UnknownToken, Status::InvalidCtx, Status::Decode]), "{status}");
    if status == OK {
        let mut tokens = locked(&world.tokens);
        let fate = tokens.get_mut(&token).expect("a token that was answered was asked for");
        fate.accepted += 1;
        assert_eq!((fate.accepted, fate.cancelled), (1, 0), "{token:#x}");
    }
}

impl World {
    fn told(&self, life: &Arc<Life>, listens: bool) -> Arc<Told> {
        let told = Told { life: Arc::clone(life), listens, accepted: AtomicBool::new(false), ended: AtomicU32::new(0) };
        let told = Arc::new(told);
        locked(&self.told).push(Arc::clone(&told));
        told
    }

    fn create(&self, place: usize, random: &mut Random) {
        let life = Arc::new(Life::default());
        let told = self.told(&life, false);
        let name = ["", "", "", "fails", "hangs", "asks in destructor", "panics in drop"][random.below(7) as usize];
        let mut ctx = ptr::null_mut();
        let user_data = Arc::as_ptr(&told).cast_mut().cast();
        let status = c::create(name.as_ptr(), name.len(), Some(on_told), user_data, &raw mut ctx);
        assert_eq!(status, OK, "create");
        told.accepted.store(true, Ordering::SeqCst);
        life.ctx.store(ctx.addr(), Ordering::Release);
        locked(&self.lives).push(Arc::clone(&life));
        let before = locked(&self.places[place]).replace(life);
        if let Some(before) = before {
            self.end(&before, random);
        }
    }

    fn end(&self, life: &Arc<Life>, random: &mut Random) {
        if random.below(3) == 0 {
            let told = self.told(life, false);
            let status = c::close(life.ctx(), Some(on_told), Arc::as_ptr(&told).cast_mut().cast());
            assert!(is_one_of(status, &[Status::Ok, Status::Closing, Status::InvalidCtx]), "{status}");
            told.accepted.store(status == OK, Ordering::SeqCst);
        }
        let status = c::destroy(life.ctx());
        assert!(is_one_of(status, &[Status::Ok, Status::InvalidCtx]), "destroy: {status}");
        if status == OK {
            life.over.store(true, Ordering::SeqCst);
        }
    }

    fn request(&self, life: &Arc<Life>, random: &mut Random) {
        const REQUESTS: [(&str, &str); 14] = [
            ("ask", "?"),
            ("ask", "?"),
            ("ask_patiently", "?"),
            ("ask_elsewhere", "?"),
            ("ask_and_drop", "?"),
            ("ask_with_deadline", "1"),
            ("ask_sync", "?"),
            ("echo", "echo"),
            ("sleep", "1"),
            ("emit", "event"),
            ("fail", "declared"),
            ("name_now", ""),
            ("name_now", "ask"),
            ("move_call", "?"),
        ];
        let (request, bytes) = REQUESTS[random.below(14) as usize];
        let told = self.told(life, false);
        let user_data: *mut c_void = Arc::as_ptr(&told).cast_mut().cast();
        let status = c::request(request)(life.ctx(), Some(on_told), user_data, bytes.as_ptr(), bytes.len());
        let allowed = [Status::Ok, Status::Closing, Status::InvalidCtx, Status::Busy];
        assert!(is_one_of(status, &allowed), "{request}: {status}");
        told.accepted.store(status == OK, Ordering::SeqCst);
        if random.below(8) == 0 {
            let status = c::cancel(life.ctx(), user_data);
            assert!(is_one_of(status, &[Status::Ok, Status::UnknownToken, Status::InvalidCtx]), "cancel: {status}");
        }
    }

    fn register(&self, life: &Arc<Life>, random: &mut Random) {
        let function = Arc::new(Function {
            world: self,
            life: Arc::clone(life),
            how: random.below(6),
            accepted: AtomicBool::new(false),
            released: AtomicU32::new(0),
        });
        locked(&self.functions).push(Arc::clone(&function));
        let options = FFIHostFnOptions {
            size: size_of::<FFIHostFnOptions>(),
            function: Some(on_asked),
            cancel: Some(on_cancelled),
            release: Some(on_released),
            user_data: Arc::as_ptr(&function).cast_mut().cast(),
            format: 0,
            max_in_flight: [0, 2][random.below(2) as usize],
            deadline_ms: [0, 1][random.below(2) as usize],
        };
        let status = c::register_host_fn_with(life.ctx(), c"ask".as_ptr(), &raw const options);
        assert!(is_one_of(status, &[Status::Ok, Status::Closing, Status::InvalidCtx]), "register: {status}");
        function.accepted.store(status == OK, Ordering::SeqCst);
    }

    fn listen(&self, life: &Arc<Life>) {
        let told = self.told(life, true);
        let user_data = Arc::as_ptr(&told).cast_mut().cast();
        let listener = c::add_event_listener(life.ctx(), c"happened".as_ptr(), Some(on_told), user_data);
        if listener != 0 && listener.is_multiple_of(2) {
            let status = c::remove_event_listener(life.ctx(), listener);
            assert!(is_one_of(status, &[Status::Ok, Status::UnknownToken, Status::InvalidCtx]), "remove: {status}");
        }
    }

    fn do_something(&self, random: &mut Random) {
        let place = random.below(PLACES as u64) as usize;
        // Now and then one that was there before.
        let life = if random.below(10) == 0 {
            let lives = locked(&self.lives);
            let count = lives.len() as u64;
            (count != 0).then(|| Arc::clone(&lives[random.below(count) as usize]))
        } else {
            locked(&self.places[place]).clone()
        };
        let Some(life) = life else { return self.create(place, random) };
        match random.below(24) {
            0 => self.create(place, random),
            1 | 2 => self.register(&life, random),
            3 => {
                let status = c::register_host_fn(life.ctx(), c"ask".as_ptr(), None, ptr::null_mut());
                let allowed = [Status::Ok, Status::NotRegistered, Status::Closing, Status::InvalidCtx];
                assert!(is_one_of(status, &allowed), "unregister: {status}");
            }
            4 | 5 => self.listen(&life),
            6 => {
                let mut stats = FFIStats::default();
                let status = c::stats(life.ctx(), &raw mut stats);
                assert!(is_one_of(status, &[Status::Ok, Status::InvalidCtx]), "stats: {status}");
            }
            7..=10 => {
                let open = locked(&self.open).pop();
                if let Some((ctx, token)) = open {
                    answer(self, ptr::without_provenance_mut(ctx), token);
                }
            }
            11 => {
                let status = c::host_complete(life.ctx(), random.below(u64::MAX), OK, ptr::null(), 0);
                assert!(is_one_of(status, &[Status::UnknownToken, Status::InvalidCtx]), "forged: {status}");
            }
            _ => self.request(&life, random),
        }
    }

    /// Ends what is left, and checks what has to hold of a round that is over.
    fn finish(&self, random: &mut Random) {
        let lives = locked(&self.lives).clone();
        for life in lives {
            self.end(&life, random);
            // Another thread's destroy or a close may have been first; then there is nobody left to wait for.
        }
        support::wait_until("everything that was accepted is called back", || {
            locked(&self.told).iter().all(|told| {
                let ended = told.ended.load(Ordering::SeqCst);
                told.listens || ended == u32::from(told.accepted.load(Ordering::SeqCst))
            })
        });
        support::wait_until("every registration is released", || {
            locked(&self.functions).iter().all(|function| {
                function.released.load(Ordering::SeqCst) == u32::from(function.accepted.load(Ordering::SeqCst))
            })
        });
    }
}

fn round(seed: u64) -> Arc<World> {
    let world = Arc::new(World::default());
    thread::scope(|scope| {
        for number in 0..THREADS {
            let world = &world;
            scope.spawn(move || {
                let mut random = Random::new(seed * THREADS + number);
                (0..DEEDS).for_each(|_| world.do_something(&mut random));
            });
        }
    });
    world.finish(&mut Random::new(seed));
    world
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn random_hosts() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than that");
    let seed = number("FFIHOST_STRESS_SEED", u64::from(now.subsec_nanos()));
    let time = Duration::from_secs(number("FFIHOST_STRESS_SECONDS", 2));
    // Not captured: a process that is aborted by a callback tells nothing else.
    writeln!(std::io::stdout(), "FFIHOST_STRESS_SEED={seed}, for {time:?}").expect("there is an output");
    let start = Instant::now();
    let (mut rounds, mut before) = (0, None::<Arc<World>>);
    while start.elapsed() < time || rounds == 0 {
        // That of the round before is dropped when this one is over.
        drop(before.replace(round(seed.wrapping_add(rounds))));
        rounds += 1;
    }
    writeln!(std::io::stdout(), "{rounds} rounds").expect("there is an output");
    drop(before);
}
