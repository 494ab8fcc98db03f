use ffihost::{HostError, ffi, ffi_host};

ffihost::library!("my_app", MyApp);

/// One live instance of the library. Its async functions run on one thread, so it need not be `Send`.
pub struct MyApp {
    service: String,
}

/// What the host knows of a user.
#[ffi]
pub struct Profile {
    pub name: String,
    pub email: Option<String>,
}

/// Why there is no session.
#[ffi(error)]
#[derive(Debug, PartialEq)]
pub enum LoginError {
    UnknownUser,
    NoProfile(String),
}

impl From<HostError> for LoginError {
    fn from(error: HostError) -> Self {
        Self::NoProfile(error.to_string())
    }
}

/// Implemented by the host.
#[ffi_host(deadline = "10s")]
async fn fetch_profile(user: String) -> Result<Profile, LoginError>;

#[ffi(constructor)]
pub async fn create(service: String) -> Result<MyApp, LoginError> {
    Ok(MyApp { service })
}

/// Asks the host who the user is, and waits for the answer.
#[ffi]
pub async fn login(app: &MyApp, user: String) -> Result<String, LoginError> {
    let profile = fetch_profile(user).await?;
    Ok(format!("session at {} for {}", app.service, profile.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_for_whom_the_host_knows() {
        let _host = fetch_profile::implement(|name| async move { Ok(Profile { name, email: None }) });
        let app = MyApp { service: "test".to_owned() };
        let session = futures::executor::block_on(login(&app, "Ada".to_owned()));
        assert_eq!(session, Ok("session at test for Ada".to_owned()));
    }
}
