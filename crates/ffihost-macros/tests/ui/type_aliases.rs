#![allow(unused)]

use ffihost::{Handle, HostError, ffi, ffi_event, ffi_host};

type Maybe = Option<u8>;
type Nothing = ();
type Pair = (u8, u8);
type Cursors = Vec<Handle<Cursor>>;

#[ffi(handle)]
struct Cursor;

#[ffi]
struct Aliases {
    a: Option<Maybe>,
    b: Nothing,
    c: Vec<Nothing>,
}

#[ffi]
enum Data {
    One(Option<Maybe>),
    Several { nothing: Nothing },
}

#[ffi]
fn answer(app: &App, nothing: Nothing) -> Result<Option<Nothing>, String> {
    Ok(None)
}

#[ffi]
fn without_context(cursors: Cursors) -> u64 {
    0
}

#[ffi_host]
async fn ask(maybe: &Option<Maybe>) -> Result<Vec<Option<Maybe>>, HostError>;

#[ffi_event]
fn on_nothing(nothing: Nothing);

ffihost::library!("x", App);

struct App;

#[ffi(constructor)]
async fn create() -> Result<App, String> {
    Ok(App)
}

fn main() {}
