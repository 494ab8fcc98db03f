//! The library of the tests of events: what emits them.
#![expect(unreachable_pub, reason = "a library's items are public")]

use ffihost::{Handle, Host, HostError, ffi, ffi_event};

/// The state.
pub struct MyApp;

#[ffi(constructor)]
async fn create() -> Result<MyApp, String> {
    Ok(MyApp)
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub name: String,
    pub at: Option<u16>,
}

/// Stays in the library.
#[ffi(handle)]
pub struct Item {
    pub number: u32,
}

#[ffi_event]
pub fn happened(id: u32, text: &str, places: &[Place], one: &Place);

#[ffi_event]
pub fn quiet();

#[ffi_event]
pub fn opened(item: Handle<Item>);

/// Its parameters mean something in other languages, and to the macros.
#[ffi_event]
pub fn class(r#type: u8, ctx: u16, token: u32, emit_on: String, host: bool);

#[ffi]
fn emit(_app: &MyApp, id: u32, text: &str) {
    let place = |name: &str, at| Place { name: name.to_owned(), at };
    happened(id, text, &[place("a", None), place("b", Some(9))], &place("one", None));
}

#[ffi]
async fn emit_quiet(_app: &MyApp) {
    quiet();
}

#[ffi]
fn open(_app: &MyApp, number: u32) {
    opened(Handle::new(Item { number }));
}

#[ffi]
fn read(item: &Item) -> u32 {
    item.number
}

#[ffi]
fn emit_class(_app: &MyApp) {
    class(1, 2, 3, "four".to_owned(), true);
}

/// From so many threads of its own, so many each.
#[ffi]
async fn storm(_app: &MyApp, threads: u32, each: u32) -> Result<(), String> {
    let host = Host::current().map_err(|error| error.to_string())?;
    let producer = move |thread: u32| {
        move || -> Result<(), HostError> {
            let (text, one) = (format!("from {thread}"), Place { name: "x".repeat(100), at: None });
            (0..each).try_for_each(|at| happened::emit_on(host, thread * each + at, &text, &[], &one))
        }
    };
    let threads: Vec<_> = (0..threads).map(|thread| tokio::task::spawn_blocking(producer(thread))).collect();
    for thread in threads {
        thread.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    }
    Ok(())
}
