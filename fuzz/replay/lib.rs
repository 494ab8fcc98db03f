//! Nothing but a test; see `replay.rs`.
