//! What the tests share.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

pub(crate) mod frames;
pub(crate) mod service;
pub(crate) mod wire;
