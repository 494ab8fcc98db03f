//! The two best generators of today, on the same work.
//!
//! # What is fair and what is not
//!
//! - Both are ordinary code of their libraries, and their foreign halves are as bare as ours: C declarations, called through
//!   pointers that the compiler cannot see through, without what a generated binding adds in its own language.
//! - uniffi emits `async_trait`, so each call boxes its future; its string arguments are owned, because the implementation
//!   that it generates takes no others.
//! - boltffi's synchronous export has no guard against panics, and no status to check. uniffi's and ours have both.
//! - `in_flight_64` works in rounds of 64 in a `FuturesUnordered`, which allocates once per call by itself.

#[expect(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "what the generator exports has to be public and to own its arguments"
)]
pub(crate) mod boltffi_peer;
#[expect(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "what the generator exports has to be public and to own its arguments"
)]
pub(crate) mod uniffi_peer;
