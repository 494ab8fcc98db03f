//! A library with an export of each kind, for the files that switch a format off for all of it.
#![expect(unreachable_pub, reason = "a library's items are public")]

use ffihost::{Handle, HostError, ffi, ffi_event, ffi_host};

/// The state.
pub struct MyApp {
    name: String,
}

#[ffi(constructor)]
async fn create(name: String) -> Result<MyApp, String> {
    if name.is_empty() { Err("no name".to_owned()) } else { Ok(MyApp { name }) }
}

/// Stays in the library.
#[ffi(handle)]
pub struct Item {
    number: u32,
}

#[ffi_host]
pub async fn twice(number: u32) -> Result<u32, HostError>;

#[ffi_event]
pub fn asked(number: u32);

/// Tells the listeners, and asks the host.
#[ffi]
async fn ask(_app: &MyApp, number: u32) -> Result<u32, String> {
    asked(number);
    twice(number).await.map_err(|error| error.to_string())
}

#[ffi]
fn name(app: &MyApp) -> String {
    app.name.clone()
}

#[ffi]
fn make(_app: &MyApp, number: u32) -> Handle<Item> {
    Handle::new(Item { number })
}

#[ffi]
fn read(item: &Item) -> u32 {
    item.number
}

#[ffi]
fn add(a: u32, b: u32) -> u32 {
    a + b
}
