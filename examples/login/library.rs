//! The library: it opens sessions, and knows nothing of where users are kept. Its host is asked for that.
//!
//! Everything that crosses has a type here, and the same one in C, in `abi.rs`. `library!` is in `main.rs`, at the crate's
//! root, where it belongs.

use ffihost::{HostError, Options, ffi, ffi_host};
use std::cell::Cell;

/// The defaults will do.
pub(crate) const OPTIONS: Options = Options::new();

/// One live instance of the library. Its requests run on one thread, so a `Cell` will do.
pub(crate) struct Login {
    service: String,
    sessions: Cell<u64>,
}

/// What the host knows of a user.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// As people call them.
    pub(crate) name: String,
    /// Where mail goes.
    pub(crate) email: String,
    /// What they are here.
    pub(crate) role: Role,
}

/// What a user is.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    /// Reads.
    Reader,
    /// Writes, too.
    Editor,
    /// Says who may do what.
    Admin,
}

/// What the library makes of a profile.
#[ffi]
#[derive(Debug, PartialEq)]
pub(crate) struct Session {
    /// From 1 on.
    pub(crate) number: u64,
    /// What it is for.
    pub(crate) service: String,
    /// Whose it is.
    pub(crate) profile: Profile,
    /// What they may do, for people to read.
    pub(crate) may: String,
}

/// Why there is no session.
#[ffi(error)]
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum OpenError {
    /// Nobody of that name.
    #[error("there is no user {user:?}")]
    UnknownUser {
        /// The name.
        user: String,
    },
    /// The host did not say who it is; this says why.
    #[error("no profile could be had: {0}")]
    NoProfile(String),
}

/// Why the host has no profile.
#[ffi(error)]
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum ProfileError {
    /// Nobody of that name.
    #[error("there is no such user")]
    NoSuchUser,
}

/// Implemented by the host: who is that? It may answer inline, from another thread, or never, for which nobody waits for
/// ever.
#[ffi_host(deadline = "10s")]
async fn fetch_profile(user: &str) -> Result<Profile, HostError<ProfileError>>;

/// Makes an instance for a service.
#[ffi(constructor)]
pub(crate) async fn create(service: String) -> Result<Login, String> {
    if service.is_empty() {
        return Err("login_create needs the name of a service".to_owned());
    }
    Ok(Login { service, sessions: Cell::new(0) })
}

/// Asks the host for the user's profile, and makes a session of it.
#[ffi]
pub(crate) async fn open_session(login: &Login, user: String) -> Result<Session, OpenError> {
    match fetch_profile(&user).await {
        Ok(profile) => Ok(login.open(profile)),
        Err(HostError::Declared(ProfileError::NoSuchUser)) => Err(OpenError::UnknownUser { user }),
        Err(error) => Err(OpenError::NoProfile(error.to_string())),
    }
}

impl Login {
    fn open(&self, profile: Profile) -> Session {
        let number = self.sessions.get() + 1;
        self.sessions.set(number);
        let may = profile.role.permissions().to_owned();
        Session { number, service: self.service.clone(), profile, may }
    }
}

impl Role {
    fn permissions(self) -> &'static str {
        match self {
            Self::Reader => "read",
            Self::Editor => "read and write",
            Self::Admin => "read, write and manage users",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    fn login() -> Login {
        block_on(create("a test".to_owned())).expect("it has a name")
    }

    fn alice(role: Role) -> Profile {
        Profile { name: "Alice".to_owned(), email: "alice@example.org".to_owned(), role }
    }

    #[test]
    fn sessions_are_counted_and_roles_told() {
        let login = login();
        for (number, role, may) in [(1, Role::Reader, "read"), (2, Role::Editor, "read and write")] {
            let _host = fetch_profile::implement(move |_| async move { Ok(alice(role)) });
            let session = block_on(open_session(&login, "alice".to_owned())).expect("she is known");
            let (service, may) = ("a test".to_owned(), may.to_owned());
            assert_eq!(session, Session { number, service, profile: alice(role), may });
        }
    }

    #[test]
    fn whatever_the_host_does_there_is_an_error_for_it() {
        let open = || block_on(open_session(&login(), "bob".to_owned()));
        let no_profile = |text: &str| Err(OpenError::NoProfile(text.to_owned()));
        let nowhere = matches!(open(), Err(OpenError::NoProfile(text)) if text.starts_with("there is no context"));
        assert!(nowhere, "nobody implements it");

        let _host = fetch_profile::implement(|_| async { Err(HostError::Declared(ProfileError::NoSuchUser)) });
        assert_eq!(open(), Err(OpenError::UnknownUser { user: "bob".to_owned() }));
        let _host = fetch_profile::implement(|_| async { Err(HostError::TimedOut) });
        assert_eq!(open(), no_profile("the host did not answer in time"));
    }

    #[test]
    fn a_service_has_a_name() {
        assert_eq!(block_on(create(String::new())).err().as_deref(), Some("login_create needs the name of a service"));
    }
}
