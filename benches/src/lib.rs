//! What the benches measure: a library of ordinary `ffihost` code, and a host for it that knows nothing but C.
//!
//! ```text
//!   host_call, counts     the bench targets: scenarios, baselines, the table; instruction counts
//!         |
//!       host              the C host: contexts, host functions, its worker thread, through opaque pointers
//!         |  C ABI
//!      library            what an author writes: requests that make host calls and say how long they took
//! ```
//!
//! [`allocations`] counts what all threads allocate.

pub mod allocations;
pub mod host;
pub mod library;
