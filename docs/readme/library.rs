use ffihost::{Host, HostError, HostFn};

/// Implemented by the host.
static FETCH_PROFILE: HostFn = HostFn::new("fetch_profile");

ffihost::exports! {
    prefix: "my_app",
    state: MyApp,
    constructor: create,
    requests: { login: login },
    host_fns: ["fetch_profile"],
}

/// One live instance of the library. Its requests run on one thread, so it need not be `Send`.
struct MyApp {
    service: String,
}

/// `my_app_create`.
async fn create(service: Vec<u8>) -> Result<MyApp, String> {
    String::from_utf8(service).map(|service| MyApp { service }).map_err(|error| error.to_string())
}

/// `my_app_login`: asks the host who the user is, and waits for the answer.
async fn login(app: &MyApp, user: Vec<u8>) -> Result<String, String> {
    let profile = fetch_profile(&user).await.map_err(|error| error.to_string())?;
    Ok(format!("session at {} for {profile}", app.service))
}

async fn fetch_profile(user: &[u8]) -> Result<String, HostError<String>> {
    Host::current().map_err(HostError::widen)?.call_as(&FETCH_PROFILE, user).await
}
