//! A context: one live instance of a library, its FFI thread, its loop, and its end.
//!
//! # What lives how long
//!
//! - A [`Context`] is a record that is made once and never freed: the gate, the table of calls, the signal. A host's handle
//!   names a record and a generation, so checking one reads only memory that is always there. Records are used again, last
//!   in first out, under a new generation.
//! - An [`Instance`] is what one life of a context needs: the registry, the requests, the events, the author's choices. It
//!   is reached through the gate ([`Context::enter`]), which keeps it alive until the pin is dropped. The record does not know
//!   what its instance is: [`record`], [`records`] and [`tenancy`] have it as a type parameter.
//! - A [`Local`](local::Local) is the FFI thread's own part: what needs no lock because nobody else can touch it.
//!
//! # Threads
//!
//! The loop ([`local`]) does not know what thread it runs on: [`run`] enters it, and a thread is started for that. Which
//! context the present code belongs to is kept in thread-locals ([`current`]): on the FFI thread, on the event thread, inside a
//! synchronous request.
//!
//! # In reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`gate`] | who is let in, who is counted, who comes out last |
//! | [`handle`], [`record`], [`vacancies`] | what a host knows a context by; one record; which records are free |
//! | [`tenancy`], [`records`] | the use of a record by one life; the records of a library |
//! | [`instance`] | one life of a context |
//! | [`current`] | the current context of a thread |
//! | [`local`], [`calls`] | the loop, and the host calls that it makes |
//! | [`requests`], [`jobs`], [`boxes`] | what hosts ask for: the protocol, the work itself, and the memory that it runs in |
//! | [`capacity`], [`deadline`] | what calls wait for, and for how long |
//! | [`run`], [`lifecycle`] | the FFI thread; the phases of a life, from the constructor to the destructor |
//! | [`close`], [`closing`], [`report`] | who brings the end about; the report against the abandonment |
//! | [`spin`], [`clock`] | how long to watch before sleeping; a cheap clock |

pub(crate) mod gate;
pub(crate) mod report;
pub(crate) mod requests;

// The rest is not modelled, so it is not built for loom.
#[cfg(not(ffihost_loom))]
pub(crate) mod boxes;
#[cfg(not(ffihost_loom))]
pub(crate) mod calls;
#[cfg(not(ffihost_loom))]
pub(crate) mod capacity;
#[cfg(not(ffihost_loom))]
pub(crate) mod clock;
#[cfg(not(ffihost_loom))]
pub(crate) mod close;
#[cfg(not(ffihost_loom))]
pub(crate) mod closing;
#[cfg(not(ffihost_loom))]
pub(crate) mod current;
#[cfg(not(ffihost_loom))]
pub(crate) mod deadline;
#[cfg(not(ffihost_loom))]
pub(crate) mod handle;
#[cfg(not(ffihost_loom))]
pub(crate) mod instance;
#[cfg(not(ffihost_loom))]
pub(crate) mod jobs;
#[cfg(not(ffihost_loom))]
pub(crate) mod lifecycle;
#[cfg(not(ffihost_loom))]
pub(crate) mod local;
#[cfg(not(ffihost_loom))]
pub(crate) mod record;
#[cfg(not(ffihost_loom))]
pub(crate) mod records;
#[cfg(not(ffihost_loom))]
pub(crate) mod run;
#[cfg(not(ffihost_loom))]
pub(crate) mod spin;
#[cfg(not(ffihost_loom))]
pub(crate) mod tenancy;
#[cfg(not(ffihost_loom))]
pub(crate) mod vacancies;

#[cfg(not(ffihost_loom))]
pub(crate) use self::instance::{Context, Contexts, Instance, Pinned};
