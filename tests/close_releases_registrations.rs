//! Registrations while a context closes: what is replaced is released before the end, or left behind when the release does not
//! end.

mod held;
mod support;

use ffihost::abi::types::FFIHostFnOptions;
use held::{
    Barrier, Context, INVALID_ARGUMENT, INVALID_CTX, Library, OK, TIMED_OUT, UserData, brief, close, patient, stats,
};
use std::ffi::{c_char, c_int};
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;
use support::{Pending, Told};
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The release of a registration: it waits, and says that it has returned.
#[derive(Default)]
struct Release {
    barrier: Barrier,
    returned: AtomicU64,
}

/// Registers a function whose release that is.
fn register(context: &Context, release: &'static Release) -> c_int {
    extern "C" fn never(_: u64, _: *const c_char, _: usize, _: UserData) {
        unreachable!("nobody asks");
    }
    extern "C" fn released(user_data: UserData) {
        // SAFETY: it is static.
        let release = unsafe { &*user_data.cast::<Release>() };
        release.barrier.pass();
        release.returned.fetch_add(1, Ordering::SeqCst);
    }
    let options = FFIHostFnOptions {
        size: size_of::<FFIHostFnOptions>(),
        function: Some(never),
        cancel: None,
        release: Some(released),
        user_data: std::ptr::from_ref(release).cast_mut().cast(),
        format: 0,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    (context.library.register_host_fn_with)(context.ctx as UserData, c"ask".as_ptr(), &raw const options)
}

/// While the FFI thread of a closing context is held, so that it knows of neither, one registration replaces another, whose
/// release waits on the thread that does it; then the FFI thread goes on, and so does the test.
fn replaced_while_it_closes(library: Library, then: impl FnOnce(&Context, &Pending, &[&'static Release; 2])) {
    let releases: [&'static Release; 2] = [Box::leak(Box::default()), Box::leak(Box::default())];
    releases[1].barrier.open();
    let context = Context::new(library);
    let request = context.submit(library.hold_only, "");
    context.script.barrier.await_entered();
    let done = close(&context);
    assert_eq!(register(&context, releases[0]), OK);
    thread::scope(|scope| {
        let opens = releases[0].barrier.opens_at_last();
        let replaced = scope.spawn(|| register(&context, releases[1]));
        releases[0].barrier.await_entered();
        context.script.barrier.open();
        assert_eq!(request.wait(), Told::ok(""));
        then(&context, &done, &releases);
        drop(opens);
        assert_eq!(replaced.join().expect("no panic"), OK);
    });
    support::wait_until("both are released", || {
        releases.map(|release| release.returned.load(Ordering::SeqCst)) == [1, 1]
    });
    assert_eq!(stats(library, context.ctx), INVALID_CTX);
}

#[test]
fn what_is_replaced_while_the_context_closes_is_released_before_its_end() {
    replaced_while_it_closes(patient::LIBRARY, |context, done, releases| {
        support::wait_until("registrations are refused", || {
            (context.library.register_host_fn)(context.ctx as UserData, c"nobody".as_ptr(), None, std::ptr::null_mut())
                != INVALID_ARGUMENT
        });
        assert_eq!(done.0.recv_timeout(Duration::from_millis(100)), Err(mpsc::RecvTimeoutError::Timeout));
        releases[0].barrier.open();
        assert_eq!(done.wait(), Told::ok(""));
        assert_eq!(releases.map(|release| release.returned.load(Ordering::SeqCst)), [1, 1]);
    });
}

#[test]
fn a_release_that_does_not_end_is_left_behind() {
    replaced_while_it_closes(brief::LIBRARY, |_, done, releases| {
        assert_eq!(done.wait().ret, TIMED_OUT);
        assert_eq!(releases.map(|release| release.returned.load(Ordering::SeqCst)), [0, 1]);
    });
}

/// Threads that go on registering do not keep a context from ending, and every release of theirs has returned then.
#[test]
fn threads_that_register_without_end_delay_no_close() {
    static ACCEPTED: AtomicU64 = AtomicU64::new(0);
    let release: &'static Release = Box::leak(Box::default());
    release.barrier.open();
    let context = Context::new(patient::LIBRARY);
    thread::scope(|scope| {
        let request = scope.spawn(|| context.submit(context.library.hold_now, "").wait());
        context.script.barrier.await_entered();
        let done = close(&context);
        for _ in 0..64 {
            scope.spawn(|| {
                while register(&context, release) == OK {
                    ACCEPTED.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        support::wait_until("they register", || ACCEPTED.load(Ordering::SeqCst) > 1_000);
        context.script.barrier.open();
        assert_eq!(request.join().expect("no panic"), Told::ok(""));
        assert_eq!(done.wait(), Told::ok(""));
        let returned = release.returned.load(Ordering::SeqCst);
        support::wait_until("all is counted", || ACCEPTED.load(Ordering::SeqCst) == returned);
        thread::sleep(Duration::from_millis(1));
        assert_eq!(release.returned.load(Ordering::SeqCst), returned, "released after the end");
    });
}

/// Keeps the errors that are logged, with what they say.
struct Errors;

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        let mut error = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            write!(error, "{field}={value:?} ").expect("a text takes all");
        });
        ERRORS.lock().expect("not poisoned").push(error);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_release_that_does_not_end_is_logged_and_no_other() {
    tracing::subscriber::set_global_default(Errors).expect("it is the only one");
    replaced_while_it_closes(patient::LIBRARY, |_, done, releases| {
        releases[0].barrier.open();
        assert_eq!(done.wait(), Told::ok(""));
    });
    replaced_while_it_closes(brief::LIBRARY, |_, done, _| {
        assert_eq!(done.wait().ret, TIMED_OUT);
    });
    let mut errors = ERRORS.lock().expect("not poisoned").clone();
    errors.retain(|error| error.contains("a release of the host's"));
    assert!(!errors.is_empty() && errors.iter().all(|error| error.contains("after=1ms ")), "{errors:?}");
}
