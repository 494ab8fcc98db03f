//! A context of this very library: its functions are called directly.

use super::rows::rows;
use super::{Functions, Origin, Served};
use crate::abi::served::{Remote, Row, Start};
use crate::abi::types::FFIHostFnOptions;
use crate::abi::{AnyLibrary, Callback, UserData};
use crate::context::gate::Phase;
use crate::inflight::Token;
use crate::status::Status;
use crate::{Format, Host, panic};
use ffihost_schema::{Library, ReadError};
use std::ptr;

/// The functions of a context of this library.
#[derive(Clone, Debug)]
pub struct OwnFunctions {
    library: &'static AnyLibrary,
    host: Host,
    rows: Vec<&'static Row>,
}

/// A context of this library, as something to serve.
pub type Own = Served<OwnFunctions>;

/// A context of a library.
pub(super) fn own(library: &'static AnyLibrary, host: Host) -> Result<Own, ReadError> {
    let of_library = |row: &&Row| row.module.split("::").next() == library.crate_name();
    let rows = rows().filter(of_library).collect();
    let descriptor = &library.descriptor().bytes;
    let surface = Library::from_document(descriptor)?;
    Ok(Served::new(surface, descriptor.clone(), OwnFunctions { library, host, rows }))
}

/// Contains a panic, as an export does: these are called beside the exports, by threads that have more to do.
fn contained<T>(body: impl FnOnce() -> Result<T, Status>) -> Result<T, Status> {
    let mut result = Err(Status::Panic);
    panic::contain_call(|| result = body());
    result
}

impl Functions for OwnFunctions {
    fn methods(&self) -> Vec<(&str, Option<&str>)> {
        let handle = |start| if let Start::Release(handle, _) = start { Some(handle) } else { None };
        self.rows.iter().map(|row| (row.name, handle(row.start))).collect()
    }

    fn start(&self, method: usize, payload: &[u8], callback: Callback) -> Result<(), Status> {
        contained(|| match self.rows[method].start {
            Start::Asynchronous(start) | Start::Synchronous(start) => {
                start(Remote { host: self.host, callback, payload })
            }
            Start::Release(..) => Err(Status::InvalidArgument),
        })
    }

    fn cancel(&self, user_data: usize) {
        let _not_any_more = contained(|| {
            let inside = self.host.enter(Phase::Finishing)?;
            crate::abi::cancel_in(&inside, UserData(ptr::without_provenance_mut(user_data)))
        });
    }

    fn release(&self, method: usize, handle: u64) -> Result<(), Status> {
        contained(|| match self.rows[method].start {
            Start::Release(_, release) => release(self.host, handle),
            Start::Asynchronous(_) | Start::Synchronous(_) => Err(Status::InvalidArgument),
        })
    }

    fn listen(&self, event: &str, callback: Callback) -> Result<u64, Status> {
        contained(|| crate::abi::add_listener(self.host, event, Format::Cbor, callback))
    }

    fn unlisten(&self, ticket: u64) -> Result<(), Status> {
        contained(|| crate::abi::remove_listener(self.host, ticket))
    }

    unsafe fn register(&self, name: &str, options: &FFIHostFnOptions, _: Origin) -> Result<u64, Status> {
        // The host itself calls the library's exports, so whoever comes here is a client.
        // Not contained: after a panic nobody would know whether userData is the registry's.
        // SAFETY: the caller's contract.
        unsafe { crate::abi::register_for_client(self.library, self.host, name, options) }
    }

    fn unregister(&self, name: &str, registration: u64) {
        let _gone_with_its_context =
            contained(|| crate::abi::unregister_for_client(self.library, self.host, name, registration));
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status> {
        contained(|| {
            let token = Token::from_bits(call).ok_or(Status::UnknownToken)?;
            let answer = self.host.answer_cbor(token, ret, payload).ok_or(Status::UnknownToken)?;
            match crate::abi::accepted(&answer) {
                Status::Ok => Ok(()),
                status => Err(status),
            }
        })
    }
}
