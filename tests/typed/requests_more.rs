//! Requests without a context, those that go wrong, and the life of a context.

use super::*;

type Free = extern "C" fn(Cb, Ud, *const u8, usize) -> c_int;

#[track_caller]
fn free_cbor(export: Free, args: &Value) -> (c_int, Value) {
    let req = typed::write(args);
    run(typed::cbor, |cb, ud| export(cb, ud, req.as_ptr(), req.len()))
}

#[test]
fn without_a_context() {
    // SAFETY: the library passes what the results are.
    let (long, short) =
        (|_, it: &[u8]| unsafe { typed::c_value::<u64>(it) }, |_, it: &[u8]| unsafe { typed::c_value::<u32>(it) });
    assert_eq!(run(long, |cb, ud| my_app_add(cb, ud, u32::MAX, 1)), (OK, 1 << 32));
    assert_eq!(run(short, |cb, ud| my_app_add_later(cb, ud, 2, 3)), (OK, 5));
    assert_eq!(
        run(text, |cb, ud| my_app_add_later(cb, ud, u32::MAX, 1)),
        (ERR, "4294967295 + 1 is too much".to_owned())
    );
    let args = map([("b", 1.into()), ("a", u32::MAX.into())]);
    assert_eq!(free_cbor(my_app_add_cbor, &args), (OK, (1_u64 << 32).into()));
    assert_eq!(
        free_cbor(my_app_add_later_cbor, &args),
        (ERR, "4294967295 + 1 is too much".into()),
        "text in CBOR is CBOR, too"
    );
    assert_eq!(free_cbor(my_app_add_cbor, &map([("a", 1.into())])), (DECODE, "the key `b` is missing".into()));
    let fail = |which| run(outcome, |cb, ud| my_app_fail(cb, ud, which));
    assert_eq!(fail(0), (ERR, "Locked".to_owned()));
    assert_eq!(fail(1), (ERR, "Limit 9".to_owned()));
    assert_eq!(fail(2), (ERR, "NoSuchUser u 2".to_owned()));
    assert_eq!(free_cbor(my_app_fail_cbor, &map([("which", 1.into())])), (ERR, map([("Limit", 9.into())])));
    assert_eq!(run(text, |cb, ud| my_app_panics(cb, ud, Str::of("oh"))), (PANIC, "oh".to_owned()));
}

#[test]
fn only_in_one_format() {
    // Were they exported in the other one, these would be second definitions.
    #[unsafe(export_name = "my_app_only_native_cbor")]
    extern "C" fn nothing() {}
    #[unsafe(export_name = "my_app_only_other")]
    extern "C" fn nothing_either() {}
    nothing();
    nothing_either();
    let byte = |_, payload: &[u8]| payload[0];
    assert_eq!(run(byte, |cb, ud| my_app_only_native(cb, ud, 4)), (OK, 4));
    assert_eq!(free_cbor(my_app_only_other_cbor, &map([("value", 5.into())])), (OK, 5.into()));
    let formats = |name: &str| {
        let library = typed::library();
        let formats = library.requests.iter().find(|it| it.name == name).expect("it is there").formats;
        (formats.native, formats.cbor)
    };
    assert_eq!(
        (formats("only_native"), formats("only_other"), formats("add")),
        ((true, false), (false, true), (true, true))
    );
}

#[test]
fn refused_and_never_called_back() {
    let ctx = context();
    let refused = |submit: &dyn Fn(Cb, Ud) -> c_int| {
        let (ret, pending) = try_submit(text, submit);
        pending.assert_silent();
        assert_eq!(submit(None, ptr::null_mut()), MISSING_CALLBACK);
        ret
    };
    assert_eq!(refused(&|cb, ud| my_app_login(ctx.0, cb, ud, ptr::null())), INVALID_ARGUMENT);
    assert_eq!(refused(&|cb, ud| my_app_login_now(ctx.0, cb, ud, ptr::null())), INVALID_ARGUMENT);
    assert_eq!(refused(&|cb, ud| login_cbor(ctx.0, cb, ud, ptr::null(), 1)), INVALID_ARGUMENT);
    assert_eq!(refused(&|cb, ud| login_cbor(ctx.0, cb, ud, [0].as_ptr(), (1 << 20) + 1)), TOO_LARGE);
    assert_eq!(refused(&|cb, ud| name_cbor(ptr::null_mut(), cb, ud, ptr::null(), 0)), INVALID_CTX);
    assert_eq!(refused(&|cb, ud| my_app_nothing(ptr::without_provenance_mut(77), cb, ud)), INVALID_CTX);
    assert_eq!(my_app_add_cbor(None, ptr::null_mut(), ptr::null(), 0), MISSING_CALLBACK);
    assert_eq!(my_app_add_later(None, ptr::null_mut(), 1, 2), MISSING_CALLBACK);
    assert_eq!(ctx.destroy(), OK);
    let ada = login("ada", None);
    assert_eq!(refused(&|cb, ud| my_app_login(ctx.0, cb, ud, &raw const ada)), INVALID_CTX);
    assert_eq!(refused(&|cb, ud| name_cbor(ctx.0, cb, ud, ptr::null(), 0)), INVALID_CTX);
}

#[test]
fn arguments_that_do_not_decode_are_called_back_once() {
    let ctx = context();
    let mut bad = login("ada", None);
    bad.user = Str::of(b"\xff");
    for export in [my_app_login, my_app_login_now] {
        let told = run(text, |cb, ud| export(ctx.0, cb, ud, &raw const bad));
        assert_eq!(told, (DECODE, "`req.user`: not UTF-8 from byte 0 on".to_owned()));
    }
    bad.user = Str { len: 1 << 21, ..Str::of("ada") };
    for export in [my_app_login, my_app_login_now] {
        let (ret, said) = run(text, |cb, ud| export(ctx.0, cb, ud, &raw const bad));
        assert!(ret == TOO_LARGE && said.starts_with("`req.user`: "), "{ret} {said}");
    }
    assert_eq!(run_cbor(name_cbor, ctx, &Value::Null), (DECODE, "expected a map, found null".into()));
    assert_eq!(ctx.stats().requests_in_flight, 0);
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn the_host_may_do_what_it_likes_with_its_memory() {
    let ctx = context();
    let (go_on, held) = mpsc::channel();
    *HELD.lock().expect("not poisoned") = Some(held);
    let (_, holding) = try_submit(text, |cb, ud| my_app_hold(ctx.0, cb, ud));
    // The FFI thread is kept, so nothing is looked at before the memory is gone.
    let (mut user, mut tags) = (*b"ada", [Str::of("x"), Str::of("y")]);
    let mut login = Box::new(CLogin { user: Str::of(&user), tags: List::of(&tags), ..login("", None) });
    let (ret, native) = try_submit(outcome, |cb, ud| my_app_login(ctx.0, cb, ud, &raw const *login));
    assert_eq!(ret, OK);
    let mut req = typed::write(&map([("req", login_value("ada"))]));
    let (ret, cbor) = try_submit(typed::cbor, |cb, ud| login_cbor(ctx.0, cb, ud, req.as_ptr(), req.len()));
    assert_eq!(ret, OK);
    user.fill(0xff);
    tags.fill(Str { data: ptr::null(), len: usize::MAX });
    *login = CLogin {
        user: tags[0],
        tags: List { data: ptr::null(), len: usize::MAX },
        age: Optional { present: true, value: 1 },
    };
    req.fill(0xff);
    drop(login);
    go_on.send(()).expect("it waits");
    assert_eq!(holding.wait().0, OK);
    assert_eq!(native.wait(), (OK, r#"1099511627776 ada@it/5/- [1, 0] [("x", 0.5), ("y", 1.5)]"#.to_owned()));
    assert_eq!(cbor.wait().0, OK);
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn cancelled_and_panicking() {
    let ctx = context();
    let (ret, never) = try_submit(text, |cb, ud| my_app_never(ctx.0, cb, ud));
    assert_eq!(ret, OK);
    assert_eq!(typed::c::cancel(ctx.0, never.1), OK);
    assert_eq!(never.wait().0, CANCELLED);
    assert_eq!(typed::c::cancel(ctx.0, never.1), UNKNOWN_TOKEN);
    let told = run(text, |cb, ud| my_app_panics_later(ctx.0, cb, ud, Str::of("later")));
    assert_eq!(told, (PANIC, "later".to_owned()));
    let (_, left) = try_submit(text, |cb, ud| my_app_never(ctx.0, cb, ud));
    assert_eq!(ctx.destroy(), OK);
    assert_eq!(left.wait().0, CANCELLED);
    never.assert_silent();
    left.assert_silent();
}

#[test]
fn constructors() {
    let note = Optional { present: true, value: Str::of("note") };
    let limits = CLimits { users: 8, note };
    let create = |mode| {
        let mut ctx = ptr::null_mut();
        let told = run(outcome, |cb, ud| my_app_create(Str::of("new"), mode, &raw const limits, cb, ud, &raw mut ctx));
        (Context::of(ctx), told.0, told.1)
    };
    assert_eq!((create(2).1, create(2).2), (ERR, "NoSuchUser new 8".to_owned()));
    assert_eq!((create(3).1, create(3).2), (PANIC, "told to panic".to_owned()));
    assert_eq!((create(9).1, create(9).2), (DECODE, "`mode`: no variant has the tag 9".to_owned()));
    assert_eq!(create(2).0.destroy(), INVALID_CTX, "there is nothing to destroy");
    let mut refused = ptr::null_mut();
    let ret = my_app_create(
        Str::of("new"),
        0,
        ptr::null(),
        typed::callback(|_, _| panic!("refused")).0,
        ptr::null_mut(),
        &raw mut refused,
    );
    assert_eq!((ret, refused.is_null()), (INVALID_ARGUMENT, true));
    let limits = map([("users", 1.into()), ("note", "n".into())]);
    let args =
        |mode: &str| typed::write(&map([("name", "c".into()), ("mode", mode.into()), ("limits", limits.clone())]));
    let (works, fails, bad) = (args("Waits"), args("Fails"), args("Hangs"));
    let create = |req: &[u8]| {
        let mut ctx = ptr::null_mut();
        let told = run(typed::cbor, |cb, ud| my_app_create_cbor(req.as_ptr(), req.len(), cb, ud, &raw mut ctx));
        (Context::of(ctx), told)
    };
    let error = map([("NoSuchUser", map([("user", "c".into()), ("tries", 1.into())]))]);
    assert_eq!(create(&fails).1, (ERR, error));
    assert_eq!(create(&bad).1, (DECODE, "`mode`: there is no variant `Hangs`".into()));
    assert_eq!(create(&[0xa0]).1, (DECODE, "the key `name` is missing".into()));
    let (ret, ctx, pending) = {
        let mut ctx = ptr::null_mut();
        let (ret, pending) =
            try_submit(cbor, |cb, ud| my_app_create_cbor(works.as_ptr(), works.len(), cb, ud, &raw mut ctx));
        (ret, Context::of(ctx), pending)
    };
    // It may still wait for the timer: a synchronous request says so.
    let (early, _) = try_submit(text, |cb, ud| my_app_name(ctx.0, cb, ud));
    assert!(ret == OK && (early == BUSY || early == OK));
    assert_eq!(pending.wait(), (OK, ciborium::Value::Null));
    assert_eq!(run(text, |cb, ud| my_app_name(ctx.0, cb, ud)), (OK, "c/1/n".to_owned()));
    assert_eq!(ctx.destroy(), OK);
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CSaveArgs {
    name: Str,
    users: u32,
}

#[test]
fn a_destructor_calls_the_host() {
    let ctx = context();
    let (sender, heard) = typed::heard();
    let log = ctx.implement("save", NATIVE, move |ctx, token, req| {
        // SAFETY: the library passes the arguments of `save`.
        let CSaveArgs { name, users } = unsafe { typed::c_value(req) };
        // SAFETY: as above.
        sender.send((unsafe { name.text() }, users)).expect("the test listens");
        std::thread::spawn(move || assert_eq!(ctx.complete_c(token, OK, &1_u32), OK));
    });
    assert_eq!(ctx.destroy(), OK);
    assert_eq!(heard(), ("it/5/-".to_owned(), 7));
    assert_eq!((log.asked().len(), log.cancelled(), log.released()), (1, vec![], 1));
}

#[test]
fn names_that_mean_something_else() {
    let ctx = context();
    typed::cbor_exports! {
        match_ = "my_app_match_cbor", class = "my_app_class_cbor", user_data = "my_app_user_data_cbor",
        token = "my_app_token_cbor", reader = "my_app___reader_cbor", ok = "my_app_Ok_cbor", result = "my_app_Result_cbor",
        library = "my_app_LIBRARY_cbor", int = "my_app_int_cbor", args = "my_app_args_cbor",
    }
    let parameters = [
        (match_ as typed::CborExport, "type"),
        (class, "namespace"),
        (user_data, "userData"),
        (token, "token"),
        (reader, "__args"),
        (ok, "Self_"),
        (result, "Option"),
        (library, "root"),
        (int, "double"),
        (args, "args"),
    ];
    for (at, (export, parameter)) in (1_u8..).zip(parameters) {
        assert_eq!(run_cbor(export, ctx, &map([(parameter, at.into())])), (OK, at.into()), "{parameter}");
    }
    assert_eq!(ctx.destroy(), OK);
}
