//! A library, as its exports know it.

use crate::Format;
use crate::context::Contexts;
use crate::host::ToHost;
use crate::options::Options;
use crate::status::Status;
use ciborium::Value;
use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

/// A library whose state is an `S`: its name, its choices, and its contexts. [`exports!`](crate::exports) makes one as a
/// static; every export names it, so that a handle is only ever taken for a context with this state.
pub struct Library<S> {
    pub(super) surface: Surface,
    pub(super) options: Options,
    pub(super) contexts: Contexts,
    descriptor: OnceLock<Descriptor>,
    state: PhantomData<fn(S) -> S>,
}

impl<S> fmt::Debug for Library<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("surface", &self.surface).finish_non_exhaustive()
    }
}

/// What a library offers and asks for, by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    pub(super) name: &'static str,
    pub(super) version: &'static CStr,
    pub(super) requests: &'static [&'static str],
    pub(super) sync_requests: &'static [&'static str],
    pub(super) host_fns: &'static [&'static str],
    pub(super) events: &'static [&'static str],
}

/// The surface as CBOR, and its hash.
pub(super) struct Descriptor {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: u64,
}

impl<S> Library<S> {
    /// A library. `version` ends with a NUL and holds no other; otherwise it counts as empty.
    pub const fn new(name: &'static str, version: &'static str, options: Options) -> Self {
        let version = match CStr::from_bytes_with_nul(version.as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
        let surface = Surface { name, version, requests: &[], sync_requests: &[], host_fns: &[], events: &[] };
        Self { surface, options, contexts: Contexts::new(), descriptor: OnceLock::new(), state: PhantomData }
    }

    /// Says what the library offers, and which host functions and events it has: a host that names another is told so.
    pub const fn with_surface(
        mut self,
        requests: &'static [&'static str],
        sync_requests: &'static [&'static str],
        host_fns: &'static [&'static str],
        events: &'static [&'static str],
    ) -> Self {
        self.surface.requests = requests;
        self.surface.sync_requests = sync_requests;
        self.surface.host_fns = host_fns;
        self.surface.events = events;
        self
    }

    pub(super) fn descriptor(&self) -> &Descriptor {
        self.descriptor.get_or_init(|| self.surface.describe())
    }
}

impl Surface {
    /// A CBOR map: the format's version, the library's name, its names by kind, and its version. The hash covers all but the
    /// last.
    fn describe(&self) -> Descriptor {
        let names = |names: &[&str]| Value::Array(names.iter().map(|name| Value::from(*name)).collect());
        let mut surface = vec![
            (Value::from("descriptor"), Value::from(1)),
            (Value::from("name"), Value::from(self.name)),
            (Value::from("requests"), names(self.requests)),
            (Value::from("sync_requests"), names(self.sync_requests)),
            (Value::from("host_fns"), names(self.host_fns)),
            (Value::from("events"), names(self.events)),
        ];
        let hash = fnv1a(&cbor(&Value::Map(surface.clone())));
        surface.push((Value::from("version"), Value::from(&*self.version.to_string_lossy())));
        Descriptor { bytes: cbor(&Value::Map(surface)), hash }
    }
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a Vec takes every byte, and a Value can be written");
    bytes
}

/// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How a request ends: what its handler returns, as a status and a payload.
pub trait Reply {
    /// Hands `take` the status and the bytes: once.
    fn reply(&self, take: &mut dyn FnMut(Status, &[u8]));
}

impl<T: ToHost, E: ToHost> Reply for Result<T, E> {
    fn reply(&self, take: &mut dyn FnMut(Status, &[u8])) {
        match self {
            Ok(result) => result.to_host(Format::Native, &mut |bytes| take(Status::Ok, bytes)),
            Err(declared) => declared.to_host(Format::Native, &mut |bytes| take(Status::Err, bytes)),
        }
    }
}
