//! The library of the README, built as it says, for the C program of the README. `library.rs` is a copy of the block in the
//! README; the test says so if it is not.

mod library;
