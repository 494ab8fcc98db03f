//! The library, served on a unix socket by itself: what a host that is linked to it does.

use crate::message::NAME;
use ffihost::abi::types::{FFICallBack, FFIServeOptions};
use ffihost::ipc::Address;
use std::ffi::{CString, c_char, c_int, c_void};
use std::path::PathBuf;
use std::ptr;
use std::sync::mpsc;
// So that it is linked.
use ffihost_benches_ipc as _;

unsafe extern "C" {
    fn bench_ipc_create_cbor(
        req: *const u8,
        len: usize,
        cb: FFICallBack,
        ud: *mut c_void,
        ctx: *mut *mut c_void,
    ) -> c_int;
    fn bench_ipc_close(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void) -> c_int;
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
        // SAFETY: the arguments live during the call, and userData until it is called back.
        wait_for(|user_data| unsafe {
            bench_ipc_create_cbor(name.as_ptr(), name.len(), told, user_data, &raw mut ctx)
        });
        let address = CString::new(format!("unix:{}", path.display())).expect("a path without a zero");
        // SAFETY: as above; without options all are the defaults.
        wait_for(|user_data| unsafe { bench_ipc_serve(ctx, address.as_ptr(), ptr::null(), Some(told), user_data) });
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
        // SAFETY: the context is closed once, and userData lives until it is called back.
        wait_for(|user_data| unsafe { bench_ipc_close(self.ctx, Some(told), user_data) });
    }
}

#[derive(serde::Serialize)]
struct Name<'a> {
    name: &'a str,
}

/// Makes a call that is accepted, and waits until it has called back with success.
fn wait_for(call: impl FnOnce(*mut c_void) -> c_int) {
    let (sender, receiver) = mpsc::sync_channel::<c_int>(1);
    assert_eq!(call(ptr::from_ref(&sender).cast_mut().cast()), 0, "it is accepted");
    assert_eq!(receiver.recv(), Ok(0), "it succeeds");
}

unsafe extern "C" fn told(ret: c_int, _: *const c_char, _: usize, user_data: *mut c_void) {
    // SAFETY: userData is a sender that `wait_for` keeps until it has received this; a clone outlives what it sends.
    let sender = unsafe { (*user_data.cast::<mpsc::SyncSender<c_int>>()).clone() };
    sender.send(ret).expect("somebody waits");
}
