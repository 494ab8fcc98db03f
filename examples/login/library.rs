//! The library: it opens sessions, and knows nothing of where users are kept. Its host is asked for that.
//!
//! Bytes cross as they are here, in these layouts; all text is UTF-8:
//!
//! | what | bytes |
//! |---|---|
//! | `login_create` | the name of the service that the sessions are for |
//! | `login_open_session` | the user |
//! | … its result | the session, one line of text for people |
//! | … its error | `unknown_user` or `failed`, a newline, a line of text for people |
//! | `fetch_profile`, the host's | the user |
//! | … its result | three lines: the name, the e-mail address, the role (`reader`, `editor` or `admin`) |
//! | … its error | nothing: there is no such user |

use ffihost::{DecodeError, Format, FromHost, Host, HostError, HostFn, Options, ToHost};
use std::cell::Cell;
use std::time::Duration;

/// Implemented by the host.
static FETCH_PROFILE: HostFn = HostFn::new("fetch_profile");

/// A host that never answers must not keep a user waiting for ever.
const OPTIONS: Options = Options::new().host_deadline(Duration::from_secs(10));

ffihost::exports! {
    prefix: "login",
    state: Login,
    options: OPTIONS,
    constructor: Login::create,
    requests: { open_session: open_session },
    host_fns: ["fetch_profile"],
}

/// One live instance of the library. Its requests run on one thread, so a `Cell` will do.
struct Login {
    service: String,
    sessions: Cell<u64>,
}

/// `login_open_session`: asks the host for the user's profile, and makes a session of it.
async fn open_session(login: &Login, user: Vec<u8>) -> Result<Session, LoginError> {
    let user = String::from_utf8(user).map_err(|_| LoginError::NotText)?;
    let profile = fetch_profile(&user).await.map_err(|error| LoginError::new(user, error))?;
    Ok(login.open(profile))
}

/// Asks the host, and waits for its answer: inline, from another thread, or never.
async fn fetch_profile(user: &str) -> Result<Profile, HostError<NoSuchUser>> {
    Host::current().map_err(HostError::widen)?.call_as(&FETCH_PROFILE, user).await
}

impl Login {
    /// `login_create`.
    async fn create(service: Vec<u8>) -> Result<Self, String> {
        match String::from_utf8(service) {
            Ok(service) if !service.is_empty() => Ok(Self { service, sessions: Cell::new(0) }),
            _ => Err("login_create needs the name of a service, as UTF-8".to_owned()),
        }
    }

    fn open(&self, profile: Profile) -> Session {
        let number = self.sessions.get() + 1;
        self.sessions.set(number);
        Session { number, service: self.service.clone(), profile }
    }
}

/// What the host knows of a user.
struct Profile {
    name: String,
    email: String,
    role: Role,
}

impl FromHost for Profile {
    fn from_host(_: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(bytes).map_err(DecodeError::new)?;
        let [name, email, role] = text.split('\n').collect::<Vec<_>>()[..] else {
            return Err(DecodeError::new("a profile is three lines: name, e-mail address and role"));
        };
        Ok(Self { name: name.to_owned(), email: email.to_owned(), role: Role::named(role)? })
    }
}

#[derive(Clone, Copy)]
enum Role {
    Reader,
    Editor,
    Admin,
}

impl Role {
    fn named(name: &str) -> Result<Self, DecodeError> {
        match name {
            "reader" => Ok(Self::Reader),
            "editor" => Ok(Self::Editor),
            "admin" => Ok(Self::Admin),
            other => Err(DecodeError::new(format_args!("there is no role {other:?}"))),
        }
    }

    fn permissions(self) -> &'static str {
        match self {
            Self::Reader => "read",
            Self::Editor => "read and write",
            Self::Admin => "read, write and manage users",
        }
    }
}

/// What the library makes of a profile.
struct Session {
    number: u64,
    service: String,
    profile: Profile,
}

impl ToHost for Session {
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        let Self { number, service, profile: Profile { name, email, role } } = self;
        let may = role.permissions();
        take(format!("session {number} at {service} for {name} <{email}>, who may {may}").as_bytes());
    }
}

/// The error that `fetch_profile` declares. There is one only, so it needs no bytes.
#[derive(Debug, thiserror::Error)]
#[error("there is no such user")]
struct NoSuchUser;

impl FromHost for NoSuchUser {
    fn from_host(format: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        <()>::from_host(format, bytes).map(|()| Self)
    }
}

/// The error that `login_open_session` declares.
#[derive(Debug, thiserror::Error)]
enum LoginError {
    #[error("the user is not UTF-8")]
    NotText,
    #[error("there is no user {0:?}")]
    UnknownUser(String),
    #[error("no profile could be had: {0}")]
    NoProfile(String),
}

impl LoginError {
    fn new(user: String, error: HostError<NoSuchUser>) -> Self {
        match error {
            HostError::Declared(NoSuchUser) => Self::UnknownUser(user),
            error => Self::NoProfile(error.to_string()),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::UnknownUser(_) => "unknown_user",
            Self::NotText | Self::NoProfile(_) => "failed",
        }
    }
}

impl ToHost for LoginError {
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(format!("{}\n{self}", self.kind()).as_bytes());
    }
}
