//! What the benches measure: a library of ordinary `ffihost` code, and a host for it that knows nothing but C.
//!
//! ```text
//!   host_call, formats, counts     the bench targets: scenarios, baselines, tables; instruction counts
//!         |
//!       host              the C host: contexts, host functions, its worker thread, through opaque pointers
//!         |  C ABI
//!      library            what an author writes: requests that make host calls and say how long they took
//! ```
//!
//! The same library with attributes is the crate `ffihost_benches_typed`, and [`typed_host`] its host. [`window`] keeps
//! requests in flight. How all of it is measured is the crate `ffihost_benches_harness`.

pub mod host;
pub mod library;
pub mod typed_host;
pub mod window;
