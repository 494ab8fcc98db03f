//! A library that is only in CBOR: what it exports, and what its host may register.

#[path = "typed/formats.rs"]
mod app;
mod typed;

use app::MyApp;
use ffihost_schema::Formats;
use typed::{BOTH, CBOR, Context, DECODE, ERR, FFICallBack, OK, c_int, c_void, cbor, map, parse, run, run_cbor, write};

ffihost::library!("my_app", MyApp, options = ffihost::Options::new().linger(typed::NEVER), formats(cbor));

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

typed::cbor_exports!(ask = "my_app_ask_cbor", name = "my_app_name_cbor");
typed::cbor_exports!(make = "my_app_make_cbor", read = "my_app_read_cbor");

unsafe extern "C" {
    safe fn my_app_create_cbor(req: *const u8, len: usize, cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
    safe fn my_app_add_cbor(cb: Cb, ud: Ud, req: *const u8, len: usize) -> c_int;
    safe fn my_app_item_release(ctx: Ud, item: u64) -> c_int;
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
    defined_here! { my_app_create my_app_ask my_app_name my_app_make my_app_read my_app_add }
}

fn context() -> Context {
    let req = write(&map([("name", "Ada".into())]));
    let mut ctx = std::ptr::null_mut();
    let told = run(cbor, |cb, ud| my_app_create_cbor(req.as_ptr(), req.len(), cb, ud, &raw mut ctx));
    assert_eq!(told, (OK, ciborium::Value::Null), "a reply of nothing is null");
    Context::of(ctx)
}

#[test]
fn every_kind_of_request_works() {
    let nameless = write(&map([("name", "".into())]));
    let mut ctx = std::ptr::null_mut();
    let told = run(cbor, |cb, ud| my_app_create_cbor(nameless.as_ptr(), nameless.len(), cb, ud, &raw mut ctx));
    assert_eq!(told, (ERR, "no name".into()));
    let ctx = context();
    assert_eq!(run_cbor(name, ctx, &map([])), (OK, "Ada".into()));
    let (ret, item) = run_cbor(make, ctx, &map([("number", 7.into())]));
    assert_eq!((ret, run_cbor(read, ctx, &map([("item", item.clone())]))), (OK, (OK, 7.into())));
    let number = item.as_integer().and_then(|number| u64::try_from(number).ok()).expect("a handle is a number");
    assert_eq!(my_app_item_release(ctx.raw(), number), OK);
    assert_eq!(run_cbor(read, ctx, &map([("item", item)])).0, DECODE);
    let sum = write(&map([("a", 2.into()), ("b", 3.into())]));
    assert_eq!(run(cbor, |cb, ud| my_app_add_cbor(cb, ud, sum.as_ptr(), sum.len())), (OK, 5.into()));
    assert_eq!(ctx.destroy(), OK);
}

/// The host chooses those formats, whatever the library exports.
#[test]
fn host_functions_and_listeners_are_taken_in_both_formats() {
    let ctx = context();
    assert_eq!(run_cbor(ask, ctx, &map([("number", 4.into())])).0, ERR, "there is none");
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
        assert_eq!(run_cbor(ask, ctx, &map([("number", 4.into())])), (OK, 8.into()));
        let event = if format == CBOR { write(&map([("number", 4.into())])) } else { 4_u32.to_ne_bytes().to_vec() };
        assert_eq!((log.asked().len(), heard()), (1, event));
        assert_eq!(typed::c::remove_event_listener(ctx.raw(), listener), OK);
    }
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn the_descriptor_says_so() {
    let (library, only) = (typed::library(), Formats { native: false, cbor: true });
    assert_eq!((library.formats, library.constructor.formats, library.requests.len()), (only, only, 5));
    assert!(library.requests.iter().all(|request| request.formats == only), "{:?}", library.requests);
}
