//! Libraries that nobody wrote, which have everything that one can have.

#![allow(dead_code, unused_imports, reason = "each test file needs some of it")]
#![allow(clippy::allow_attributes, reason = "what is needed differs")]

mod awkward;
pub(crate) mod build;
mod details;
mod everything;
mod generic;
mod keywords;

pub(crate) use self::awkward::awkward;
pub(crate) use self::details::details;
pub(crate) use self::everything::everything;
pub(crate) use self::generic::generic;
pub(crate) use self::keywords::keywords;
