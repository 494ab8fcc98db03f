//! Every attribute, where `ffihost` is called `bridge`, and once where it is re-exported.

use self::inner::again;
use bridge::{Handle, HostError, ffi, ffi_event, ffi_host};
use std::time::Duration;

bridge::library!("my_renamed_app", App, crate = bridge, options = bridge::Options::new().grace(Duration::from_secs(1)));

/// Where it is re-exported.
pub mod inner {
    pub use bridge as again;
}

/// The state.
pub struct App;

/// Makes it.
#[ffi(constructor, crate = bridge)]
async fn open() -> Result<App, Wrong> {
    Ok(App)
}

/// Ends it.
#[ffi(destructor, crate = bridge)]
async fn end(_app: &App) {}

/// How many there may be.
#[ffi(crate = crate::inner::again)]
pub const LIMIT: u32 = 9;

/// What goes wrong.
#[ffi(error, crate = crate::inner::again)]
#[derive(Debug)]
pub enum Wrong {
    /// Nothing at all.
    Nothing,
    /// Where it was.
    At(Place),
}

/// A place.
#[ffi(crate = bridge)]
#[derive(Clone, Debug)]
pub struct Place {
    /// Across.
    pub x: Option<u8>,
}

/// A file.
#[ffi(handle, crate = bridge)]
pub struct File;

#[ffi(crate = bridge)]
async fn find(_app: &App, place: Place) -> Result<Handle<File>, Wrong> {
    on_moved(&place);
    match ask(&place).await.map_err(|_: HostError| Wrong::Nothing)? {
        0 => Err(Wrong::At(place)),
        _ => Ok(Handle::new(File)),
    }
}

#[ffi(crate = bridge)]
fn size(_file: &File) -> u64 {
    u64::from(now().unwrap_or_default())
}

#[ffi_host(crate = bridge, deadline = "10s")]
async fn ask(place: &Place) -> Result<u8, HostError>;

#[ffi_host(crate = bridge)]
fn now() -> Result<u8, again::HostError>;

/// Keeps things.
#[ffi_host(crate = bridge)]
pub trait Storage {
    /// Finds one.
    async fn load(&self, key: &str) -> Result<u8, HostError>;
}

#[ffi_event(crate = bridge)]
fn on_moved(place: &Place);
