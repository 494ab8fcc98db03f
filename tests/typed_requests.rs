//! Requests of every form, as a C host makes them.

#[path = "typed/requests.rs"]
mod app;
mod typed;

use app::{HELD, MyApp};
use ffihost::Options;
use std::ptr;
use std::sync::mpsc;
use std::time::Duration;
use typed::{
    BUSY, CANCELLED, Context, DECODE, ERR, Entry, FFICallBack, INVALID_ARGUMENT, INVALID_CTX, List, MISSING_CALLBACK,
    NATIVE, OK, Optional, PANIC, Str, TOO_LARGE, UNKNOWN_TOKEN, Value, c_int, c_void, cbor, map, run, run_cbor, text,
    try_submit,
};

const OPTIONS: Options = Options::new().max_payload(1 << 20).grace(Duration::from_millis(50)).linger(typed::NEVER);

ffihost::library!("my_app", MyApp, options = OPTIONS);

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

#[derive(Clone, Copy)]
#[repr(C)]
struct CLimits {
    users: u32,
    note: Optional<Str>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CLogin {
    user: Str,
    tags: List<Str>,
    age: Optional<u8>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CSession {
    id: u64,
    user: Str,
    roles: List<i32>,
    scores: List<Entry<f64>>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CNoSuchUser {
    user: Str,
    tries: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
union CLoginErrorPayload {
    no_such_user: CNoSuchUser,
    limit: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CLoginError {
    tag: i32,
    payload: CLoginErrorPayload,
}

#[expect(unreachable_pub, reason = "they are in a module of their own")]
mod c {
    use super::*;

    unsafe extern "C" {
        pub safe fn my_app_create(name: Str, mode: i32, limits: *const CLimits, cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
        pub safe fn my_app_create_cbor(req: *const u8, len: usize, cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
        pub safe fn my_app_login(ctx: Ud, cb: Cb, ud: Ud, req: *const CLogin) -> c_int;
        pub safe fn my_app_nothing(ctx: Ud, cb: Cb, ud: Ud) -> c_int;
        pub safe fn my_app_not(ctx: Ud, cb: Cb, ud: Ud, value: bool) -> c_int;
        pub safe fn my_app_scores(ctx: Ud, cb: Cb, ud: Ud, of: List<Entry<u32>>) -> c_int;
        pub safe fn my_app_every(
            ctx: Ud,
            cb: Cb,
            ud: Ud,
            a: i8,
            b: i16,
            c: i32,
            d: i64,
            e: u8,
            f: u16,
            g: u32,
            h: u64,
            i: f32,
            j: f64,
            k: bool,
            l: Str,
        ) -> c_int;
        pub safe fn my_app_borrowed_later(
            ctx: Ud,
            cb: Cb,
            ud: Ud,
            text: Str,
            bytes: Str,
            numbers: List<i16>,
            users: List<CLogin>,
            one: *const CLogin,
        ) -> c_int;
        pub safe fn my_app_add_cbor(cb: Cb, ud: Ud, req: *const u8, len: usize) -> c_int;
        pub safe fn my_app_add_later(cb: Cb, ud: Ud, a: u32, b: u32) -> c_int;
        pub safe fn my_app_add_later_cbor(cb: Cb, ud: Ud, req: *const u8, len: usize) -> c_int;
        pub safe fn my_app_fail_cbor(cb: Cb, ud: Ud, req: *const u8, len: usize) -> c_int;
        pub safe fn my_app_panics_later(ctx: Ud, cb: Cb, ud: Ud, message: Str) -> c_int;
        pub safe fn my_app_never(ctx: Ud, cb: Cb, ud: Ud) -> c_int;
        pub safe fn my_app_hold(ctx: Ud, cb: Cb, ud: Ud) -> c_int;
        pub safe fn my_app_only_other_cbor(cb: Cb, ud: Ud, req: *const u8, len: usize) -> c_int;
    }
}
use c::*;

typed::synchronous! {
    my_app_login_now[ctx](req: *const CLogin) -> calls_back;
    my_app_name[ctx]() -> typed::FFIOwnedString;
    my_app_blob[ctx](len: u32) -> typed::FFIOwnedBytes;
    my_app_half[ctx](value: f64) -> typed::Plain<f64>;
    my_app_roles[ctx](count: u8) -> calls_back;
    my_app_role[ctx](role: i32) -> typed::Plain<Optional<i32>>;
    my_app_every_list[ctx](a: Str, b: List<i8>, c: List<u64>, d: List<bool>, e: List<i32>, f: List<CLogin>, g: i32, h: *const Optional<CLogin>, i: *const Optional<u8>) -> typed::FFIOwnedString;
    my_app_borrowed[ctx](text: Str, bytes: Str, numbers: List<i16>, users: List<CLogin>, one: *const CLogin) -> typed::FFIOwnedString;
    my_app_add(a: u32, b: u32) -> typed::Plain<u64>;
    my_app_fail(which: u8) -> typed::FFIOwnedBytes;
    my_app_panics(message: Str) -> ();
    my_app_only_native(value: u8) -> typed::Plain<u8>;
}

typed::cbor_exports! {
    login_cbor = "my_app_login_cbor", login_now_cbor = "my_app_login_now_cbor", name_cbor = "my_app_name_cbor",
    blob_cbor = "my_app_blob_cbor", nothing_cbor = "my_app_nothing_cbor", half_cbor = "my_app_half_cbor",
    not_cbor = "my_app_not_cbor", roles_cbor = "my_app_roles_cbor", role_cbor = "my_app_role_cbor",
    scores_cbor = "my_app_scores_cbor", every_cbor = "my_app_every_cbor", every_list_cbor = "my_app_every_list_cbor",
    borrowed_cbor = "my_app_borrowed_cbor", borrowed_later_cbor = "my_app_borrowed_later_cbor",
}

fn context() -> Context {
    let limits = CLimits { users: 5, note: Optional { present: false, value: Str { data: ptr::null(), len: 9 } } };
    Context::made(|cb, ud, ctx| my_app_create(Str::of("it"), 0, &raw const limits, cb, ud, ctx))
}

fn login(user: &str, age: Option<u8>) -> CLogin {
    const TAGS: &[Str] = &[Str { data: b"x".as_ptr(), len: 1 }, Str { data: b"y".as_ptr(), len: 1 }];
    let user = Str { data: user.as_ptr(), len: user.len() };
    CLogin {
        user,
        tags: List { data: TAGS.as_ptr(), len: 2 },
        age: Optional { present: age.is_some(), value: age.unwrap_or(200) },
    }
}

/// What a session or a login error says, as C sees it.
fn outcome(ret: c_int, payload: &[u8]) -> String {
    // SAFETY: the library passes what the status says, and what that points to.
    unsafe {
        match ret {
            OK => {
                let CSession { id, user, roles, scores } = typed::c_value(payload);
                let scores: Vec<_> = scores.values().into_iter().map(|entry| (entry.key.text(), entry.value)).collect();
                format!("{id} {} {:?} {scores:?}", user.text(), roles.values())
            }
            ERR => {
                let CLoginError { tag, payload } = typed::c_value(payload);
                match tag {
                    0 => "Locked".to_owned(),
                    1 => format!("NoSuchUser {} {}", payload.no_such_user.user.text(), payload.no_such_user.tries),
                    _ => format!("Limit {}", payload.limit),
                }
            }
            _ => text(ret, payload),
        }
    }
}

#[test]
fn structs_and_declared_errors() {
    let ctx = context();
    let ask = |user: &str, age| {
        let login = login(user, age);
        run(outcome, |cb, ud| my_app_login(ctx.0, cb, ud, &raw const login))
    };
    let session = (OK, r#"1099511627776 ada@it/5/- [1, 0] [("x", 0.5), ("y", 1.5)]"#.to_owned());
    assert_eq!(ask("ada", None), session);
    assert_eq!(ask("ada", Some(18)), session);
    assert_eq!(ask("ada", Some(17)), (ERR, "Limit 17".to_owned()));
    assert_eq!(ask("", None), (ERR, "Locked".to_owned()));
    assert_eq!(ask("nobody", None), (ERR, "NoSuchUser nobody 3".to_owned()));
    let (ada, nobody) = (login("ada", None), login("", None));
    assert_eq!(run(outcome, |cb, ud| my_app_login_now(ctx.0, cb, ud, &raw const ada)), session);
    assert_eq!(run(outcome, |cb, ud| my_app_login_now(ctx.0, cb, ud, &raw const nobody)), (ERR, "Locked".to_owned()));
    assert_eq!(ctx.destroy(), OK);
}

fn login_value(user: &str) -> Value {
    map([("tags", Value::Array(vec!["x".into(), "y".into()])), ("user", user.into())])
}

#[test]
fn structs_and_declared_errors_in_cbor() {
    let ctx = context();
    let session = map([
        ("id", (1_u64 << 40).into()),
        ("user", "ada@it/5/-".into()),
        ("roles", Value::Array(vec!["Guest".into(), "Admin".into()])),
        ("scores", map([("x", 0.5.into()), ("y", 1.5.into())])),
    ]);
    for export in [login_cbor, login_now_cbor] {
        assert_eq!(run_cbor(export, ctx, &map([("req", login_value("ada"))])), (OK, session.clone()));
        assert_eq!(run_cbor(export, ctx, &map([("req", login_value(""))])), (ERR, "Locked".into()));
    }
    let error = map([("NoSuchUser", map([("user", "nobody".into()), ("tries", 3.into())]))]);
    assert_eq!(run_cbor(login_cbor, ctx, &map([("req", login_value("nobody"))])), (ERR, error));
    let missing = "`req`: the key `user` is missing";
    assert_eq!(run_cbor(login_cbor, ctx, &map([("req", map([]))])), (DECODE, missing.into()));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn each_result_is_passed_as_it_should_be() {
    let ctx = context();
    let bytes = |_, payload: &[u8]| payload.to_vec();
    assert_eq!(run(text, |cb, ud| my_app_name(ctx.0, cb, ud)), (OK, "it/5/-".to_owned()), "text as its bytes");
    assert_eq!(run(bytes, |cb, ud| my_app_blob(ctx.0, cb, ud, 3)), (OK, vec![0, 1, 2]), "bytes as they are");
    assert_eq!(run(bytes, |cb, ud| my_app_blob(ctx.0, cb, ud, 0)), (OK, vec![]));
    assert_eq!(run(bytes, |cb, ud| my_app_nothing(ctx.0, cb, ud)), (OK, vec![]), "nothing as nothing");
    assert_eq!(run(bytes, |cb, ud| my_app_half(ctx.0, cb, ud, 5.0)), (OK, 2.5_f64.to_ne_bytes().to_vec()));
    assert_eq!(run(bytes, |cb, ud| my_app_not(ctx.0, cb, ud, false)), (OK, vec![1]));
    // SAFETY: the library passes a list of int32, an optional one, and entries.
    let roles = |_, payload: &[u8]| unsafe { typed::c_value::<List<i32>>(payload).values() };
    assert_eq!(run(roles, |cb, ud| my_app_roles(ctx.0, cb, ud, 3)), (OK, vec![0, 1, 0]));
    assert_eq!(run(roles, |cb, ud| my_app_roles(ctx.0, cb, ud, 0)), (OK, vec![]));
    // SAFETY: as above.
    let role = |_, payload: &[u8]| unsafe { typed::c_value::<Optional<i32>>(payload) };
    let role = |given| {
        run(
            move |ret, payload| Some(role(ret, payload)).filter(|it| it.present).map(|it| it.value),
            |cb, ud| my_app_role(ctx.0, cb, ud, given),
        )
    };
    assert_eq!((role(0), role(1)), ((OK, None), (OK, Some(0))));
    let of = [Entry { key: Str::of("a"), value: 1 }, Entry { key: Str::of("b"), value: 2 }];
    let scores = |_, payload: &[u8]| {
        // SAFETY: as above.
        let mut scores: Vec<_> = unsafe { typed::c_value::<List<Entry<u32>>>(payload).values() };
        scores.sort_by_key(|entry| entry.value);
        // SAFETY: as above.
        scores.into_iter().map(|entry| (unsafe { entry.key.text() }, entry.value)).collect::<Vec<_>>()
    };
    let told = run(scores, |cb, ud| my_app_scores(ctx.0, cb, ud, List::of(&of)));
    assert_eq!(told, (OK, vec![("A".to_owned(), 2), ("B".to_owned(), 3)]));
    let none = map([]);
    assert_eq!(run_cbor(name_cbor, ctx, &none), (OK, "it/5/-".into()));
    assert_eq!(run_cbor(blob_cbor, ctx, &map([("len", 2.into())])), (OK, Value::Bytes(vec![0, 1])));
    assert_eq!(run_cbor(nothing_cbor, ctx, &none), (OK, Value::Null));
    assert_eq!(run_cbor(half_cbor, ctx, &map([("value", 5.into())])), (OK, 2.5.into()), "an integer taken for a float");
    assert_eq!(run_cbor(not_cbor, ctx, &map([("value", true.into())])), (OK, false.into()));
    assert_eq!(run_cbor(roles_cbor, ctx, &map([("count", 1.into())])), (OK, Value::Array(vec!["Admin".into()])));
    assert_eq!(run_cbor(role_cbor, ctx, &map([("role", "Admin".into())])), (OK, Value::Null));
    assert_eq!(run_cbor(role_cbor, ctx, &map([("role", "Guest".into())])), (OK, "Admin".into()));
    assert_eq!(run_cbor(scores_cbor, ctx, &map([("of", map([("a", 1.into())]))])), (OK, map([("A", 2.into())])));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn each_argument_is_passed_as_it_should_be() {
    let ctx = context();
    let told = run(text, |cb, ud| {
        my_app_every(ctx.0, cb, ud, -1, -2, -3, -4, 5, 6, 7, u64::MAX, 0.5, -0.25, true, Str::of("end"))
    });
    let every = "-1 -2 -3 -4 5 6 7 18446744073709551615 0.5 -0.25 true end";
    assert_eq!(told, (OK, every.to_owned()));
    let args = map([
        ("args", "end".into()),
        ("type", (-1).into()),
        ("class", (-2).into()),
        ("int", (-3).into()),
        ("def", (-4).into()),
        ("func", 5.into()),
        ("fun", 6.into()),
        ("ctx", 7.into()),
        ("user_data", u64::MAX.into()),
        ("token", 0.5.into()),
        ("ret", (-0.25).into()),
        ("reader", true.into()),
        ("unknown", Value::Null),
    ]);
    assert_eq!(run_cbor(every_cbor, ctx, &args), (OK, every.into()));
    let (users, some) = ([login("u", None)], Optional { present: true, value: login("v", Some(1)) });
    let lists = "[1] [-1] [9] [true, false] [Guest] [Login { user: \"u\", tags: [\"x\", \"y\"], age: None }] Admin";
    let told = |one: *const _, two: *const _| {
        run(text, |cb, ud| {
            let (flags, roles) = (List::of(&[true, false]), List::of(&[1]));
            let (bytes, small, long, users) = (Str::of(&[1]), List::of(&[-1]), List::of(&[9]), List::of(&users));
            my_app_every_list(ctx.0, cb, ud, bytes, small, long, flags, roles, users, 0, one, two)
        })
    };
    assert_eq!(told(ptr::null(), ptr::null()), (OK, format!("{lists} None None")));
    let (two, absent) = (Optional { present: true, value: 2 }, Optional { present: false, value: 2 });
    let login = r#"Some(Login { user: "v", tags: ["x", "y"], age: Some(1) })"#;
    assert_eq!(told(&raw const some, &raw const two), (OK, format!("{lists} {login} Some(2)")));
    assert_eq!(told(ptr::null(), &raw const absent), (OK, format!("{lists} None None")));
    let args = map([
        ("cb", Value::Bytes(vec![1])),
        ("req", Value::Array(vec![(-1).into()])),
        ("len", Value::Array(vec![9.into()])),
        ("self_", Value::Array(vec![true.into(), false.into()])),
        ("userData", Value::Array(vec!["Guest".into()])),
        ("__v0", Value::Array(vec![login_value("u")])),
        ("state", "Admin".into()),
        ("decode", 2.into()),
    ]);
    assert_eq!(run_cbor(every_list_cbor, ctx, &args), (OK, format!("{lists} None Some(2)").into()));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn borrowed_arguments() {
    let ctx = context();
    let (users, one) = ([login("a", None), login("b", None)], login("c", None));
    let expected = "t [1, 2] [-3] 2 c";
    for export in [my_app_borrowed, my_app_borrowed_later] {
        let told = run(text, |cb, ud| {
            let (text, bytes, numbers) = (Str::of("t"), Str::of(&[1, 2]), List::of(&[-3]));
            export(ctx.0, cb, ud, text, bytes, numbers, List::of(&users), &raw const one)
        });
        assert_eq!(told, (OK, expected.to_owned()));
    }
    let args = map([
        ("text", "t".into()),
        ("bytes", Value::Bytes(vec![1, 2])),
        ("numbers", Value::Array(vec![(-3).into()])),
        ("users", Value::Array(vec![login_value("a"), login_value("b")])),
        ("one", login_value("c")),
    ]);
    for export in [borrowed_cbor, borrowed_later_cbor] {
        assert_eq!(run_cbor(export, ctx, &args), (OK, expected.into()));
    }
    assert_eq!(ctx.destroy(), OK);
}

#[path = "typed/requests_more.rs"]
mod more;
