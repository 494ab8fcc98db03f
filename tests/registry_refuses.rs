//! What a host may get wrong when it registers: told with a status, and never released.

mod support;

use ffihost::Status;
use ffihost::abi::types::FFIHostFnOptions;
use support::{Context, c};

#[test]
fn a_refused_registration_is_not_released() {
    let ctx = Context::new("test");
    let refused = |name: &str, adjust: fn(&mut FFIHostFnOptions), expected: Status| {
        let (ret, log) = ctx.register_with(name, adjust, |_, _| {});
        assert_eq!(ret, expected.code(), "{name}");
        log
    };
    let long = "x".repeat(256);
    let logs = [
        refused("", |_| {}, Status::InvalidArgument),
        refused("aks", |_| {}, Status::InvalidArgument),
        refused(&long, |_| {}, Status::InvalidArgument),
        refused("ask", |options| options.size = 0, Status::InvalidArgument),
        refused("ask", |options| options.size -= 1, Status::InvalidArgument),
        refused("ask", |options| options.size = usize::MAX, Status::InvalidArgument),
        refused("ask", |options| options.format = 2, Status::InvalidArgument),
        refused("ask", |options| options.format = -1, Status::InvalidArgument),
        refused("ask", |options| options.function = None, Status::NotRegistered),
    ];
    assert_eq!(c::register_host_fn_with(ctx.0, c"ask".as_ptr(), std::ptr::null()), Status::InvalidArgument.code());
    assert_eq!(
        c::register_host_fn(ctx.0, std::ptr::null(), None, std::ptr::null_mut()),
        Status::InvalidArgument.code()
    );
    assert_eq!(
        c::register_host_fn(ctx.0, c"\xc3".as_ptr(), None, std::ptr::null_mut()),
        Status::InvalidArgument.code()
    );
    assert_eq!(ctx.destroy(), 0);
    let (ret, late) = ctx.register_with("ask", |_| {}, |_, _| {});
    assert_eq!(ret, Status::InvalidCtx.code());
    assert!(logs.iter().chain([&late]).all(|log| log.released() == 0));
}

#[test]
fn a_later_headers_struct_is_taken_if_it_says_nothing_more() {
    #[repr(C)]
    struct Later {
        options: FFIHostFnOptions,
        more: [u64; 2],
    }
    unsafe extern "C" fn function(_: u64, _: *const std::ffi::c_char, _: usize, _: *mut std::ffi::c_void) {}
    let ctx = Context::new("test");
    let mut later = Later {
        options: FFIHostFnOptions {
            size: size_of::<Later>(),
            function: Some(function),
            cancel: None,
            release: None,
            user_data: std::ptr::null_mut(),
            format: 0,
            max_in_flight: 0,
            deadline_ms: 0,
        },
        more: [0, 0],
    };
    assert_eq!(c::register_host_fn_with(ctx.0, c"ask".as_ptr(), (&raw const later).cast()), 0);
    later.more[1] = 1;
    assert_eq!(
        c::register_host_fn_with(ctx.0, c"ask".as_ptr(), (&raw const later).cast()),
        Status::InvalidArgument.code()
    );
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn what_is_registered_can_be_asked() {
    let ctx = Context::new("test");
    let registered = |name: &std::ffi::CStr| c::host_fn_registered(ctx.0, name.as_ptr());
    assert_eq!((registered(c"ask"), registered(c"other")), (0, 0));
    ctx.register("ask", |_, _| {});
    assert_eq!((registered(c"ask"), registered(c"other"), ctx.stats().host_fns_registered), (1, 0, 1));
    assert_eq!(ctx.unregister("ask"), 0);
    assert_eq!((registered(c"ask"), ctx.stats().host_fns_registered), (0, 0));
    assert_eq!(c::host_fn_registered(ctx.0, std::ptr::null()), -Status::InvalidArgument.code());
    assert_eq!(c::host_fn_registered(std::ptr::null_mut(), c"ask".as_ptr()), -Status::InvalidCtx.code());
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn as_many_contexts_as_the_library_allows() {
    let contexts: Vec<_> = (0..64).map(|_| Context::new("test")).collect();
    let (ret, _, refused) = Context::try_create("one too many");
    assert_eq!(ret, Status::Busy.code());
    refused.assert_silent();
    assert_eq!(contexts[7].destroy(), 0);
    let again = Context::new("test");
    assert!(!contexts.contains(&again), "a handle is not used twice");
    for ctx in contexts.iter().filter(|ctx| **ctx != contexts[7]).chain([&again]) {
        assert_eq!(ctx.destroy(), 0);
    }
}
