//! Host functions that are registered together: all or none, with one userData and one release.

mod support;

use ffihost::Status;
use ffihost::abi::types::{FFIHostFn, FFIHostFnOptions, FFINamedHostFn};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;
use support::{Asked, Context, Log, Told, c, wait_until};

const BOTH: [&str; 2] = ["ask", "other"];

/// Registers both, which answer what they are asked.
fn echo(ctx: Context) -> Arc<Log> {
    let answer = |ctx: Context, asked: Asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0);
    let (ret, log) = ctx.register_all(&BOTH, |_| {}, answer);
    assert_eq!((ret, registered(ctx)), (0, [1, 1]));
    log
}

fn registered(ctx: Context) -> [c_int; 2] {
    [c"ask", c"other"].map(|name| c::host_fn_registered(ctx.0, name.as_ptr()))
}

#[test]
fn all_are_registered_and_released_once() {
    let ctx = Context::new("test");
    let log = echo(ctx);
    assert_eq!(ctx.run("ask", "of a group"), Told::ok("of a group"));
    assert_eq!(log.released(), 0);
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(log.released(), 1, "once for both");
}

#[test]
fn the_last_one_that_goes_releases() {
    let ctx = Context::new("test");
    let group = echo(ctx);
    let alone = ctx.register("other", |_, _| {});
    assert_eq!(registered(ctx), [1, 1]);
    assert_eq!(ctx.run("ask", "the other is replaced"), Told::ok("the other is replaced"));
    assert_eq!(group.released(), 0, "one of the two is registered");
    assert_eq!((ctx.unregister("ask"), registered(ctx)), (0, [0, 1]));
    wait_until("the group is released", || group.released() == 1);
    assert_eq!((ctx.destroy(), alone.released(), group.released()), (0, 1, 1));
}

#[test]
fn an_open_call_of_one_keeps_userdata() {
    let ctx = Context::new("test");
    let (sender, asked) = std::sync::mpsc::channel();
    let (ret, log) = ctx.register_all(
        &BOTH,
        |_| {},
        move |_, asked| {
            sender.send(asked.token).expect("the test waits");
        },
    );
    assert_eq!(ret, 0);
    let pending = ctx.submit("ask", "");
    let token = asked.recv_timeout(support::PATIENCE).expect("it is called");
    let other = echo(ctx);
    assert_eq!(ctx.run("ask", "new"), Told::ok("new"));
    assert_eq!(log.released(), 0, "a call made with it is open");
    assert_eq!((ctx.answer(token, 0, "old"), pending.wait()), (0, Told::ok("old")));
    wait_until("the replaced group is released", || log.released() == 1);
    assert_eq!((ctx.unregister("other"), ctx.unregister("ask")), (0, 0));
    wait_until("the unregistered group is released", || other.released() == 1);
    assert_eq!((ctx.destroy(), log.released(), other.released()), (0, 1, 1));
}

#[test]
fn options_are_for_each() {
    let ctx = Context::new("test");
    let (ret, log) = ctx.register_all(&BOTH, |options| options.deadline_ms = 1, |_, _| {});
    assert_eq!(ret, 0);
    assert_eq!(ctx.run("ask", ""), Told { ret: 1, text: "TimedOut".to_owned() });
    assert_eq!((log.asked().len(), log.cancelled().len()), (1, 1));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn what_is_refused_registers_nothing_and_is_not_released() {
    let ctx = Context::new("test");
    let before = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0));
    let refused = |names: &[&str], adjust: fn(&mut FFIHostFnOptions)| {
        let (ret, log) = ctx.register_all(names, adjust, |_, _| {});
        assert_eq!(ret, Status::InvalidArgument.code(), "{names:?}");
        assert_eq!(registered(ctx), [1, 0], "{names:?}");
        log
    };
    extern "C" fn function(_: u64, _: *const c_char, _: usize, _: *mut c_void) {}
    let logs = [
        refused(&["ask", "aks"], |_| {}),
        refused(&["other", "ask", "other"], |_| {}),
        refused(&["other", ""], |_| {}),
        refused(&[], |_| {}),
        refused(&BOTH, |options| options.size -= 1),
        refused(&BOTH, |options| options.format = 2),
        refused(&BOTH, |options| options.function = Some(function)),
    ];
    assert_eq!(ctx.run("ask", "as before"), Told::ok("as before"));
    assert_eq!((ctx.destroy(), before.released()), (0, 1));
    let (ret, late) = ctx.register_all(&BOTH, |_| {}, |_, _| {});
    assert_eq!(ret, Status::InvalidCtx.code());
    assert!(logs.iter().chain([&late]).all(|log| log.released() == 0));
}

#[test]
fn pointers_that_are_null() {
    extern "C" fn function(_: u64, _: *const c_char, _: usize, _: *mut c_void) {}
    extern "C" fn released(_: *mut c_void) {
        unreachable!("it is refused");
    }
    let ctx = Context::new("test");
    let options = FFIHostFnOptions {
        size: size_of::<FFIHostFnOptions>(),
        function: None,
        cancel: None,
        release: Some(released),
        user_data: ptr::null_mut(),
        format: 0,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    let named = |name: Option<&'static CStr>, function: Option<FFIHostFn>| FFINamedHostFn {
        name: name.map_or(ptr::null(), CStr::as_ptr),
        function,
    };
    let first = named(Some(c"ask"), Some(function));
    for second in [named(Some(c"other"), None), named(None, Some(function)), named(Some(c"\xc3"), Some(function))] {
        let ret = c::register_host_fns(ctx.0, [first, second].as_ptr(), 2, &raw const options);
        assert_eq!((ret, registered(ctx)), (Status::InvalidArgument.code(), [0, 0]));
    }
    for (fns, count, options) in [
        (ptr::null(), 1, &raw const options),
        (ptr::null(), usize::MAX, &raw const options),
        (&raw const first, 0, &raw const options),
        (&raw const first, 1, ptr::null()),
    ] {
        let ret = c::register_host_fns(ctx.0, fns, count, options);
        assert_eq!((ret, registered(ctx)), (Status::InvalidArgument.code(), [0, 0]));
    }
    assert_eq!(ctx.destroy(), 0);
}
