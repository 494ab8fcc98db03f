//! A library with one of everything, under the strictest of clippy's ordinary lints: what the attributes emit is quiet. The
//! clippy step of `ci/test.sh` turns each warning into an error; in an author's crate nobody could silence it.

#![warn(clippy::pedantic)]
#![forbid(unsafe_code)]

use ffihost::{Handle, HostError, ffi, ffi_event, ffi_host};
use std::collections::HashMap;

ffihost::library!("pedantic", App);

struct App;

#[ffi]
const LIMIT: u32 = 3;

#[ffi]
struct Profile {
    name: String,
    role: Role,
    scores: HashMap<String, Vec<f32>>,
    took: Option<Duration>,
}

#[ffi]
#[derive(Clone, Copy)]
enum Role {
    Guest,
    Admin,
}

#[ffi]
enum Shape {
    Nothing,
    Circle(f64),
    Rectangle { width: f64, height: f64 },
    Lasts(Duration),
}

/// One that is well known for another type.
#[ffi]
#[derive(Clone)]
struct Duration {
    seconds: u64,
}

#[ffi(error)]
struct Failure {
    text: String,
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self { text: error.to_string() }
    }
}

#[ffi(handle)]
struct Cursor {
    left: u32,
}

#[ffi]
impl Cursor {
    const MOST: u32 = 9;

    fn start(left: u32) -> Self {
        Self { left: left.min(Self::MOST) }
    }

    async fn later(&self, text: String) -> Result<Self, Failure> {
        if text.is_empty() { Err(Failure { text }) } else { Ok(Self::start(self.left)) }
    }
}

#[ffi(constructor)]
async fn open(_name: &str, _took: Duration) -> Result<App, Failure> {
    Ok(App)
}

#[ffi(destructor)]
async fn close(_app: &App) {
    on_closed("done", &[Role::Admin], &Duration { seconds: now().unwrap_or_default() });
}

#[ffi]
async fn profile(_app: &App, name: &str, bytes: &[u8], took: &Duration) -> Result<Profile, Failure> {
    fetch(name, bytes, took, Role::Guest).await
}

#[ffi]
async fn query(_app: &App) -> Handle<Cursor> {
    Handle::new(Cursor { left: LIMIT })
}

#[ffi]
fn left(cursor: &Cursor) -> u32 {
    cursor.left
}

#[ffi]
fn area(scale: f64, shape: &Shape) -> Option<f64> {
    match shape {
        Shape::Nothing | Shape::Lasts(_) => None,
        Shape::Circle(radius) => Some(scale * radius * radius * std::f64::consts::PI),
        Shape::Rectangle { width, height } => Some(scale * width * height),
    }
}

#[ffi_host(deadline = "1s")]
async fn fetch(name: &str, bytes: &[u8], took: &Duration, role: Role) -> Result<Profile, Failure>;

#[ffi_host]
fn now() -> Result<u64, HostError>;

#[ffi_event]
fn on_closed(text: &str, roles: &[Role], took: &Duration);

#[test]
fn what_is_emitted_works() {
    let _fetch = fetch::implement(|name, _bytes, took, role| async move {
        Ok(Profile { name, role, scores: HashMap::new(), took: Some(took) })
    });
    let _now = now::implement(|| Ok(7));
    let (sender, heard) = std::sync::mpsc::channel();
    let _closed = on_closed::listen(move |_text, _roles, took| {
        let _ = sender.send(took.seconds);
    });
    let profile = futures::executor::block_on(profile(&App, "a", b"b", &Duration { seconds: 2 }));
    let profile = profile.unwrap_or_else(|failure| panic!("{}", failure.text));
    assert_eq!((profile.name.as_str(), profile.took.map(|took| took.seconds)), ("a", Some(2)));
    assert!(matches!(profile.role, Role::Guest) && profile.scores.is_empty());
    futures::executor::block_on(close(&App));
    assert_eq!(heard.recv(), Ok(7));
}
