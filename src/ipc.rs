//! Serving contexts over sockets, and the client: needs the feature `ipc`.
//!
//! A library whose `library!` says `serve` exports `<lib>_serve`, which serves a context. This module is what a Rust program
//! uses to do the same, and to be a client; all of [`ffihost_ipc`] is here.

#[doc(hidden)]
pub mod callbacks;
mod export;
mod functions;
mod handles;
mod kept;
mod own;
mod rows;
mod served;
pub(crate) mod servers;

pub use self::export::{Admit, serve};
pub use self::functions::{Functions, Origin};
pub use self::own::{Own, OwnFunctions};
pub use self::served::Served;
#[doc(hidden)]
pub use crate::abi::Callback;
pub use ffihost_ipc::*;
