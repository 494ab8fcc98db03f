//! Names that are keywords somewhere, or that a macro might introduce.

#![deny(warnings)]

use ffihost::{HostError, ffi, ffi_event, ffi_host};

ffihost::library!("names", State);

struct State;

#[ffi(constructor)]
async fn create(ctx: String, cb: u8, user_data: u8, req: u8, len: u8) -> Result<State, r#struct> {
    let _ = (ctx, cb, user_data, req, len);
    Err(r#struct { r#type: 1 })
}

#[ffi(destructor)]
async fn destroy(state: &State) {
    let State = state;
}

/// A struct whose name is a keyword.
#[ffi(error)]
#[allow(non_camel_case_types)]
struct r#struct {
    r#type: u8,
}

#[ffi]
struct Fields {
    r#type: String,
    class: u8,
    int: u8,
    func: u8,
    r#fn: u8,
    def: u8,
    is: u8,
    place: u8,
    scratch: u8,
    reader: u8,
    writer: u8,
    key: u8,
    tag: u8,
    payload: u8,
    value: u8,
    data: Vec<u8>,
    present: Option<u8>,
    r#async: C,
}

#[ffi]
struct C {
    c: Option<None>,
}

#[ffi]
#[allow(non_camel_case_types)]
enum None {
    r#match,
    class,
    Some { r#in: u8, r#type: String },
    Ok(u8),
    Err(Option<Result2>),
}

#[ffi]
struct Result2 {
    error: u8,
}

#[ffi(handle)]
#[allow(non_camel_case_types)]
struct r#trait;

#[ffi]
async fn r#type(ctx: &State, cb: u8, user_data: String, token: u64, ret: i32, r#fn: u8, reader: &str, args: C) -> Fields {
    let _ = (ctx, token, ret, args, reader);
    Fields {
        r#type: user_data,
        class: cb,
        int: r#fn,
        func: 0,
        r#fn: 0,
        def: 0,
        is: 0,
        place: 0,
        scratch: 0,
        reader: 0,
        writer: 0,
        key: 0,
        tag: 0,
        payload: 0,
        value: 0,
        data: Vec::new(),
        present: Option::None,
        r#async: C { c: Option::None },
    }
}

#[ffi]
fn request(state: &State, state2: u8, library: u8, handler: &[u8], limit: &str) -> u8 {
    let _ = (state, library, handler, limit);
    state2
}

#[ffi]
fn r#loop(r#trait: &r#trait, index: u8) -> u8 {
    let _ = r#trait;
    index
}

#[ffi]
fn main_of(r#self_: u8, _unused: u8) -> u8 {
    r#self_
}

#[ffi]
#[allow(non_upper_case_globals)]
const r#static: u8 = 1;

#[ffi_host]
async fn r#do(r#type: String, f: u8, host: &str, function: u8) -> Result<u8, HostError>;

#[ffi_host]
fn yield_now(args: &[u8], take: u8, format: u8) -> Result<(), HostError>;

#[ffi_event]
fn r#final(message: String, host: u8, f: &str);

/// Where the usual names stand for something else.
mod shadowed {
    #![allow(dead_code)]

    use ffihost::{ffi, ffi_event, ffi_host};

    struct Result;
    struct Option;
    struct Vec;
    struct String;
    struct Box;
    struct Send;
    struct Lower;
    struct Lift;
    mod std {}
    mod core {}
    mod ffihost_ {}

    #[ffi]
    struct Plain {
        a: u8,
        b: ::std::string::String,
    }

    #[ffi]
    enum Data {
        Ok(u8),
        Err,
    }

    use Data::*;

    #[ffi]
    async fn plain(a: &str, b: &[u8], c: &Plain) -> Data {
        let _ = (a, b, c, Ok, Err);
        Err
    }

    #[ffi_host]
    async fn plain_host(a: &str, b: &[u8]) -> ::std::result::Result<(), ffihost::HostError>;

    #[ffi_event]
    fn plain_event(a: &str, b: u8);
}

fn main() {
    let _ = r#do::implement(|_, _, _, _| async { Ok(1) });
    let _ = yield_now::implement(|_, _, _| Ok(()));
    let _ = r#final::listen(|_, _, _| {});
}
