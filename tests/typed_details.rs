//! What an author says of items beyond their types, and what becomes of it.

#![deny(deprecated)]

mod typed;

use ffihost::{HostError, ffi, ffi_event, ffi_host};
use ffihost_schema::{Deprecated, Payload};

ffihost::library!("my_app", MyApp);

/// The state.
pub struct MyApp;

#[ffi(constructor)]
async fn make() -> Result<MyApp, String> {
    Ok(MyApp)
}

/// A constant.
#[deprecated]
#[ffi]
pub const LIMIT: u32 = 9;

/// Where something is.
#[ffi]
#[derive(Clone, Debug)]
pub struct Place {
    /// Across.
    #[deprecated(since = "1.2.0", note = "use `y`")]
    pub x: u8,
    /// Along.
    pub y: u8,
}

/// A shape.
#[deprecated(note = "use `Place`")]
#[ffi(error)]
#[derive(Clone, Debug)]
pub enum Shape {
    /// None.
    #[deprecated = "use `Round`"]
    Nothing,
    /// With a radius.
    Round {
        /// How large.
        #[deprecated(since = "1.1.0")]
        radius: u8,
    },
    /// At a place.
    #[deprecated]
    Held(Place),
}

/// An object.
#[deprecated]
#[ffi(handle)]
pub struct File;

#[deprecated(since = "1.3.0")]
#[ffi]
async fn draw(_app: &MyApp, place: Place) -> Result<u8, String> {
    Ok(place.y)
}

#[deprecated]
#[ffi]
#[expect(deprecated, reason = "what is deprecated is used here")]
fn read(_file: &File) -> Result<(), Shape> {
    Ok(())
}

#[deprecated]
#[ffi_host]
async fn ask(place: &Place) -> Result<u8, HostError>;

#[deprecated]
#[ffi_host]
fn ask_now(text: &str) -> Result<u8, HostError>;

/// Keeps things.
#[ffi_host]
pub trait Storage {
    /// Loads.
    #[deprecated(note = "use `find`")]
    async fn load(&self, key: &str) -> Result<u8, HostError>;
    /// The time.
    #[deprecated]
    fn now(&self) -> Result<u8, HostError>;
}

#[deprecated]
#[ffi_event]
fn on_moved(place: &Place);

fn said(since: &str, note: &str) -> Option<Deprecated> {
    Some(Deprecated { since: since.to_owned(), note: note.to_owned() })
}

#[test]
fn what_is_deprecated_says_so() {
    let library = typed::library();
    let just = said("", "");
    let [place] = &library.structs[..] else { panic!("{:?}", library.structs) };
    assert_eq!((&*place.fields[0].docs, &place.fields[0].docs.deprecated), ("Across.", &said("1.2.0", "use `y`")));
    assert_eq!((&place.docs.deprecated, &place.fields[1].docs.deprecated), (&None, &None));
    let [shape] = &library.enums[..] else { panic!("{:?}", library.enums) };
    assert_eq!((&*shape.docs, &shape.docs.deprecated), ("A shape.", &said("", "use `Place`")));
    let variants: Vec<_> = shape.variants.iter().map(|variant| variant.docs.deprecated.clone()).collect();
    assert_eq!(variants, [said("", "use `Round`"), None, just.clone()]);
    let Payload::Fields(fields) = &shape.variants[1].payload else { panic!("{:?}", shape.variants) };
    assert_eq!(fields[0].docs.deprecated, said("1.1.0", ""));
    let requests: Vec<_> = library.requests.iter().map(|item| item.docs.deprecated.clone()).collect();
    assert_eq!(requests, [said("1.3.0", ""), just.clone()]);
    let host_fns: Vec<_> = library.host_fns.iter().map(|item| item.docs.deprecated.clone()).collect();
    assert_eq!(host_fns, [just.clone(), just.clone(), said("", "use `find`"), just.clone()]);
    let rest = [&library.handles[0].docs, &library.events[0].docs, &library.constants[0].docs];
    assert!(rest.iter().all(|docs| docs.deprecated == just));
}
