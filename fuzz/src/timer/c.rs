//! The C ABI of `my_timer`, as its header declares it.

use ffihost::abi::types::FFICallBack;
pub(super) use ffihost_test_host::direct::{FFIError, FFIOwnedString, Plain};
pub(super) use ffihost_test_host::native::{List, Str as Text};
use std::ffi::{c_int, c_void};

// What is only called by its symbol is linked only if the crate is named.
use my_timer as _;

/// An option. `present` is a bool, which holds what a bool must not.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Optional<T> {
    pub(super) present: u8,
    pub(super) value: T,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct EchoRequest {
    pub(super) message: Text,
    pub(super) delay_ms: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union RepeatPayload {
    pub(super) times: u32,
    pub(super) total_ms: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Repeat {
    pub(super) tag: i32,
    pub(super) payload: RepeatPayload,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Schedule {
    pub(super) echoes: List<EchoRequest>,
    pub(super) tags: List<Text>,
    pub(super) note: Optional<Text>,
    pub(super) repeat: Optional<Repeat>,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct EchoResponse {
    pub(super) echoed: Text,
    pub(super) timer: Text,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct PlanEntry {
    pub(super) at_ms: u64,
    pub(super) message: Text,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Plan {
    pub(super) entries: List<PlanEntry>,
    pub(super) total_ms: u64,
    pub(super) title: Text,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Reading {
    pub(super) label: Text,
    pub(super) elapsed_ns: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union TimerErrorPayload {
    pub(super) delay_ms: u32,
    pub(super) times: u64,
    pub(super) no_clock: Text,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct TimerError {
    pub(super) tag: i32,
    pub(super) payload: TimerErrorPayload,
}

/// Any `_cbor` request.
pub(super) type CborRequest =
    unsafe extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const u8, usize) -> c_int;

ffihost_test_host::exports!("my_timer");

macro_rules! requests {
    ($($name:ident = $symbol:literal ($($parameter:ty),* $(,)?) -> $returned:ty;)*) => {
        unsafe extern "C" {$(
            #[link_name = concat!("my_timer_", $symbol)]
            pub(super) fn $name($(_: $parameter),*) -> $returned;
        )*}
    };
}

type Cb = Option<FFICallBack>;
type Ptr = *mut c_void;

requests! {
    create = "create" (Text, Cb, Ptr, *mut Ptr) -> c_int;
    create_cbor = "create_cbor" (*const u8, usize, Cb, Ptr, *mut Ptr) -> c_int;
    echo = "echo" (Ptr, Cb, Ptr, *const EchoRequest) -> c_int;
    echo_cbor = "echo_cbor" (Ptr, Cb, Ptr, *const u8, usize) -> c_int;
    name = "name" (Ptr, *mut FFIOwnedString, *mut FFIError) -> c_int;
    name_cbor = "name_cbor" (Ptr, Cb, Ptr, *const u8, usize) -> c_int;
    plan = "plan" (Ptr, Cb, Ptr, *const Schedule) -> c_int;
    plan_cbor = "plan_cbor" (Ptr, Cb, Ptr, *const u8, usize) -> c_int;
    read_clock = "read_clock" (Ptr, Cb, Ptr) -> c_int;
    read_clock_cbor = "read_clock_cbor" (Ptr, Cb, Ptr, *const u8, usize) -> c_int;
    read_stopwatch = "read_stopwatch" (Ptr, u64, Cb, Ptr) -> c_int;
    read_stopwatch_cbor = "read_stopwatch_cbor" (Ptr, Cb, Ptr, *const u8, usize) -> c_int;
    start_stopwatch = "start_stopwatch" (Ptr, Text, *mut Plain<u64>, *mut FFIError) -> c_int;
    start_stopwatch_cbor = "start_stopwatch_cbor" (Ptr, Cb, Ptr, *const u8, usize) -> c_int;
    total_delay = "total_delay" (List<u32>, *mut Plain<u64>, *mut FFIError) -> c_int;
    total_delay_cbor = "total_delay_cbor" (Cb, Ptr, *const u8, usize) -> c_int;
    stopwatch_release = "stopwatch_release" (Ptr, u64) -> c_int;
}
