//! A library that is only in C structs: what it exports, and what its host may register.

#[path = "typed/formats.rs"]
mod app;
mod typed;

use app::MyApp;
use ffihost_schema::Formats;
use std::ffi::CString;
use typed::{
    BOTH, CBOR, Context, DECODE, ERR, FFICallBack, FFIHostFnOptions, INVALID_ARGUMENT, OK, Str, c_int, c_value, c_void,
    map, parse, run, text, write,
};

ffihost::library!("my_app", MyApp, options = ffihost::Options::new().linger(typed::NEVER), formats(native));

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

unsafe extern "C" {
    safe fn my_app_create(name: Str, cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
    safe fn my_app_ask(ctx: Ud, cb: Cb, ud: Ud, number: u32) -> c_int;
    safe fn my_app_item_release(ctx: Ud, item: u64) -> c_int;
}

typed::synchronous! {
    my_app_name[ctx]() -> typed::FFIOwnedString;
    my_app_make[ctx](number: u32) -> typed::Plain<u64>;
    my_app_read[ctx](item: u64) -> typed::Plain<u32>;
    my_app_add(a: u32, b: u32) -> typed::Plain<u32>;
}

/// The names that the library leaves: if it exported one, it would be defined twice, and nothing here would compile.
mod left_out {
    macro_rules! defined_here {
        ($($name:ident)*) => {
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $name() {}
            )*
        };
    }
    defined_here! {
        my_app_create_cbor my_app_ask_cbor my_app_name_cbor my_app_make_cbor my_app_read_cbor my_app_add_cbor
    }
}

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(Str::of("Ada"), cb, ud, ctx))
}

/// Reads a result that is a number, or a text.
fn number(ret: c_int, payload: &[u8]) -> Result<u32, String> {
    // SAFETY: the results here are `u32`.
    if ret == OK { Ok(unsafe { c_value(payload) }) } else { Err(text(ret, payload)) }
}

#[test]
fn every_kind_of_request_works() {
    let (_, told) = Context::try_made(|cb, ud, ctx| my_app_create(Str::of(""), cb, ud, ctx));
    assert_eq!(told, (ERR, "no name".to_owned()));
    let ctx = context();
    assert_eq!(run(text, |cb, ud| my_app_name(ctx.raw(), cb, ud)), (OK, "Ada".to_owned()));
    // SAFETY: the result is a handle.
    let read = |_, payload: &[u8]| unsafe { c_value::<u64>(payload) };
    let (ret, item) = run(read, |cb, ud| my_app_make(ctx.raw(), cb, ud, 7));
    assert_eq!((ret, run(number, |cb, ud| my_app_read(ctx.raw(), cb, ud, item))), (OK, (OK, Ok(7))));
    assert_eq!(my_app_item_release(ctx.raw(), item), OK);
    assert_eq!(run(number, |cb, ud| my_app_read(ctx.raw(), cb, ud, item)).0, DECODE);
    assert_eq!(run(number, |cb, ud| my_app_add(cb, ud, 2, 3)), (OK, Ok(5)));
    assert_eq!(ctx.destroy(), OK);
}

/// The host chooses those formats, whatever the library exports; but it cannot choose one that there is not.
#[test]
fn host_functions_and_listeners_are_taken_in_both_formats() {
    let ctx = context();
    assert_eq!(run(number, |cb, ud| my_app_ask(ctx.raw(), cb, ud, 4)).0, ERR, "there is none");
    for format in BOTH {
        let (sender, heard) = typed::heard();
        let listener = ctx.listen("asked", format, move |payload| sender.send(payload.to_vec()).expect("it is heard"));
        let log = ctx.implement("twice", format, move |ctx, token, req| {
            let answered = if format == CBOR {
                assert_eq!(parse(req), map([("number", 4.into())]));
                ctx.complete_cbor(token, OK, &8.into())
            } else {
                assert_eq!(req, 4_u32.to_ne_bytes());
                ctx.complete_c(token, OK, &8_u32)
            };
            assert_eq!(answered, OK);
        });
        assert_eq!(run(number, |cb, ud| my_app_ask(ctx.raw(), cb, ud, 4)), (OK, Ok(8)));
        let event = if format == CBOR { write(&map([("number", 4.into())])) } else { 4_u32.to_ne_bytes().to_vec() };
        assert_eq!((log.asked().len(), heard()), (1, event));
        assert_eq!(typed::c::remove_event_listener(ctx.raw(), listener), OK);
    }
    let (name, size) = (CString::new("twice").expect("no NUL"), size_of::<FFIHostFnOptions>());
    let options = FFIHostFnOptions {
        size,
        function: None,
        cancel: None,
        release: None,
        user_data: std::ptr::null_mut(),
        format: 2,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    let ret = typed::c::register_host_fn_with(ctx.raw(), name.as_ptr(), &raw const options);
    assert_eq!(ret, INVALID_ARGUMENT, "there is no such format");
    assert_eq!(run(number, |cb, ud| my_app_ask(ctx.raw(), cb, ud, 4)), (OK, Ok(8)), "the last one is still registered");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn the_descriptor_says_so() {
    let (library, only) = (typed::library(), Formats { native: true, cbor: false });
    assert_eq!((library.formats, library.constructor.formats, library.requests.len()), (only, only, 5));
    assert!(library.requests.iter().all(|request| request.formats == only), "{:?}", library.requests);
}
