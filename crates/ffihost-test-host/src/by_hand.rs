//! Contexts of libraries that are written by hand: bytes in, and out.

use crate::callback::{Pending, Told, try_submit};
use crate::context::{Context, Library};
use crate::exports::{Create, Request};
use std::ffi::{c_int, c_void};
use std::ptr;

/// A library that is written by hand, named by a type.
pub trait ByHand: Library + Default {
    /// `<lib>_create`
    const CREATE: Create;

    /// A request by its name.
    fn request(name: &str) -> Request;
}

impl<L: ByHand> Context<L> {
    /// Makes one, and waits until it is constructed.
    #[track_caller]
    pub fn new(bytes: &str) -> Self {
        let (ctx, created) = Self::create(bytes);
        assert_eq!(created.wait(), Told::ok(""));
        ctx
    }

    /// Makes one.
    #[track_caller]
    pub fn create(bytes: &str) -> (Self, Pending<Told>) {
        let (ret, ctx, created) = Self::try_create(bytes);
        assert_eq!(ret, 0, "create");
        (ctx, created)
    }

    /// Makes one, perhaps.
    pub fn try_create(bytes: &str) -> (c_int, Self, Pending<Told>) {
        let mut ctx = ptr::null_mut();
        let create = |cb, user_data| (L::CREATE)(bytes.as_ptr(), bytes.len(), cb, user_data, &raw mut ctx);
        let (ret, created) = try_submit(Told::new, create);
        (ret, Self::of(ctx), created)
    }

    /// Submits a request that has to be accepted.
    #[track_caller]
    pub fn submit(self, request: &str, bytes: &str) -> Pending<Told> {
        let (ret, pending) = self.try_submit(request, bytes);
        assert_eq!(ret, 0, "{request} is accepted");
        pending
    }

    /// Submits a request.
    pub fn try_submit(self, request: &str, bytes: &str) -> (c_int, Pending<Told>) {
        let submit = |cb, user_data| L::request(request)(self.0, cb, user_data, bytes.as_ptr(), bytes.len());
        try_submit(Told::new, submit)
    }

    /// Submits a request, and returns its userData too.
    pub fn submit_with(self, request: &str, bytes: &str) -> (c_int, Pending<Told>, *mut c_void) {
        let (ret, pending) = self.try_submit(request, bytes);
        let user_data = pending.1;
        (ret, pending, user_data)
    }

    /// Submits a request and waits for it.
    #[track_caller]
    pub fn run(self, request: &str, bytes: &str) -> Told {
        self.submit(request, bytes).wait()
    }
}
