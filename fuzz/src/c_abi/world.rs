//! What the host knows: everything that it passed to the library, and what became of it.
//!
//! userData is a number that names a slot and the run that it belongs to, so that a call too many is noticed at any time
//! later and touches no memory.

use super::exports::{Api, HASTY_API, PATIENT_API};
use super::script::Script;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::sync::{LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a slot's userData was passed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Create,
    Request,
    SyncRequest,
    Close,
    Listener,
    Function { releases: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The export has not returned yet.
    Calling,
    Accepted,
    Refused,
}

#[derive(Debug)]
pub struct Slot {
    pub kind: Kind,
    pub ctx: usize,
    verdict: Verdict,
    /// What its callbacks do.
    pub script: Script,
    /// Callbacks that are under way.
    running: u32,
    /// Terminal statuses.
    settled: u32,
    released: u32,
    /// A listener that is not called any more.
    removed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Call {
    asked: bool,
    running: bool,
    answered: u32,
    cancelled: u32,
}

#[derive(Debug, Default)]
pub struct World {
    run: usize,
    slots: Vec<Slot>,
    calls: HashMap<(usize, u64), Call>,
    /// Tokens, in the order in which they were seen.
    pub tokens: Vec<(usize, u64)>,
    /// All of this run, ended ones too.
    pub contexts: Vec<usize>,
    not_destroyed: usize,
    /// Destroyed, and destroy has said so.
    ended: HashSet<usize>,
    /// Contexts of the library with short limits.
    hasty: HashSet<usize>,
    /// Of these, those of which something was blocked.
    blocked: HashSet<usize>,
    /// Of these, those whose destroy has said that it timed out.
    timed_out: HashSet<usize>,
    /// Of these, those that destroy has not waited for: see [`timed_out`](World::timed_out).
    not_awaited: HashSet<usize>,
    /// Listeners: what add returned, and their slots.
    pub listeners: Vec<(usize, u64, usize)>,
    threads: Vec<JoinHandle<()>>,
    pub started_threads: usize,
}

/// Slots per run, at most.
const SLOTS: usize = 1 << 12;

/// Whether threads of this machine had to wait for long lately: then a short limit may be over although nothing was blocked, and
/// those of several threads may be over at once.
pub fn machine_was_slow() -> bool {
    const NAP: Duration = Duration::from_millis(1);
    const LATE: Duration = Duration::from_millis(4);
    /// When the thread that watches has looked last, and when it was late last.
    static WATCH: LazyLock<Mutex<(Instant, Instant)>> = LazyLock::new(|| {
        std::thread::spawn(|| {
            loop {
                std::thread::sleep(NAP);
                let mut watch = WATCH.lock().expect("not poisoned");
                let now = Instant::now();
                if now - watch.0 > LATE {
                    watch.1 = now;
                }
                watch.0 = now;
            }
        });
        // It has just begun to look.
        Mutex::new((Instant::now(), Instant::now()))
    });
    let (looked, late) = *WATCH.lock().expect("not poisoned");
    looked.elapsed() > LATE || late.elapsed() < Duration::from_secs(1)
}

/// Looks at the world, under its lock: no export may be called meanwhile.
pub fn with<T>(look: impl FnOnce(&mut World) -> T) -> T {
    static WORLD: LazyLock<Mutex<World>> = LazyLock::new(Mutex::default);
    look(&mut WORLD.lock().expect("a callback that panics aborts"))
}

impl World {
    /// A slot, and the userData that names it; none if there are too many.
    pub fn slot(&mut self, kind: Kind, ctx: usize, script: Script) -> Option<(usize, *mut c_void)> {
        let index = self.slots.len();
        if index >= SLOTS {
            return None;
        }
        let verdict = Verdict::Calling;
        self.slots.push(Slot { kind, ctx, verdict, script, running: 0, settled: 0, released: 0, removed: false });
        Some((index, self.user_data(index)))
    }

    /// The userData of a slot.
    pub fn user_data(&self, index: usize) -> *mut c_void {
        std::ptr::without_provenance_mut(self.run * SLOTS + index + 1)
    }

    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    fn named(&self, user_data: *mut c_void) -> usize {
        let name = user_data.addr().wrapping_sub(1);
        assert_eq!(name / SLOTS, self.run, "called with userData of a run that is over, or with none that was passed");
        assert!(name % SLOTS < self.slots.len(), "called with userData that was never passed");
        name % SLOTS
    }

    pub fn script(&mut self, index: usize) -> &mut Script {
        &mut self.slots[index].script
    }

    pub fn context_of(&self, index: usize) -> usize {
        self.slots[index].ctx
    }

    /// What an export said to a slot.
    pub fn decide(&mut self, index: usize, accepted: bool) {
        let slot = &mut self.slots[index];
        slot.verdict = if accepted { Verdict::Accepted } else { Verdict::Refused };
        let untouched = slot.settled == 0 && slot.released == 0 && slot.running == 0;
        assert!(accepted || untouched, "refused, and yet called back: {slot:?}");
    }

    pub fn created(&mut self, index: usize, ctx: usize, is_hasty: bool) {
        self.slots[index].ctx = ctx;
        assert!(!self.contexts.contains(&ctx), "a ctx is handed out twice");
        self.contexts.push(ctx);
        if is_hasty {
            self.hasty.insert(ctx);
        }
    }

    /// The exports of the library whose context that is.
    pub fn api(&self, ctx: usize) -> &'static Api {
        if self.hasty.contains(&ctx) { HASTY_API } else { PATIENT_API }
    }

    /// Something of this context is blocked, or was for long.
    pub fn blocked(&mut self, ctx: usize) {
        self.blocked.insert(ctx);
    }

    pub fn has_timed_out(&self) -> bool {
        !self.timed_out.is_empty()
    }

    fn enter(&mut self, user_data: *mut c_void, what: &str) -> usize {
        let index = self.named(user_data);
        let slot = &mut self.slots[index];
        assert!(slot.verdict != Verdict::Refused, "{what}, but it was refused: {slot:?}");
        assert!(slot.released == 0, "{what}, but it was released: {slot:?}");
        assert!(!self.ended.contains(&slot.ctx), "{what}, after destroy: {slot:?}");
        // A synchronous request calls back on the thread that made it, when its code has let go.
        let may_be_late = slot.kind == Kind::SyncRequest || self.not_awaited.contains(&slot.ctx);
        let is_late = self.timed_out.contains(&slot.ctx) && !may_be_late;
        assert!(!is_late, "{what}, after a destroy that timed out: {slot:?}");
        slot.running += 1;
        index
    }

    /// A callback begins.
    pub fn told(&mut self, user_data: *mut c_void, ret: i32) -> usize {
        let index = self.enter(user_data, "called back");
        let slot = &mut self.slots[index];
        match (slot.kind, ret) {
            (Kind::Function { .. }, _) => panic!("a function's userData in a callback: {slot:?}"),
            (Kind::Listener, ret) => assert!(ret == 0 && !slot.removed, "an event, {ret}, after removal: {slot:?}"),
            (Kind::Request | Kind::Create, 3) => assert_eq!(slot.settled, 0, "a warning after the end: {slot:?}"),
            _ => {
                slot.settled += 1;
                assert_eq!(slot.settled, 1, "called back twice: {slot:?}");
            }
        }
        index
    }

    /// A host function begins.
    pub fn asked(&mut self, user_data: *mut c_void, token: u64) -> usize {
        let index = self.enter(user_data, "asked");
        let key = (self.slots[index].ctx, token);
        let call = self.calls.entry(key).or_default();
        assert!(token != 0 && !call.asked, "token {token} is used again");
        (call.asked, call.running) = (true, true);
        self.tokens.push(key);
        index
    }

    /// A host function returns.
    pub fn answered_or_not(&mut self, index: usize, token: u64) {
        let slot = &self.slots[index];
        assert_eq!(slot.released, 0, "released while it runs: {slot:?}");
        self.calls.entry((slot.ctx, token)).or_default().running = false;
    }

    /// A cancel function begins.
    pub fn cancelled(&mut self, user_data: *mut c_void, token: u64) -> usize {
        let index = self.enter(user_data, "cancelled");
        let call = self.calls.entry((self.slots[index].ctx, token)).or_default();
        assert!(call.asked && !call.running, "token {token} is cancelled, but {call:?}");
        assert!(call.answered + call.cancelled == 0, "token {token} is cancelled, but {call:?}");
        call.cancelled += 1;
        index
    }

    /// A release begins.
    pub fn released(&mut self, user_data: *mut c_void) -> usize {
        let index = self.named(user_data);
        let slot = &mut self.slots[index];
        assert!(slot.verdict != Verdict::Refused, "released, but it was refused: {slot:?}");
        assert_eq!((slot.running, slot.released), (0, 0), "released while it runs, or twice: {slot:?}");
        assert!(!self.ended.contains(&slot.ctx), "released after destroy: {slot:?}");
        slot.released = 1;
        slot.running = 1;
        index
    }

    /// Any callback returns.
    pub fn leave(&mut self, index: usize) {
        self.slots[index].running -= 1;
    }

    /// The library has taken an answer.
    pub fn answer(&mut self, ctx: usize, token: u64) {
        let call = self.calls.entry((ctx, token)).or_default();
        call.answered += 1;
        assert!(call.answered + call.cancelled == 1, "token {token} was answered, but {call:?}");
    }

    /// A removal was confirmed.
    pub fn removed(&mut self, ctx: usize, id: u64) {
        for (_, _, slot) in self.listeners.iter().filter(|(of, listener, _)| (*of, *listener) == (ctx, id)) {
            self.slots[*slot].removed = true;
        }
    }

    /// Destroy has returned OK.
    pub fn destroyed(&mut self, ctx: usize) {
        self.ended.insert(ctx);
        for slot in self.slots.iter().filter(|slot| slot.ctx == ctx && slot.verdict == Verdict::Accepted) {
            let is_late = match slot.kind {
                Kind::Create | Kind::Request | Kind::Close => slot.settled == 0,
                Kind::Function { releases } => releases && slot.released == 0,
                Kind::SyncRequest | Kind::Listener => false,
            };
            assert!(!is_late, "left behind by destroy: {slot:?}");
            assert_eq!(slot.running, 0, "not over when destroy has returned: {slot:?}");
        }
    }

    /// Destroy has said that it timed out. One that waits for another thread's close has a limit of its own, which may be over
    /// before that thread has done what the close does last, if the machine stands still.
    pub fn timed_out(&mut self, ctx: usize, machine_was_slow: bool) {
        let mut slots = self.slots.iter().filter(|slot| slot.ctx == ctx);
        let blocked = self.blocked.contains(&ctx) || machine_was_slow || slots.clone().any(|slot| slot.running > 0);
        assert!(blocked && self.hasty.contains(&ctx), "destroy has timed out, and nothing was blocked");
        self.timed_out.insert(ctx);
        let is_left = |slot: &&Slot| {
            let calls_back = matches!(slot.kind, Kind::Create | Kind::Request | Kind::Close);
            slot.verdict == Verdict::Accepted && calls_back && slot.settled == 0
        };
        if let Some(left) = slots.find(is_left) {
            assert!(machine_was_slow, "left behind by a destroy that timed out: {left:?}");
            self.not_awaited.insert(ctx);
        }
    }

    pub fn is_live_elsewhere(&self, ctx: usize, own: usize) -> bool {
        ctx != own && self.contexts.contains(&ctx) && !self.ended.contains(&ctx) && !self.timed_out.contains(&ctx)
    }

    pub fn add_thread(&mut self, thread: JoinHandle<()>) {
        self.threads.push(thread);
    }

    pub fn take_threads(&mut self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut self.threads)
    }

    /// Those that have not been taken yet.
    pub fn take_contexts(&mut self) -> Vec<usize> {
        let contexts = self.contexts[self.not_destroyed..].to_vec();
        self.not_destroyed = self.contexts.len();
        contexts
    }

    /// Something that is not settled yet.
    pub fn open(&self) -> Option<String> {
        if self.not_destroyed < self.contexts.len() || !self.threads.is_empty() {
            return Some("a context or a thread that a callback has made".to_owned());
        }
        let is_open = |slot: &&Slot| match (slot.verdict, slot.kind) {
            _ if slot.running > 0 => true,
            (Verdict::Calling, _) => true,
            (Verdict::Refused, _) => false,
            (_, Kind::Create | Kind::Request | Kind::SyncRequest | Kind::Close) => slot.settled == 0,
            (_, Kind::Function { releases }) => releases && slot.released == 0,
            (_, Kind::Listener) => false,
        };
        self.slots.iter().find(is_open).map(|slot| format!("{slot:?}"))
    }

    /// The run is over: whatever is called from now on is an error.
    pub fn finish(&mut self) {
        *self = Self { run: self.run + 1, ..Self::default() };
    }
}
