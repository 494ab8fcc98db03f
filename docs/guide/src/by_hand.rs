//! A library whose exports are made by hand.

// ANCHOR: library
use ffihost::{Host, HostError, HostFn};

static FETCH_PROFILE: HostFn = HostFn::new("fetch_profile");

ffihost::exports! {
    prefix: "before",
    state: MyApp,
    constructor: create,
    requests: { login: login },
    sync_requests: { service: service },
    host_fns: ["fetch_profile"],
    events: ["on_login"],
}

struct MyApp {
    service: String,
}

async fn create(service: Vec<u8>) -> Result<MyApp, String> {
    String::from_utf8(service).map(|service| MyApp { service }).map_err(|error| error.to_string())
}

async fn login(app: &MyApp, user: Vec<u8>) -> Result<String, String> {
    let host = Host::current().map_err(|error| error.to_string())?;
    let profile: Result<String, HostError<String>> = host.call_as(&FETCH_PROFILE, &user).await;
    let profile = profile.map_err(|error| error.to_string())?;
    host.emit("on_login", profile.clone()).map_err(|error| error.to_string())?;
    Ok(format!("session at {} for {profile}", app.service))
}

fn service(app: &MyApp, _: &[u8]) -> Result<String, String> {
    Ok(app.service.clone())
}
// ANCHOR_END: library
