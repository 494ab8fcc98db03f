//! A host in Rust that uses nothing but the C ABI, for the tests, benches and fuzz targets of ffihost.
//!
//! - [`exports!`] declares the functions of a library that is linked, [`Exports`] is a table of them.
//! - [`Context`] is a live context: it registers host functions, answers calls, listens, reads the numbers.
//! - [`callback`] makes a C callback of a closure; [`Pending`] is what a request will be called back with.
//! - [`direct`] runs requests in direct form.
//! - [`Log`] is what happened to a registration: calls, cancellations, releases.
//! - [`wait_until`] waits for a condition.
//!
//! Whatever a library may have the address of is kept for ever, so that a call too many is noticed and does not crash.

mod by_hand;
mod callback;
pub mod cbor;
mod context;
pub mod direct;
mod exports;
mod function;
mod keep;
pub mod native;
#[doc(hidden)]
pub mod types;
mod wait;

pub use self::by_hand::ByHand;
pub use self::callback::{Given, Pending, Told, callback, run, text, try_submit};
pub use self::context::{Context, Library};
pub use self::exports::{Create, Exports, Request};
pub use self::function::{Asked, Log, Open};
pub use self::keep::keep;
pub use self::wait::{PATIENCE, wait_until};
#[doc(hidden)]
pub use ffihost_abi::{rust, with_exports};
