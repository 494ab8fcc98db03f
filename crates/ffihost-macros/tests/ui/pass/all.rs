//! Each attribute, in all positions.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

use ffihost::{Handle, HostError, Options, ffi, ffi_event, ffi_host};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

ffihost::library!(
    "all",
    app::MyApp,
    options = Options::new().grace(Duration::from_millis(10)),
    formats(native, cbor),
);

/// The state, in a module.
pub mod app {
    use ffihost::ffi;

    /// The state.
    pub struct MyApp {
        pub(crate) name: String,
    }

    /// Makes it.
    #[ffi(constructor)]
    pub async fn open(
        /// Its name.
        name: &str,
        port: u16,
    ) -> Result<MyApp, super::AppError> {
        Ok(MyApp { name: format!("{name}:{port}") })
    }

    /// Ends it.
    #[ffi(destructor)]
    async fn end(app: &MyApp) {
        super::on_ended(&app.name);
    }
}

use app::MyApp;

/// How many.
#[ffi]
pub const MAX_USERS: u32 = 1 << 4;
#[ffi]
const LOWEST: i64 = -3;
#[ffi]
const RATIO: f32 = 0.5;
#[ffi]
const GREETING: &str = "hello";
#[ffi]
const ON: bool = true;

/// A profile.
///
/// With two paragraphs.
#[ffi]
pub struct Profile {
    /// Who.
    pub name: String,
    age: Option<u8>,
    tags: Vec<String>,
    scores: HashMap<String, Vec<f64>>,
    others: BTreeMap<String, Profile>,
    friends: Vec<Self>,
    role: Role,
    shape: Option<Shape>,
    picture: Vec<u8>,
    balance: i64,
    ok: bool,
}

/// Who one is.
#[ffi]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Role {
    /// Some.
    #[default]
    Guest,
    /// All.
    Admin,
}

/// Enums with data.
#[ffi]
pub enum Shape {
    /// Nothing.
    Nothing,
    /// One.
    Circle(f64),
    /// Several.
    Rectangle {
        /// From left to right.
        width: f64,
        /// From top to bottom.
        height: f64,
    },
    /// Several shapes.
    Group(Vec<Shape>),
    /// Several shapes that have a name.
    Named {
        /// The name.
        name: String,
        /// The shapes.
        shapes: Vec<Self>,
    },
}

/// What can go wrong.
#[ffi(error)]
#[derive(Debug)]
pub enum AppError {
    /// No such thing.
    NotFound {
        /// What.
        name: String,
    },
    /// Everything else.
    Other(String),
    /// No.
    Denied,
}

/// An error that is a struct.
#[ffi(error)]
pub struct Failure {
    code: i32,
}

impl From<HostError> for AppError {
    fn from(error: HostError) -> Self {
        Self::Other(error.to_string())
    }
}

/// Rows.
#[ffi(handle)]
pub struct RowCursor {
    rows: Mutex<Vec<String>>,
}

#[ffi]
impl RowCursor {
    /// The most rows.
    pub const MAX: u32 = 9;

    /// Has no rows.
    pub fn empty() -> Self {
        Self { rows: Mutex::default() }
    }

    /// Of one row.
    async fn of_row(
        /// What it says.
        row: &str,
    ) -> Result<Self, AppError> {
        Ok(Self { rows: Mutex::new(vec![row.to_owned()]) })
    }

    #[cfg(any())]
    fn absent(&self, absent: Absent) {}

    #[ffi(formats(cbor))]
    async fn in_one_format(&self, other: Option<Handle<Self>>) -> bool {
        other.is_some()
    }

    #[ffi(skip)]
    fn skipped<T>(&mut self, value: T) -> T {
        value
    }
}

#[ffi]
#[cfg(any())]
impl Absent {
    fn new() -> Self {
        Self
    }
}

/// In another module than the type.
mod elsewhere {
    use ffihost::ffi;

    #[ffi]
    impl crate::app::MyApp {
        fn name_len(&self) -> u64 {
            self.name.len() as u64
        }

        fn rows_of(app: &Self, cursor: ffihost::Handle<crate::RowCursor>) -> u64 {
            app.name_len() + cursor.rows.lock().map_or(0, |rows| rows.len() as u64)
        }
    }

    #[ffi]
    impl super::RowCursor {
        fn first(&self) -> Result<ffihost::Handle<super::Lock>, String> {
            Err("none".to_owned())
        }
    }
}

/// A tuple struct.
#[ffi(handle)]
struct Lock(#[expect(dead_code, reason = "held")] u8);

/// Asks.
#[ffi]
pub async fn login(
    app: &MyApp,
    /// Who.
    profile: Profile,
    extra: Option<Profile>,
) -> Result<Profile, AppError> {
    let _ = (&app.name, extra);
    let fetched = fetch_profile(profile.name, &["a".to_owned()], &profile.role, b"x").await?;
    Ok(fetched)
}

#[ffi]
fn rename(app: &MyApp, name: &str, bytes: &[u8], roles: &[Role], profile: &Profile, shape: Shape) -> String {
    let _ = (roles, profile, shape);
    format!("{}{name}{}", app.name, bytes.len())
}

#[ffi]
async fn query(_app: &crate::app::MyApp, mut sql: String) -> Result<Handle<RowCursor>, String> {
    sql.push(';');
    Ok(Handle::new(RowCursor { rows: Mutex::new(vec![sql]) }))
}

#[ffi]
async fn next_row(cursor: &RowCursor, n: u32, text: &str) -> Option<String> {
    let _ = (n, text);
    cursor.rows.lock().ok()?.pop()
}

#[ffi]
fn rows_left(cursor: &RowCursor, text: &str, other: &Profile) -> u64 {
    let _ = (text, other);
    cursor.rows.lock().map_or(0, |rows| rows.len() as u64)
}

#[ffi]
async fn lock(_app: &app::MyApp, first: Handle<RowCursor>, lock: Option<Handle<Lock>>) -> Vec<Handle<RowCursor>> {
    let _ = lock;
    vec![first]
}

#[ffi]
fn add(a: u32, b: u32) -> Result<u32, Failure> {
    a.checked_add(b).ok_or(Failure { code: 1 })
}

#[ffi]
fn nothing() {}

#[ffi]
async fn nothing_async() -> Result<(), String> {
    Ok(())
}

#[ffi]
async fn all_about(text: &str, bytes: &[u8], shapes: &[Shape], shape: &Shape) -> Result<Vec<u8>, std::convert::Infallible> {
    let _ = (text, shapes, shape);
    Ok(bytes.to_vec())
}

#[ffi(formats(native))]
fn native_alone(app: &MyApp) -> Shape {
    let _ = app;
    Shape::Nothing
}

#[ffi(formats(cbor))]
async fn cbor_alone(app: &MyApp) -> Option<Shape> {
    let _ = app;
    None
}

/// Fetches.
#[ffi_host(deadline = "10s")]
pub async fn fetch_profile(
    /// Who.
    name: String,
    list: &[String],
    role: &Role,
    bytes: &[u8],
) -> Result<Profile, AppError>;

#[ffi_host]
async fn ping() -> Result<(), HostError>;

#[ffi_host]
async fn ask(question: String, choices: Vec<Shape>) -> Result<Option<u8>, HostError<Failure>>;

#[ffi_host]
fn now_ms() -> Result<u64, HostError>;

#[ffi_host]
fn look_up(key: &str, default: u8) -> Result<u8, HostError<String>>;

/// It ended.
#[ffi_event]
pub fn on_ended(name: &str);

#[ffi_event]
fn on_tick();

#[ffi_event]
fn on_changed(profile: Profile, role: Role);

mod inner {
    use ffihost::{Host, HostError, ffi};

    #[ffi]
    async fn from_a_module(app: &super::MyApp) -> Result<u64, HostErrorText> {
        let _ = app;
        super::ping().deadline(std::time::Duration::from_secs(1)).await?;
        super::ask("?".to_owned(), Vec::new()).await.map_err(|error| HostErrorText { text: error.to_string() })?;
        super::on_tick();
        let host = Host::current()?;
        super::on_tick::emit_on(host)?;
        super::on_ended::emit_on(host, "x")?;
        Ok(super::now_ms()?)
    }

    #[ffi(error)]
    pub(crate) struct HostErrorText {
        pub(crate) text: String,
    }

    impl From<HostError> for HostErrorText {
        fn from(error: HostError) -> Self {
            Self { text: error.to_string() }
        }
    }

    impl std::fmt::Display for super::Failure {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.code)
        }
    }
}

fn main() {
    let _now = now_ms::implement(|| Ok(7));
    assert_eq!(now_ms(), Ok(7));
    let _look_up = look_up::implement(|key: String, default: u8| Ok(key.len() as u8 + default));
    assert_eq!(look_up("abc", 1), Ok(4));
    let _ping = ping::implement(|| async { Ok(()) });
    let _fetch = fetch_profile::implement(|name, _list, _role, _bytes| async move { Err(AppError::Other(name)) });
    let (sender, heard) = std::sync::mpsc::channel();
    let _listening = on_ended::listen(move |name| sender.send(name).unwrap());
    on_ended("x");
    assert_eq!(heard.recv().unwrap(), "x");
    let _ = on_changed::listen(|_profile, _role| {});
    on_changed(
        Profile {
            name: String::new(),
            age: None,
            tags: Vec::new(),
            scores: HashMap::new(),
            others: BTreeMap::new(),
            friends: Vec::new(),
            role: Role::default(),
            shape: Some(Shape::Rectangle { width: 1.0, height: 2.0 }),
            picture: Vec::new(),
            balance: 0,
            ok: true,
        },
        Role::Admin,
    );
    assert_eq!(add(1, 2).map_err(|failure| failure.code), Ok(3));
}
