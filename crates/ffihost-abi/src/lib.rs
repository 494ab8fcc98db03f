//! The facts of the C ABI of every ffihost library, each stated once.
//!
//! ```text
//!                        ffihost-abi
//!                             │
//!     ┌───────────┬───────────┼───────────┬────────────────┐
//!  ffihost    -macros      -schema       -ipc    -bindgen, -load, -cli
//! ```
//!
//! | module | what it states |
//! |---|---|
//! | [`types`] | the C types of `ffihost.h`, field by field |
//! | [`Status`] | what exports return and callbacks are passed |
//! | [`EXPORTS`], [`Export`], [`signature`] | the functions that every library exports |
//! | [`names`] | how names become names of symbols and of C types |
//! | [`layout`] | how a target lays out C structs, as a number |
//! | [`limits`] | the defaults of what is limited |
//!
//! `include/ffihost.h` is written by hand and has the whole contract in prose; the project's tests compare it with this crate.
//! The runtime takes types and constants from here and no code.
//!
//! # Examples
//!
//! ```
//! use ffihost_abi::{EXPORTS, names};
//!
//! let cancel = EXPORTS.iter().find(|export| export.name == "cancel").expect("every library has it");
//! assert_eq!(cancel.prototype("my_app"), "int my_app_cancel(void *ctx, void *userData);");
//! assert_eq!(names::release("HttpCursor"), "http_cursor_release");
//! ```

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod c;
mod exports;
pub mod layout;
pub mod limits;
pub mod names;
mod status;
pub mod types;

pub use self::c::{CType, rust};
pub use self::exports::{Case, EXPORTS, Export, Outcome, Param, Presence, Threads, signature};
pub use self::status::Status;
