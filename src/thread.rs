//! A library's own threads.
//!
//! As it ships, on unix, they are the system's. std's would make the least library 10 kB larger
//! (`docs/adr/0011-what-a-library-weighs.md`) for what is not needed there: results, scopes, spawn hooks. What they are good
//! for, an author has in debug builds: a panic tells the thread's name, and the output of a test is captured.

#[cfg(any(not(unix), debug_assertions))]
pub(crate) use self::of_std::Thread;
#[cfg(all(unix, not(debug_assertions)))]
pub(crate) use self::of_the_system::Thread;

#[cfg(all(unix, any(test, not(debug_assertions))))]
mod of_the_system {
    use crate::panic::contain_call;
    use crate::sync::Arc;
    use std::ffi::{CStr, c_void};
    use std::mem::{ManuallyDrop, MaybeUninit};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::{io, ptr};

    /// As large as std makes it.
    const STACK: usize = 2 << 20;

    /// A thread. Dropped, it goes on by itself.
    #[derive(Debug)]
    pub(crate) struct Thread {
        id: libc::pthread_t,
        finished: Arc<AtomicBool>,
    }

    // SAFETY: an id of a thread is for any thread. There are systems where it is a pointer, which nobody follows.
    unsafe impl Send for Thread {}
    // SAFETY: as above.
    unsafe impl Sync for Thread {}

    /// What a thread begins with.
    struct Start {
        name: &'static CStr,
        body: Box<dyn FnOnce() + Send>,
        finished: Arc<AtomicBool>,
    }

    impl Thread {
        /// Starts a thread. Its name has 15 letters at most.
        pub(crate) fn spawn(name: &'static CStr, body: Box<dyn FnOnce() + Send>) -> io::Result<Self> {
            let finished = Arc::new(AtomicBool::new(false));
            let start = Box::into_raw(Box::new(Start { name, body, finished: Arc::clone(&finished) }));
            let mut id = MaybeUninit::uninit();
            // SAFETY: whoever runs `run` takes `start` over.
            let failed = unsafe { create(id.as_mut_ptr(), start.cast()) };
            if failed == 0 {
                // SAFETY: it was written.
                return Ok(Self { id: unsafe { id.assume_init() }, finished });
            }
            // SAFETY: no thread has taken it over.
            drop(unsafe { Box::from_raw(start) });
            Err(io::Error::from_raw_os_error(failed))
        }

        /// Whether its body has returned.
        pub(crate) fn is_finished(&self) -> bool {
            self.finished.load(Ordering::Acquire)
        }

        /// Waits for its end.
        pub(crate) fn join(self) {
            let this = ManuallyDrop::new(self);
            // SAFETY: a thread that was neither joined nor detached, as this is the only one who does either.
            let _joined = unsafe { libc::pthread_join(this.id, ptr::null_mut()) };
            // SAFETY: `this` is not dropped.
            drop(unsafe { ptr::read(&raw const this.finished) });
        }
    }

    impl Drop for Thread {
        fn drop(&mut self) {
            // SAFETY: as in `join`.
            let _detached = unsafe { libc::pthread_detach(self.id) };
        }
    }

    /// # Safety
    ///
    /// `id` can be written, and `start` is what [`run`] takes. The error of the system, or 0.
    unsafe fn create(id: *mut libc::pthread_t, start: *mut c_void) -> i32 {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the attributes are initialized first, and used and destroyed only then.
        unsafe {
            let failed = libc::pthread_attr_init(attributes.as_mut_ptr());
            if failed != 0 {
                return failed;
            }
            // If the system does not like the size, its own will do.
            let _size = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK);
            let failed = libc::pthread_create(id, attributes.as_ptr(), run, start);
            let _destroyed = libc::pthread_attr_destroy(attributes.as_mut_ptr());
            failed
        }
    }

    extern "C" fn run(start: *mut c_void) -> *mut c_void {
        // SAFETY: `spawn` made it for this.
        let Start { name, body, finished } = *unsafe { Box::from_raw(start.cast::<Start>()) };
        set_name(name);
        contain_call(body);
        // What the body did happened before it was seen to be over.
        finished.store(true, Ordering::Release);
        ptr::null_mut()
    }

    /// Names the present thread, where a debugger or `top` shows it.
    fn set_name(name: &CStr) {
        // SAFETY: the name ends with a NUL and lives during the call.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _named = unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
        // SAFETY: as above.
        #[cfg(target_vendor = "apple")]
        let _named = unsafe { libc::pthread_setname_np(name.as_ptr()) };
        let _elsewhere = name;
    }
}

#[cfg(any(not(unix), debug_assertions))]
mod of_std {
    use std::ffi::CStr;
    use std::io;
    use std::thread::{Builder, JoinHandle};

    /// A thread. Dropped, it goes on by itself.
    #[derive(Debug)]
    pub(crate) struct Thread(JoinHandle<()>);

    impl Thread {
        /// Starts a thread.
        pub(crate) fn spawn(name: &'static CStr, body: Box<dyn FnOnce() + Send>) -> io::Result<Self> {
            Builder::new().name(name.to_string_lossy().into_owned()).spawn(body).map(Self)
        }

        /// Whether its body has returned.
        pub(crate) fn is_finished(&self) -> bool {
            self.0.is_finished()
        }

        /// Waits for its end.
        pub(crate) fn join(self) {
            // Bodies contain panics, so there is nothing to learn from the result.
            let _ended = self.0.join();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::of_the_system::Thread;
    use std::panic::resume_unwind;
    use std::sync::mpsc;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_thread_has_its_name_ends_and_is_joined() {
        let (tell, told) = mpsc::channel();
        let (go_on, waits) = mpsc::channel::<()>();
        let body = Box::new(move || {
            #[cfg(target_os = "linux")]
            let name = std::fs::read_to_string("/proc/thread-self/comm").expect("Linux tells it");
            #[cfg(not(target_os = "linux"))]
            let name = "ffihost-events\n".to_owned();
            tell.send(name).expect("the test listens");
            waits.recv().expect("the test lets it go on");
        });
        let thread = Thread::spawn(c"ffihost-events", body).expect("a thread");
        assert_eq!(told.recv_timeout(PATIENCE).as_deref(), Ok("ffihost-events\n"));
        assert!(!thread.is_finished());
        go_on.send(()).expect("it waits");
        thread.join();
        assert!(told.recv().is_err(), "its body was dropped before it was joined");
    }

    #[test]
    fn a_panic_ends_the_thread_and_nothing_else() {
        let thread = Thread::spawn(c"ffihost", Box::new(|| resume_unwind(Box::new("planted")))).expect("a thread");
        while !thread.is_finished() {
            std::thread::yield_now();
        }
        thread.join();
    }

    #[test]
    fn one_that_is_let_go_runs_on() {
        let (tell, told) = mpsc::channel();
        drop(Thread::spawn(c"ffihost", Box::new(move || tell.send(()).expect("the test listens"))).expect("a thread"));
        assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
    }
}
