//! Call back into the program that loaded your Rust library, and await the answer: every such call settles exactly once,
//! with a typed outcome, whatever the host does.
//!
//! ```text
//!     host program                        C ABI             your library, on its FFI thread
//!
//!     my_app_login("alice") ────────────────────────────>   async fn login(…)
//!                                                             fetch_profile("alice").await
//!     fetch_profile(token, "alice") <─────────────────────────┘ :
//!       … answers here, or on any thread, now or later …        :
//!     my_app_host_complete(token, profile) ─────────────>     … goes on
//!     on_ended(OK, session) <───────────────────────────    Ok(session)
//! ```
//!
//! # Examples
//!
//! A library, and a host that uses nothing but its C functions. A host in C is in the README.
//!
//! ```
//! use ffihost::{Host, HostError, HostFn};
//! # use ffihost::abi::types::{FFICallBack, FFIHostFn};
//! # use std::ffi::{c_char, c_int, c_void};
//! # use std::ptr;
//! # use std::sync::mpsc;
//!
//! /// Implemented by the host.
//! static DOUBLE: HostFn = HostFn::new("double");
//!
//! ffihost::exports! {
//!     prefix: "twice",
//!     state: Twice,
//!     constructor: create,
//!     requests: { quadruple: quadruple },
//!     host_fns: ["double"],
//! }
//!
//! struct Twice;
//!
//! async fn create(_: Vec<u8>) -> Result<Twice, String> {
//!     Ok(Twice)
//! }
//!
//! /// Asks the host to double a text, twice.
//! async fn quadruple(_: &Twice, text: Vec<u8>) -> Result<String, String> {
//!     let once = double(text).await.map_err(|error| error.to_string())?;
//!     double(once.into_bytes()).await.map_err(|error| error.to_string())
//! }
//!
//! async fn double(text: Vec<u8>) -> Result<String, HostError<String>> {
//!     Host::current().map_err(HostError::widen)?.call_as(&DOUBLE, text).await
//! }
//! # unsafe extern "C" {
//! #     fn twice_create(
//! #         req: *const u8, len: usize, cb: Option<FFICallBack>, user_data: *mut c_void, ctx: *mut *mut c_void,
//! #     ) -> c_int;
//! #     fn twice_destroy(ctx: *mut c_void) -> c_int;
//! #     fn twice_register_host_fn(
//! #         ctx: *mut c_void, name: *const c_char, function: Option<FFIHostFn>, user_data: *mut c_void,
//! #     ) -> c_int;
//! #     fn twice_host_complete(ctx: *mut c_void, token: u64, ret: c_int, msg: *const c_char, len: usize) -> c_int;
//! #     fn twice_quadruple(
//! #         ctx: *mut c_void, cb: Option<FFICallBack>, user_data: *mut c_void, req: *const u8, len: usize,
//! #     ) -> c_int;
//! # }
//!
//! // The host's function. It answers before it returns; any thread may do so later.
//! unsafe extern "C" fn on_double(token: u64, req: *const c_char, len: usize, ctx: *mut c_void) {
//!     let text = unsafe { std::slice::from_raw_parts(req.cast::<u8>(), len) };
//!     let answer = [text, text].concat();
//!     unsafe { twice_host_complete(ctx, token, 0, answer.as_ptr().cast(), answer.len()) };
//! }
//!
//! # unsafe extern "C" fn on_ended(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
//! #     let text = unsafe { std::slice::from_raw_parts(msg.cast::<u8>(), len) };
//! #     let sender = unsafe { &*user_data.cast::<mpsc::Sender<(c_int, String)>>() };
//! #     sender.send((ret, String::from_utf8_lossy(text).into_owned())).unwrap();
//! # }
//! # let (sender, ended) = mpsc::channel::<(c_int, String)>();
//! # let user_data = (&raw const sender).cast_mut().cast();
//! # let mut ctx = ptr::null_mut();
//! # unsafe {
//! # assert_eq!(twice_create(ptr::null(), 0, Some(on_ended), user_data, &raw mut ctx), 0);
//! # assert_eq!(ended.recv().unwrap(), (0, String::new()));
//! assert_eq!(twice_register_host_fn(ctx, c"double".as_ptr(), Some(on_double), ctx), 0);
//! assert_eq!(twice_quadruple(ctx, Some(on_ended), user_data, "ho".as_ptr(), 2), 0);
//! assert_eq!(ended.recv().unwrap(), (0, "hohohoho".to_owned()));
//! # assert_eq!(twice_destroy(ctx), 0);
//! # }
//! ```
//!
//! # The modules, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | `host` | the author's side: [`Host`], [`HostFn`], and [`Call`], one host call as a future |
//! | `inflight` | the table of open calls: every way that a call can end, as one state machine |
//! | `bridge` | from any thread to the FFI thread: completions, errands, the signal |
//! | `registry` | host functions by name: register, replace, unregister, release |
//! | `context` | one live instance: its gate, its loop, its requests, its life and its close |
//! | `events` | events to listeners, on a thread of their own |
//! | [`abi`] | the C types and the body behind every export; [`exports!`] |
//! | `sync`, `models` | the door to atomics and locks, and the models that loom runs through it |
//!
//! `ARCHITECTURE.md` has the life of a call, the invariants, and what guards each of them.

#![cfg_attr(not(test), deny(clippy::panic))]
#![cfg_attr(ffihost_loom, allow(dead_code, unused_imports, reason = "only what is modelled is built"))]

#[cfg(not(ffihost_loom))]
pub mod abi;
mod bridge;
mod context;
#[cfg(not(ffihost_loom))]
mod error;
mod events;
#[cfg(not(ffihost_loom))]
#[doc(hidden)]
pub mod export;
#[cfg(not(ffihost_loom))]
mod handles;
#[cfg(not(ffihost_loom))]
mod host;
mod inflight;
#[cfg(test)]
mod models;
#[cfg(not(ffihost_loom))]
mod options;
#[cfg(not(ffihost_loom))]
mod panic;
mod registry;
#[cfg(not(ffihost_loom))]
mod stats;
#[cfg(not(ffihost_loom))]
mod status;
mod sync;
#[cfg(not(ffihost_loom))]
pub mod testing;
#[cfg(not(ffihost_loom))]
pub mod wire;

#[cfg(not(ffihost_loom))]
pub use ffihost_macros::{ffi, ffi_event, ffi_host, library};

#[cfg(not(ffihost_loom))]
pub use self::{
    error::{DecodeError, HostError},
    handles::Handle,
    host::{Call, FromHost, Host, HostCall, HostFn, HostFnRef, ToHost},
    options::{Options, WhenFull},
    stats::Stats,
    status::Status,
};

/// The examples of the README are tests, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// How the arguments of a host function are passed and its answers read: chosen by the host, for each registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// C structs, strings and bytes as they are.
    Native,
    /// CBOR.
    Cbor,
}
