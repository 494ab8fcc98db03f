//! A live context.

use crate::callback::{Pending, Told, callback, run, text, try_submit};
use crate::cbor;
use crate::exports::Exports;
use crate::function::{self, Asked, Log, Open};
use crate::native;
use crate::wait::wait_until;
use ciborium::Value;
use ffihost_abi::types::{FFI_FORMAT_NATIVE, FFICallBack, FFIHostFnOptions, FFINamedHostFn, FFIStats};
use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::sync::{Arc, mpsc};

/// A library, as its host knows it.
pub trait Library: Copy + Send + Sync + 'static {
    /// Its functions.
    fn exports(self) -> &'static Exports;
}

impl Library for &'static Exports {
    fn exports(self) -> &'static Exports {
        self
    }
}

/// A context of a library, as a host has it. It is destroyed by [`destroy`](Self::destroy), not by a drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<L>(pub *mut c_void, pub L);

// SAFETY: a ctx is a number that may be used on any thread.
unsafe impl<L: Send> Send for Context<L> {}
// SAFETY: as above.
unsafe impl<L: Sync> Sync for Context<L> {}

/// Makes and ends contexts.
impl<L: Library> Context<L> {
    /// Made by `create`, which is given callback, userData and where the ctx goes; waits until it is constructed.
    #[track_caller]
    pub fn made_of(
        library: L,
        create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int,
    ) -> Self {
        let (ctx, told) = Self::try_made_of(library, create);
        assert_eq!(told, (0, String::new()));
        ctx
    }

    /// As [`made_of`](Self::made_of), but the constructor may fail.
    #[track_caller]
    pub fn try_made_of(
        library: L,
        create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int,
    ) -> (Self, (c_int, String)) {
        let mut ctx = ptr::null_mut();
        let told = run(|ret, payload| (ret, text(ret, payload)), |cb, user_data| create(cb, user_data, &raw mut ctx));
        (Self(ctx, library), told)
    }

    /// Begins to close it; `done` will be told the outcome.
    pub fn close(self) -> (c_int, Pending<Told>) {
        try_submit(Told::new, |done, user_data| (self.1.exports().close)(self.0, done, user_data))
    }

    /// Ends it.
    pub fn destroy(self) -> c_int {
        (self.1.exports().destroy)(self.0)
    }

    /// For closures that go to other threads, which take what they name and no more.
    pub fn raw(self) -> *mut c_void {
        self.0
    }
}

/// The same for a library that the type names.
impl<L: Library + Default> Context<L> {
    /// The context with this handle.
    pub fn of(ctx: *mut c_void) -> Self {
        Self(ctx, L::default())
    }

    /// As [`made_of`](Self::made_of).
    #[track_caller]
    pub fn made(create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int) -> Self {
        Self::made_of(L::default(), create)
    }

    /// As [`try_made_of`](Self::try_made_of).
    #[track_caller]
    pub fn try_made(
        create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int,
    ) -> (Self, (c_int, String)) {
        Self::try_made_of(L::default(), create)
    }
}

/// Answers calls.
impl<L: Library> Context<L> {
    /// Answers a call with text.
    pub fn answer(self, token: u64, ret: c_int, text: &str) -> c_int {
        self.complete(token, ret, text.as_bytes())
    }

    /// Answers a call.
    pub fn complete(self, token: u64, ret: c_int, payload: &[u8]) -> c_int {
        (self.1.exports().host_complete)(self.0, token, ret, payload.as_ptr().cast(), payload.len())
    }

    /// Answers a call with a C type.
    pub fn complete_c<C: Copy>(self, token: u64, ret: c_int, value: &C) -> c_int {
        self.complete(token, ret, native::bytes_of(value))
    }

    /// Answers a call with CBOR.
    pub fn complete_cbor(self, token: u64, ret: c_int, value: &Value) -> c_int {
        self.complete(token, ret, &cbor::write(value))
    }
}

/// Registers host functions.
impl<L: Library> Context<L> {
    /// Registers a host function, which takes its arguments as text.
    #[track_caller]
    pub fn register(self, name: &str, answerer: impl Fn(Self, Asked) + Send + Sync + 'static) -> Arc<Log> {
        let (ret, log) = self.register_with(name, |_| {}, answerer);
        assert_eq!(ret, 0, "registered");
        log
    }

    /// Registers a host function with options.
    pub fn register_with(
        self,
        name: &str,
        adjust: impl FnOnce(&mut FFIHostFnOptions),
        answerer: impl Fn(Self, Asked) + Send + Sync + 'static,
    ) -> (c_int, Arc<Log>) {
        self.implement_with(name, FFI_FORMAT_NATIVE, adjust, move |ctx, token, req| {
            answerer(ctx, Asked { token, text: text(0, req) });
        })
    }

    /// Registers a host function in a format, which takes the token and the arguments.
    #[track_caller]
    pub fn implement(
        self,
        name: &str,
        format: i32,
        asked: impl Fn(Self, u64, &[u8]) + Send + Sync + 'static,
    ) -> Arc<Log> {
        let (ret, log) = self.implement_with(name, format, |_| {}, asked);
        assert_eq!(ret, 0, "registered");
        log
    }

    fn implement_with(
        self,
        name: &str,
        format: i32,
        adjust: impl FnOnce(&mut FFIHostFnOptions),
        asked: impl Fn(Self, u64, &[u8]) + Send + Sync + 'static,
    ) -> (c_int, Arc<Log>) {
        let (mut options, log) = function::options(format, move |token, req| asked(self, token, req));
        adjust(&mut options);
        let name = CString::new(name).expect("no NUL");
        ((self.1.exports().register_host_fn_with)(self.0, name.as_ptr(), &raw const options), log)
    }

    /// Registers host functions together, with one userData; each answers by itself.
    pub fn register_all(
        self,
        names: &[&str],
        adjust: impl FnOnce(&mut FFIHostFnOptions),
        answerer: impl Fn(Self, Asked) + Send + Sync + 'static,
    ) -> (c_int, Arc<Log>) {
        let (mut options, log) = function::options(FFI_FORMAT_NATIVE, move |token, req| {
            answerer(self, Asked { token, text: text(0, req) });
        });
        let function = options.function.take();
        adjust(&mut options);
        let names: Vec<_> = names.iter().map(|name| CString::new(*name).expect("no NUL")).collect();
        let fns: Vec<_> = names.iter().map(|name| FFINamedHostFn { name: name.as_ptr(), function }).collect();
        ((self.1.exports().register_host_fns)(self.0, fns.as_ptr(), fns.len(), &raw const options), log)
    }

    /// Registers a host function that leaves calls open: each is sent, with what `read` makes of its arguments.
    #[track_caller]
    pub fn leave_open<T: Send + 'static>(
        self,
        name: &str,
        format: i32,
        read: impl Fn(&[u8]) -> T + Send + Sync + 'static,
    ) -> (Open<T>, Arc<Log>) {
        let (sender, receiver) = mpsc::channel();
        let log = self.implement(name, format, move |_, token, req| drop(sender.send((token, read(req)))));
        (Open(receiver), log)
    }

    /// Unregisters a host function.
    pub fn unregister(self, name: &str) -> c_int {
        let name = CString::new(name).expect("no NUL");
        (self.1.exports().register_host_fn)(self.0, name.as_ptr(), None, ptr::null_mut())
    }
}

/// Listens.
impl<L: Library> Context<L> {
    /// Adds a listener, which takes each payload.
    #[track_caller]
    pub fn listen(self, event: &str, format: i32, mut delivered: impl FnMut(&[u8]) + Send + 'static) -> u64 {
        let (cb, user_data) = callback(move |ret, payload| {
            assert_eq!(ret, 0, "an event has no other status");
            delivered(payload);
        });
        let (exports, event) = (self.1.exports(), CString::new(event).expect("no NUL"));
        let native = format == FFI_FORMAT_NATIVE;
        let add = if native { exports.add_event_listener } else { exports.add_event_listener_cbor };
        let listener = add(self.0, event.as_ptr(), cb, user_data);
        assert_ne!(listener, 0, "the listener is added");
        listener
    }

    /// Removes a listener.
    pub fn remove_listener(self, listener: u64) -> c_int {
        (self.1.exports().remove_event_listener)(self.0, listener)
    }
}

/// Reads the numbers.
impl<L: Library> Context<L> {
    /// What the context has done.
    #[track_caller]
    pub fn stats(self) -> FFIStats {
        let mut stats = FFIStats::default();
        assert_eq!((self.1.exports().stats)(self.0, &raw mut stats), 0, "stats");
        stats
    }

    /// Waits until the context's numbers are as asked for.
    #[track_caller]
    pub fn wait_for(self, what: &str, holds: impl Fn(&FFIStats) -> bool) {
        wait_until(what, || holds(&self.stats()));
    }
}
