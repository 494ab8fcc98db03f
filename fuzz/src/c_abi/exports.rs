//! The libraries that are fuzzed, and their C ABI as `ffihost.h` declares it: of the same functions, one whose closes end by
//! themselves, and one with short limits whose code may block.

use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
use std::ffi::{c_char, c_int, c_void};

type Ctx = *mut c_void;
type Ud = *mut c_void;

pub(crate) type Request = unsafe extern "C" fn(Ctx, Option<FFICallBack>, Ud, *const u8, usize) -> c_int;
pub(crate) type Register = unsafe extern "C" fn(Ctx, *const c_char, Option<FFIHostFn>, Ud) -> c_int;
pub(crate) type Listen = unsafe extern "C" fn(Ctx, *const c_char, Option<FFICallBack>, Ud) -> u64;

/// The exports of a library.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) create: unsafe extern "C" fn(*const u8, usize, Option<FFICallBack>, Ud, *mut Ctx) -> c_int,
    pub(crate) destroy: unsafe extern "C" fn(Ctx) -> c_int,
    pub(crate) close: unsafe extern "C" fn(Ctx, Option<FFICallBack>, Ud) -> c_int,
    pub(crate) cancel: unsafe extern "C" fn(Ctx, Ud) -> c_int,
    pub(crate) register_host_fn: Register,
    pub(crate) register_host_fn_cbor: Register,
    pub(crate) register_host_fn_with: unsafe extern "C" fn(Ctx, *const c_char, *const FFIHostFnOptions) -> c_int,
    pub(crate) host_complete: unsafe extern "C" fn(Ctx, u64, c_int, *const c_char, usize) -> c_int,
    pub(crate) host_fn_registered: unsafe extern "C" fn(Ctx, *const c_char) -> c_int,
    pub(crate) add_event_listener: Listen,
    pub(crate) add_event_listener_cbor: Listen,
    pub(crate) remove_event_listener: unsafe extern "C" fn(Ctx, u64) -> c_int,
    pub(crate) stats: unsafe extern "C" fn(Ctx, *mut FFIStats) -> c_int,
    pub(crate) abi_descriptor: unsafe extern "C" fn(*mut *const u8, *mut usize) -> c_int,
    pub(crate) abi_hash: unsafe extern "C" fn() -> u64,
    pub(crate) version: unsafe extern "C" fn() -> *const c_char,
    pub(crate) requests: &'static [Request],
    pub(crate) sync_requests: &'static [Request],
    /// Requests, of each kind the last ones, that block until the host lets go.
    pub(crate) blocking: &'static [Request],
}

macro_rules! library {
    (
        $module:ident, $prefix:literal, $options:expr,
        requests: [$($request:ident),*], blocking: [$($blocking:ident),*],
        sync_requests: [$($sync:ident),*], sync_blocking: [$($sync_blocking:ident),*],
    ) => {
        mod $module {
            use super::super::library::*;
            use super::*;

            ffihost::exports! {
                prefix: $prefix,
                state: State,
                options: $options,
                constructor: construct,
                destructor: destruct,
                requests: { $($request: $request,)* $($blocking: $blocking),* },
                sync_requests: { $($sync: $sync,)* $($sync_blocking: $sync_blocking),* },
                host_fns: ["ask", "other"],
                events: ["happened"],
            }

            mod c {
                use super::*;

                unsafe extern "C" {
                    $(
                        #[link_name = concat!($prefix, "_", stringify!($request))]
                        pub(super) fn $request(_: Ctx, _: Option<FFICallBack>, _: Ud, _: *const u8, _: usize) -> c_int;
                    )*
                    $(
                        #[link_name = concat!($prefix, "_", stringify!($blocking))]
                        pub(super) fn $blocking(_: Ctx, _: Option<FFICallBack>, _: Ud, _: *const u8, _: usize) -> c_int;
                    )*
                    $(
                        #[link_name = concat!($prefix, "_", stringify!($sync))]
                        pub(super) fn $sync(_: Ctx, _: Option<FFICallBack>, _: Ud, _: *const u8, _: usize) -> c_int;
                    )*
                    $(
                        #[link_name = concat!($prefix, "_", stringify!($sync_blocking))]
                        pub(super) fn $sync_blocking(
                            _: Ctx, _: Option<FFICallBack>, _: Ud, _: *const u8, _: usize,
                        ) -> c_int;
                    )*
                    #[link_name = concat!($prefix, "_create")]
                    pub(super) fn create(_: *const u8, _: usize, _: Option<FFICallBack>, _: Ud, _: *mut Ctx) -> c_int;
                    #[link_name = concat!($prefix, "_destroy")]
                    pub(super) fn destroy(_: Ctx) -> c_int;
                    #[link_name = concat!($prefix, "_close")]
                    pub(super) fn close(_: Ctx, _: Option<FFICallBack>, _: Ud) -> c_int;
                    #[link_name = concat!($prefix, "_cancel")]
                    pub(super) fn cancel(_: Ctx, _: Ud) -> c_int;
                    #[link_name = concat!($prefix, "_register_host_fn")]
                    pub(super) fn register_host_fn(_: Ctx, _: *const c_char, _: Option<FFIHostFn>, _: Ud) -> c_int;
                    #[link_name = concat!($prefix, "_register_host_fn_cbor")]
                    pub(super) fn register_host_fn_cbor(_: Ctx, _: *const c_char, _: Option<FFIHostFn>, _: Ud) -> c_int;
                    #[link_name = concat!($prefix, "_register_host_fn_with")]
                    pub(super) fn register_host_fn_with(_: Ctx, _: *const c_char, _: *const FFIHostFnOptions) -> c_int;
                    #[link_name = concat!($prefix, "_host_complete")]
                    pub(super) fn host_complete(_: Ctx, _: u64, _: c_int, _: *const c_char, _: usize) -> c_int;
                    #[link_name = concat!($prefix, "_host_fn_registered")]
                    pub(super) fn host_fn_registered(_: Ctx, _: *const c_char) -> c_int;
                    #[link_name = concat!($prefix, "_add_event_listener")]
                    pub(super) fn add_event_listener(_: Ctx, _: *const c_char, _: Option<FFICallBack>, _: Ud) -> u64;
                    #[link_name = concat!($prefix, "_add_event_listener_cbor")]
                    pub(super) fn add_event_listener_cbor(
                        _: Ctx, _: *const c_char, _: Option<FFICallBack>, _: Ud,
                    ) -> u64;
                    #[link_name = concat!($prefix, "_remove_event_listener")]
                    pub(super) fn remove_event_listener(_: Ctx, _: u64) -> c_int;
                    #[link_name = concat!($prefix, "_stats")]
                    pub(super) fn stats(_: Ctx, _: *mut FFIStats) -> c_int;
                    #[link_name = concat!($prefix, "_abi_descriptor")]
                    pub(super) fn abi_descriptor(_: *mut *const u8, _: *mut usize) -> c_int;
                    #[link_name = concat!($prefix, "_abi_hash")]
                    pub(super) fn abi_hash() -> u64;
                    #[link_name = concat!($prefix, "_version")]
                    pub(super) fn version() -> *const c_char;
                }
            }

            pub(super) static API: Api = Api {
                create: c::create,
                destroy: c::destroy,
                close: c::close,
                cancel: c::cancel,
                register_host_fn: c::register_host_fn,
                register_host_fn_cbor: c::register_host_fn_cbor,
                register_host_fn_with: c::register_host_fn_with,
                host_complete: c::host_complete,
                host_fn_registered: c::host_fn_registered,
                add_event_listener: c::add_event_listener,
                add_event_listener_cbor: c::add_event_listener_cbor,
                remove_event_listener: c::remove_event_listener,
                stats: c::stats,
                abi_descriptor: c::abi_descriptor,
                abi_hash: c::abi_hash,
                version: c::version,
                requests: &[$(c::$request,)* $(c::$blocking),*],
                sync_requests: &[$(c::$sync,)* $(c::$sync_blocking),*],
                blocking: &[$(c::$blocking,)* $(c::$sync_blocking),*],
            };
        }
    };
}

macro_rules! libraries {
    ($($requests:tt)*) => {
        library!(patient, "fuzzed", PATIENT, $($requests)* blocking: [],
            sync_requests: [now, ask_now, reply_bomb_now], sync_blocking: [],);
        library!(hasty, "hasty_fuzzed", HASTY, $($requests)* blocking: [block, block_elsewhere],
            sync_requests: [now, ask_now, reply_bomb_now], sync_blocking: [block_now],);
    };
}

libraries! {
    requests: [
        ask, ask_other, ask_text, ask_with_deadline, ask_patiently, ask_twice, ask_and_drop, ask_elsewhere, ask_sync, echo,
        fail, panics, never, sleep, emit, ask_bomb, ask_bomb_and_drop, reply_bomb, never_bomb, emit_bomb
    ],
}

/// The library whose closes end by themselves.
pub(crate) static PATIENT_API: &Api = &patient::API;
/// The one with short limits.
pub(crate) static HASTY_API: &Api = &hasty::API;
