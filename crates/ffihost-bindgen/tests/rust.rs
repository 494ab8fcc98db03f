//! The generated clients in Rust compile without a warning; those on disk are what is generated, see `golden.rs`.

#![deny(warnings, missing_docs, missing_debug_implementations)]

#[path = "golden/generic.rs"]
pub mod generic;
#[path = "golden/my_app.rs"]
pub mod my_app;
#[path = "golden/union.rs"]
pub mod union;
