//! The library that `typed_requests.rs` calls: requests of every form, with names that mean something elsewhere.
#![expect(unreachable_pub, reason = "a library's items are public")]

use ffihost::{HostError, ffi, ffi_host};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

/// The state.
pub struct MyApp {
    name: String,
}

/// How the constructor is to end.
#[ffi]
pub enum Mode {
    Works,
    Waits,
    Fails,
    Panics,
}

/// Passed by pointer.
#[ffi]
pub struct Limits {
    pub users: u32,
    pub note: Option<String>,
}

#[ffi(constructor)]
async fn create(name: String, mode: Mode, limits: Limits) -> Result<MyApp, LoginError> {
    match mode {
        Mode::Works => {}
        Mode::Waits => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
        Mode::Fails => return Err(LoginError::NoSuchUser { user: name, tries: limits.users }),
        Mode::Panics => panic!("told to panic"),
    }
    Ok(MyApp { name: format!("{name}/{}/{}", limits.users, limits.note.as_deref().unwrap_or("-")) })
}

/// Keeps the state for next time.
#[ffi_host(deadline = "10s")]
async fn save(name: &str, users: u32) -> Result<u32, HostError>;

#[ffi(destructor)]
async fn end(app: &MyApp) {
    tokio::task::yield_now().await;
    // Without a registration there is nobody to save it.
    let _ = save(&app.name, 7).await;
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    pub user: String,
    pub tags: Vec<String>,
    pub age: Option<u8>,
}

#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    Admin,
    Guest,
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: u64,
    pub user: String,
    pub roles: Vec<Role>,
    pub scores: BTreeMap<String, f64>,
}

#[ffi(error)]
#[derive(Clone, Debug, PartialEq)]
pub enum LoginError {
    Locked,
    NoSuchUser { user: String, tries: u32 },
    Limit(u32),
}

#[ffi]
async fn login(app: &MyApp, req: Login) -> Result<Session, LoginError> {
    tokio::task::yield_now().await;
    match (&*req.user, req.age) {
        ("", _) => Err(LoginError::Locked),
        (_, Some(age)) if age < 18 => Err(LoginError::Limit(age.into())),
        ("nobody", _) => Err(LoginError::NoSuchUser { user: req.user, tries: 3 }),
        _ => Ok(session(&app.name, &req)),
    }
}

fn session(name: &str, req: &Login) -> Session {
    let scores = req.tags.iter().zip([0.5, 1.5]).map(|(tag, score)| (tag.clone(), score)).collect();
    Session { id: 1 << 40, user: format!("{}@{name}", req.user), roles: vec![Role::Guest, Role::Admin], scores }
}

#[ffi]
fn login_now(app: &MyApp, req: &Login) -> Result<Session, LoginError> {
    if req.user.is_empty() { Err(LoginError::Locked) } else { Ok(session(&app.name, req)) }
}

#[ffi]
fn name(app: &MyApp) -> String {
    app.name.clone()
}

#[ffi]
fn blob(_app: &MyApp, len: u32) -> Vec<u8> {
    (0..=255).cycle().take(len as usize).collect()
}

#[ffi]
async fn nothing(_app: &MyApp) {}

#[ffi]
fn half(_app: &MyApp, value: f64) -> f64 {
    value / 2.0
}

#[ffi]
async fn not(_app: &MyApp, value: bool) -> bool {
    !value
}

#[ffi]
fn roles(_app: &MyApp, count: u8) -> Vec<Role> {
    [Role::Admin, Role::Guest].into_iter().cycle().take(count.into()).collect()
}

#[ffi]
fn role(_app: &MyApp, role: Role) -> Option<Role> {
    (role == Role::Guest).then_some(Role::Admin)
}

#[ffi]
async fn scores(_app: &MyApp, of: HashMap<String, u32>) -> HashMap<String, u32> {
    of.into_iter().map(|(name, score)| (name.to_uppercase(), score + 1)).collect()
}

/// Of each kind that is passed by value one, with names that other languages and the macros use.
#[ffi]
#[expect(clippy::too_many_arguments, reason = "as many as there are kinds")]
async fn every(
    _app: &MyApp,
    r#type: i8,
    class: i16,
    int: i32,
    def: i64,
    func: u8,
    fun: u16,
    ctx: u32,
    user_data: u64,
    token: f32,
    ret: f64,
    reader: bool,
    args: String,
) -> String {
    format!("{type} {class} {int} {def} {func} {fun} {ctx} {user_data} {token} {ret} {reader} {args}")
}

#[ffi]
#[expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    non_snake_case,
    reason = "as many as there are kinds, and names as others have them"
)]
fn every_list(
    _app: &MyApp,
    cb: Vec<u8>,
    req: Vec<i8>,
    len: Vec<u64>,
    self_: Vec<bool>,
    userData: Vec<Role>,
    __v0: Vec<Login>,
    state: Role,
    r#match: Option<Login>,
    decode: Option<u8>,
) -> String {
    format!("{cb:?} {req:?} {len:?} {self_:?} {userData:?} {__v0:?} {state:?} {match:?} {decode:?}")
}

#[ffi]
fn borrowed(_app: &MyApp, text: &str, bytes: &[u8], numbers: &[i16], users: &[Login], one: &Login) -> String {
    format!("{text} {bytes:?} {numbers:?} {} {}", users.len(), one.user)
}

#[ffi]
async fn borrowed_later(
    _app: &MyApp,
    text: &str,
    bytes: &[u8],
    numbers: &[i16],
    users: &[Login],
    one: &Login,
) -> String {
    tokio::task::yield_now().await;
    format!("{text} {bytes:?} {numbers:?} {} {}", users.len(), one.user)
}

#[ffi]
fn add(a: u32, b: u32) -> u64 {
    u64::from(a) + u64::from(b)
}

#[ffi]
async fn add_later(a: u32, b: u32) -> Result<u32, String> {
    tokio::task::yield_now().await;
    a.checked_add(b).ok_or_else(|| format!("{a} + {b} is too much"))
}

#[ffi]
fn fail(which: u8) -> Result<Vec<u8>, LoginError> {
    Err(match which {
        0 => LoginError::Locked,
        1 => LoginError::Limit(9),
        _ => LoginError::NoSuchUser { user: "u".to_owned(), tries: 2 },
    })
}

#[ffi]
fn panics(message: &str) {
    panic!("{message}");
}

#[ffi]
async fn panics_later(_app: &MyApp, message: String) -> Vec<Role> {
    tokio::task::yield_now().await;
    panic!("{message}");
}

#[ffi]
async fn never(_app: &MyApp) -> u8 {
    std::future::pending().await
}

/// What `hold` waits for.
pub static HELD: Mutex<Option<Receiver<()>>> = Mutex::new(None);

/// Keeps the FFI thread until the test lets it go on.
#[ffi]
async fn hold(_app: &MyApp) {
    let held = HELD.lock().expect("not poisoned").take();
    let _ = held.map(|held| held.recv());
}

#[ffi(formats(native))]
fn only_native(value: u8) -> u8 {
    value
}

#[ffi(formats(cbor))]
fn only_other(value: u8) -> u8 {
    value
}

/// Functions whose names mean something else.
#[expect(non_snake_case, reason = "these are the names")]
pub mod names {
    use super::MyApp;
    use ffihost::ffi;

    macro_rules! named {
        ($($name:ident($param:ident)),* $(,)?) => {$(
            #[ffi]
            pub async fn $name(_app: &MyApp, $param: u8) -> Result<u8, String> {
                ::core::result::Result::Ok($param)
            }
        )*};
    }

    named!(
        r#match(r#type),
        class(namespace),
        int(double),
        def(pass),
        func(chan),
        fun(val),
        ctx(ctx),
        user_data(userData)
    );
    named!(
        token(token),
        ret(ret),
        cb(cb),
        args(args),
        __reader(__args),
        len(reader),
        Ok(Self_),
        Some(value),
        Result(Option)
    );
    named!(state(state), app(app), move_(r#move), LIBRARY(root), request(request));
}
