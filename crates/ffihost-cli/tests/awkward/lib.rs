//! A library with names that two rules for cases take apart differently: digits, acronyms, raw names, underscores.

#![forbid(unsafe_code)]
#![expect(non_snake_case, non_camel_case_types, reason = "such names are what it is for")]

use ffihost::{Handle, ffi, ffi_event, ffi_host};

ffihost::library! {
    /// Has awkward names.
    "awk2__ward_1",
    App,
}

/// Nothing.
#[derive(Debug)]
pub struct App;

/// Makes it.
#[ffi(constructor)]
async fn create() -> Result<App, String> {
    Ok(App)
}

macro_rules! handles {
    ($($name:ident by $make:ident),+ $(,)?) => { $(
        /// A handle with such a name.
        #[ffi(handle)]
        #[derive(Debug)]
        pub struct $name;

        /// Makes one.
        #[ffi]
        async fn $make(_app: &App) -> Result<Handle<$name>, String> {
            Ok(Handle::new($name))
        }
    )+ };
}

handles! {
    P2PNode by p2p_node,
    HTTPServer by HTTPServer_,
    IPv6Addr by ipv6_addr_,
    Utf8Reader by utf_8_reader,
    A1B2c3D by a1b2,
    X by x_,
    _Hidden by _hidden,
    Snake_Case by snake__case,
    Trailing_ by trailing_,
    r#Final by r#final,
    r#try by r#type,
}

/// A struct that is passed.
#[ffi]
#[derive(Debug)]
pub struct E2EReport {
    /// A word of its own in Rust.
    pub r#in: u32,
}

/// Asks.
#[ffi_host]
async fn fetchURL2(report: E2EReport) -> Result<(), ffihost::HostError>;

/// Uses it.
#[ffi]
async fn use_2(_app: &App, report: E2EReport) -> Result<(), String> {
    fetchURL2(report).await.map_err(|error| error.to_string())
}

/// Happens.
#[ffi_event]
fn on_2nd(r#where: String);

/// Lets it happen.
#[ffi]
fn r#do(_app: &App) -> Result<(), String> {
    on_2nd(String::new());
    Ok(())
}
