//! The same library, with attributes.

// ANCHOR: library
use ffihost::{HostError, ffi, ffi_event, ffi_host};

ffihost::library!("after", MyApp);

struct MyApp {
    service: String,
}

#[ffi_host]
async fn fetch_profile(user: &str) -> Result<String, HostError<String>>;

#[ffi_event]
fn on_login(profile: &str);

#[ffi(constructor)]
async fn create(service: String) -> Result<MyApp, String> {
    Ok(MyApp { service })
}

#[ffi]
async fn login(app: &MyApp, user: String) -> Result<String, String> {
    let profile = fetch_profile(&user).await.map_err(|error| error.to_string())?;
    on_login(&profile);
    Ok(format!("session at {} for {profile}", app.service))
}

#[ffi]
fn service(app: &MyApp) -> String {
    app.service.clone()
}
// ANCHOR_END: library
