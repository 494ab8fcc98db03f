//! The library, served on a unix socket by itself: what a host that is linked to it does.

use crate::message::NAME;
use ffihost::abi::types::{FFICallBack, FFIServeOptions};
use ffihost::ipc::Address;
use std::ffi::{CString, c_char, c_int, c_void};
use std::path::PathBuf;
use std::ptr;
// So that it is linked.
use ffihost_benches_ipc as _;

mod c {
    ffihost_test_host::exports!("bench_ipc", create: [create_cbor]);
}

unsafe extern "C" {
    fn bench_ipc_serve(
        ctx: *mut c_void,
        address: *const c_char,
        options: *const FFIServeOptions,
        cb: Option<FFICallBack>,
        ud: *mut c_void,
    ) -> c_int;
}

/// A context that serves itself, until this is dropped.
pub(crate) struct Served {
    ctx: *mut c_void,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Served {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("bench.sock");
        let mut name = Vec::new();
        ciborium::into_writer(&Name { name: NAME }, &mut name).expect("a vector takes everything");
        let mut ctx = ptr::null_mut();
        wait_for(|cb, user_data| c::create_cbor(name.as_ptr(), name.len(), cb, user_data, &raw mut ctx));
        let address = CString::new(format!("unix:{}", path.display())).expect("a path without a zero");
        // SAFETY: the address lives during the call; without options all are the defaults.
        wait_for(|cb, user_data| unsafe { bench_ipc_serve(ctx, address.as_ptr(), ptr::null(), cb, user_data) });
        Self { ctx, path, _folder: folder }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    pub(crate) fn address(&self) -> Address {
        Address::Unix(self.path.clone())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        wait_for(|done, user_data| c::close(self.ctx, done, user_data));
    }
}

#[derive(serde::Serialize)]
struct Name<'a> {
    name: &'a str,
}

/// Makes a call that is accepted, and waits until it has called back with success.
fn wait_for(call: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int) {
    assert_eq!(ffihost_test_host::run(|ret, _| ret, call), 0, "it succeeds");
}
