//! A library, as its exports know it.

use super::descriptor::{Descriptor, Names};
use super::own_context::OwnContext;
use crate::Format;
use crate::context::Contexts;
use crate::host::ToHost;
use crate::options::Options;
use crate::status::Status;
use crate::wire::{Declared, Returned, to_payload};
use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::OnceLock;

/// A library whose state is an `S`. `library!` makes one as a static; every export names it, so that a handle is only ever
/// taken for a context with this state.
pub struct Library<S> {
    any: AnyLibrary,
    state: PhantomData<fn(S) -> S>,
}

/// A library, whatever its state: its name, its choices, and its contexts.
pub struct AnyLibrary {
    name: &'static str,
    pub(super) version: &'static CStr,
    describe: fn(&Self) -> Descriptor,
    /// The crate whose attributes it is made of; empty if it was written by hand.
    krate: &'static str,
    by_hand: ByHand,
    pub(super) options: Options,
    pub(super) contexts: Contexts,
    /// For requests without a receiver.
    pub(super) own: OwnContext,
    descriptor: OnceLock<Descriptor>,
}

impl<S> fmt::Debug for Library<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl fmt::Debug for AnyLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("name", &self.name).field("version", &self.version).finish_non_exhaustive()
    }
}

/// What does without the state takes any library.
impl<S> Deref for Library<S> {
    type Target = AnyLibrary;

    #[inline]
    fn deref(&self) -> &AnyLibrary {
        &self.any
    }
}

/// What a library that is written by hand offers and asks for; nothing in any other.
#[derive(Clone, Copy)]
struct ByHand {
    requests: &'static [&'static str],
    sync_requests: &'static [&'static str],
    host_fns: &'static [&'static str],
    events: &'static [&'static str],
}

impl<S> Library<S> {
    /// The library that a crate is, by way of its attributes. `module` is a path in the crate, of which the first segment
    /// counts. `version` ends with a NUL and holds no other; otherwise it counts as empty.
    pub const fn of_crate(name: &'static str, version: &'static str, module: &'static str, options: Options) -> Self {
        let none = ByHand { requests: &[], sync_requests: &[], host_fns: &[], events: &[] };
        Self::new(name, version, AnyLibrary::describe_crate, first_segment(module), none, options)
    }

    /// A library that is written by hand. A host that names another host function or event than these is told so.
    pub const fn by_hand(
        name: &'static str,
        version: &'static str,
        options: Options,
        requests: &'static [&'static str],
        sync_requests: &'static [&'static str],
        host_fns: &'static [&'static str],
        events: &'static [&'static str],
    ) -> Self {
        assert!(ffihost_abi::names::taken(name).is_none(), "something else has the library's name: use another one");
        let by_hand = ByHand { requests, sync_requests, host_fns, events };
        Self::new(name, version, AnyLibrary::describe_names, "", by_hand, options)
    }

    const fn new(
        name: &'static str,
        version: &'static str,
        describe: fn(&AnyLibrary) -> Descriptor,
        krate: &'static str,
        by_hand: ByHand,
        options: Options,
    ) -> Self {
        let version = match CStr::from_bytes_with_nul(version.as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
        let any = AnyLibrary {
            name,
            version,
            describe,
            krate,
            by_hand,
            options,
            contexts: Contexts::new(),
            own: OwnContext::new(),
            descriptor: OnceLock::new(),
        };
        Self { any, state: PhantomData }
    }
}

#[cfg(feature = "ipc")]
impl AnyLibrary {
    /// The crate whose attributes it is made of; none if it was written by hand.
    pub(crate) fn crate_name(&self) -> Option<&'static str> {
        (!self.krate.is_empty()).then_some(self.krate)
    }
}

impl AnyLibrary {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Put together when it is first asked for: by a function that the library names, so that the other is not linked.
    pub(crate) fn descriptor(&self) -> &Descriptor {
        self.descriptor.get_or_init(|| (self.describe)(self))
    }

    fn describe_crate(&self) -> Descriptor {
        Descriptor::of_crate(self.krate)
    }

    fn describe_names(&self) -> Descriptor {
        let ByHand { requests, sync_requests, host_fns, events } = self.by_hand;
        let kinds =
            [("requests", requests), ("sync_requests", sync_requests), ("host_fns", host_fns), ("events", events)];
        let any = if host_fns.is_empty() { Names::Any } else { Names::These(host_fns.to_vec()) };
        let version = self.version.to_string_lossy();
        Descriptor::of_names(self.name, &version, &kinds, any, Names::These(events.to_vec()))
    }
}

/// The crate that a module path begins with.
const fn first_segment(module: &'static str) -> &'static str {
    let mut end = 0;
    while end < module.len() && module.as_bytes()[end] != b':' {
        end += 1;
    }
    module.split_at(end).0
}

/// How a request ends: what its handler returns, as a status and a payload.
pub trait Reply {
    /// Hands `take` the status and the payload in that format: once.
    fn reply(&self, format: Format, take: &mut dyn FnMut(Status, &[u8]));
}

impl<T: ToHost, E: ToHost> Reply for Result<T, E> {
    fn reply(&self, format: Format, take: &mut dyn FnMut(Status, &[u8])) {
        match self {
            Ok(result) => result.to_host(format, &mut |bytes| take(Status::Ok, bytes)),
            Err(declared) => declared.to_host(format, &mut |bytes| take(Status::Err, bytes)),
        }
    }
}

/// What a function that is marked with `#[ffi]` returns.
#[derive(Debug)]
pub struct Typed<R>(pub R);

impl<R: Returned> Reply for Typed<R> {
    #[inline]
    fn reply(&self, format: Format, take: &mut dyn FnMut(Status, &[u8])) {
        match self.0.returned() {
            Ok(result) => to_payload(result, format, &mut |bytes| take(Status::Ok, bytes)),
            Err(declared) => declared.to_payload(format, &mut |bytes| take(Status::Err, bytes)),
        }
    }
}
