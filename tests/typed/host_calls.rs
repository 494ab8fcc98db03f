//! The library of `typed_host_calls.rs`: one request that does what it is told, and the host functions that it calls.
#![expect(unreachable_pub, reason = "a library's items are public")]

use ffihost::{Host, HostError, ffi, ffi_host};
use futures::FutureExt;
use futures::executor::block_on;
use std::sync::Mutex;
use std::time::Duration;

/// The state.
pub struct MyApp;

#[ffi(constructor)]
async fn create() -> Result<MyApp, String> {
    Ok(MyApp)
}

#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: String,
    pub age: u8,
}

#[ffi(error)]
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileError {
    Gone,
    Blocked { by: String },
    Host(String),
}

impl From<HostError> for ProfileError {
    fn from(error: HostError) -> Self {
        Self::Host(format!("{error:?}"))
    }
}

#[ffi_host]
pub async fn profile(id: u32, note: Option<String>) -> Result<Profile, HostError<ProfileError>>;

#[ffi_host]
pub async fn profile_flat(user: &str) -> Result<Profile, ProfileError>;

#[ffi_host]
pub async fn ping() -> Result<(), HostError>;

#[ffi_host]
pub fn now(zone: &str) -> Result<u64, HostError>;

#[ffi_host]
pub async fn sum(numbers: &[i16], bytes: &[u8], one: &Profile) -> Result<i64, HostError<String>>;

#[ffi_host(deadline = "20ms")]
pub async fn slow(which: u8) -> Result<String, HostError>;

/// Its name and its parameters mean something in other languages, and to the macros.
#[ffi_host]
#[expect(non_snake_case, clippy::too_many_arguments, reason = "these are the names")]
pub async fn r#match(
    r#type: u8,
    class: i16,
    ctx: u32,
    token: u64,
    ret: bool,
    cb: i8,
    args: &str,
    userData: u8,
    host: u8,
    reader: u8,
) -> Result<Vec<u8>, HostError>;

/// Another context.
static OTHER: Mutex<Option<Host>> = Mutex::new(None);

/// Does something, and says how it went.
#[ffi]
async fn act(_app: &MyApp, what: &str) -> String {
    let host = Host::current().expect("in a context");
    match what {
        "profile" => format!("{:?}", profile(7, Some("note".to_owned())).await),
        "profile without a note" => format!("{:?}", profile(8, None).await),
        "flat" => format!("{:?}", profile_flat("ada").await),
        "ping" => format!("{:?}", ping().await),
        "ping as soon as it is registered" => format!("{:?}", ping().wait_for_registration().await),
        "ping until it fails" => loop {
            if let Err(error) = ping().await {
                break format!("{error:?}");
            }
        },
        "now" => format!("{:?}", now("UTC")),
        "now nowhere" => format!("{:?}", elsewhere(|| now("UTC")).await),
        "sum" => format!("{:?}", sum(&[1, -2], &[3], &Profile { name: "one".to_owned(), age: 1 }).await),
        "sum elsewhere" => {
            let call = move || {
                let (numbers, bytes, one) = (vec![1, -2], vec![3], Profile { name: "one".to_owned(), age: 1 });
                block_on(sum(&numbers, &bytes, &one).on(host))
            };
            format!("{:?}", elsewhere(call).await)
        }
        "slow" => format!("{:?}", slow(1).await),
        "slow, with patience" => format!("{:?}", slow(2).deadline(crate::typed::NEVER).await),
        "profile at once" => format!("{:?}", profile(9, None).deadline(Duration::ZERO).await),
        "profile elsewhere" => {
            format!("{:?}", elsewhere(move || block_on(profile(7, Some("note".to_owned())).on(host))).await)
        }
        "profile in another runtime" => {
            let call = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                runtime.block_on(async { profile(7, Some("note".to_owned())).on(host).await })
            };
            format!("{:?}", elsewhere(call).await)
        }
        "profile moved" => {
            let mut call = profile(7, None);
            assert!((&mut call).now_or_never().is_none(), "the host has not answered");
            format!("{:?}", elsewhere(move || block_on(call)).await)
        }
        "profile moved on" => {
            let mut call = profile(7, None).on(host);
            assert!((&mut call).now_or_never().is_none(), "the host has not answered");
            format!("{:?}", elsewhere(move || block_on(call)).await)
        }
        "be the other" => {
            *OTHER.lock().expect("no panic") = Some(host);
            String::new()
        }
        "profile turned to the other" => {
            let other = OTHER.lock().expect("no panic").expect("there is another");
            let mut call = profile(7, None);
            assert!((&mut call).now_or_never().is_none(), "the host has not answered");
            format!("{:?}", call.on(other).await)
        }
        "profile nowhere" => format!("{:?}", elsewhere(|| block_on(profile(7, None))).await),
        "drop" => {
            let mut call = profile(7, None);
            format!("{:?}", (&mut call).now_or_never())
        }
        "match" => format!("{:?}", r#match(1, -2, 3, 4, true, -5, "end", 6, 7, 8).await),
        other => panic!("what is {other}?"),
    }
}

async fn elsewhere<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(f).await.expect("it does not panic")
}

/// The same on the caller's thread.
#[ffi]
fn act_now(_app: &MyApp, what: &str) -> String {
    match what {
        "now" => format!("{:?}", now("UTC")),
        "profile" => format!("{:?}", block_on(profile(7, Some("note".to_owned())))),
        "profile on" => {
            let host = Host::current().expect("in a context");
            format!("{:?}", block_on(profile(7, Some("note".to_owned())).on(host)))
        }
        other => panic!("what is {other}?"),
    }
}
