//! What the fuzz target `c_abi` does with its bytes; `fuzz/replay/replay.rs` does the same with the corpus.
//!
//! The bytes are a script: C ABI calls with arbitrary arguments, in sequence, on several threads, and inside every kind of
//! callback. Whatever the script says, this has to hold, and a process in which it does not is aborted:
//!
//! - An accepted request, create or close is called back with a terminal status exactly once, a refused one never; there is
//!   no warning after that.
//! - A host function's userData is released exactly once if it was accepted, and never if not; not while the function runs,
//!   and nothing is called with it afterwards.
//! - A token is asked for once. At most one answer to it is accepted, and one that was answered is not cancelled.
//! - When destroy has returned OK, and when a removed listener has been confirmed, nothing of them is called any more.
//! - The same when an argument, an answer, a result, an error, an event or a future of the author's panics as it is dropped.
//! - Visitors, however many and often, keep no context from ending.
//! - Destroy says TIMED_OUT only of the library with short limits, and only if the script blocked something: a request of that
//!   kind, or a callback that took long. After that nothing begins to be called but `release`, still once, when what was blocked
//!   has let go; and a new context can be made.
//! - At the end of a thread of the library's, in destructors of thread-local values, destroy of its context is refused.
//! - No export reports a panic, and nothing hangs.
//!
//! Pointers point to what they say: that is the one thing which the contract leaves to the host.
#![expect(unreachable_pub, reason = "two crates share this file, and neither has a public interface")]

mod exports;
mod library;
mod script;
mod world;

use script::Script;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// Plays a script, ends everything, and checks what has to hold.
pub fn run(script: &[u8]) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().expect("no run panics");
    world::machine_was_slow();
    script::play(&mut Script::new(script), usize::MAX);
    end_everything();
    let start = Instant::now();
    while let Some(open) = world::with(|world| world.open()) {
        library::let_go();
        // A release that comes after a destroy which timed out may make a context, too.
        end_everything();
        assert!(start.elapsed() < PATIENCE, "never settled: {open}");
        std::thread::sleep(Duration::from_micros(50));
    }
    if world::with(|world| world.has_timed_out()) {
        script::create_and_destroy();
    }
    world::with(world::World::finish);
    drop(alone);
}

/// Destroys every context and joins every thread, until there are no more: callbacks make new ones.
fn end_everything() {
    loop {
        let (threads, contexts) = world::with(|world| (world.take_threads(), world.take_contexts()));
        if threads.is_empty() && contexts.is_empty() {
            return;
        }
        for thread in threads {
            thread.join().expect("a script does not panic");
        }
        for ctx in contexts {
            script::destroy(ctx);
            let again = (script::api(ctx).destroy)(std::ptr::without_provenance_mut(ctx));
            let refused = again == ffihost::Status::InvalidCtx.code();
            let not_awaited = world::with(|world| world.has_timed_out()) && world::machine_was_slow();
            assert!(refused || not_awaited, "destroyed twice: {again}");
        }
    }
}
