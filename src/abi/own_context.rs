//! The context of a library's own: where requests run that need a loop and no context of the host's. No host knows it, and it
//! lives as long as the process.

use super::host_fn::{Callback, UserData};
use crate::Host;
use crate::context::Contexts;
use crate::context::lifecycle::State;
use crate::context::run;
use crate::options::Options;
use crate::status::Status;
use crate::sync::Mutex;
use futures::FutureExt;
use std::ffi::{c_char, c_int, c_void};

/// See the module; none before it is needed.
#[derive(Debug)]
pub(super) struct OwnContext(Mutex<Option<Host>>);

impl OwnContext {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(super) fn host(&self, contexts: &'static Contexts, options: Options) -> Result<Host, Status> {
        let mut own = self.0.lock();
        if let Some(host) = *own {
            return Ok(host);
        }
        let host = start_context(contexts, options)?;
        *own = Some(host);
        Ok(host)
    }
}

fn start_context(contexts: &'static Contexts, options: Options) -> Result<Host, Status> {
    unsafe extern "C" fn ignore(_: c_int, _: *const c_char, _: usize, _: *mut c_void) {}
    let created = Callback::new(ignore, UserData(std::ptr::null_mut()));
    let construct = Box::new(|| {
        let state = async { Ok(State::new((), b"")) };
        state.boxed_local()
    });
    let mut host = Err(Status::Busy);
    let stay = contexts.acquire_own().ok_or(Status::Busy)?;
    run::begin(stay, options, created, construct, None, |instance| host = Ok(instance.host()))?;
    host
}
