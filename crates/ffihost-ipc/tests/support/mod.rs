//! What the tests share.

pub(crate) mod frames;
pub(crate) mod wire;
