//! A library whose values panic when they are dropped, each wherever it is, or keep the thread that drops them.
//!
//! There are two of this one source, which differ in the limits of a close; see `LIMITS`.

#![forbid(unsafe_code)]

use ffihost::{Handle, Host, HostError, Options, ffi, ffi_event, ffi_host};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Grace and linger. What a test expects must not depend on how fast the machine is, so each is either never reached, or short
/// and reached in any case. In `bombs_time_out` both are short, elsewhere only the grace period is.
const LIMITS: (Duration, Duration) = match env!("CARGO_CRATE_NAME").as_bytes() {
    b"bombs_time_out" => (Duration::from_millis(20), Duration::from_millis(20)),
    _ => (Duration::from_millis(20), Duration::from_secs(3_600)),
};

ffihost::library! {
    /// Makes bombs.
    "bombs",
    Bombs,
    options = Options::new().grace(LIMITS.0).destructor_deadline(LIMITS.0).linger(LIMITS.1),
    serve,
}

/// The state, which is no bomb.
pub struct Bombs {
    _here: (),
}

static WENT_OFF: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

static SITTING: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Names that were let go, and what waits for them.
static LET_GO: (Mutex<BTreeSet<String>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

#[expect(clippy::panic, reason = "that is what it is for")]
fn go_off(name: &str) {
    *WENT_OFF.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default() += 1;
    if name.starts_with("stuck") {
        let names = LET_GO.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(LET_GO.1.wait_while(names, |names| !names.contains(name)).unwrap_or_else(PoisonError::into_inner));
    }
    panic!("the bomb goes off: {name}");
}

/// How many bombs of this name were dropped.
#[ffi]
pub fn went_off(name: &str) -> u64 {
    WENT_OFF.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied().unwrap_or(0)
}

/// Lets the drops go on that wait: those of bombs of this name, which begins with `stuck`.
#[ffi]
pub fn let_go(name: String) {
    LET_GO.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    LET_GO.1.notify_all();
}

/// A bomb that crosses.
#[ffi]
#[derive(Debug)]
pub struct Bomb {
    /// What it is counted by.
    pub name: String,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        go_off(&self.name);
    }
}

/// A bomb that stays.
#[ffi(handle)]
#[derive(Debug)]
pub struct Mine {
    name: String,
}

impl Drop for Mine {
    fn drop(&mut self) {
        go_off(&self.name);
    }
}

/// A bomb that is an error.
#[ffi(error)]
#[derive(Debug, thiserror::Error)]
#[error("{name}")]
pub struct Failed {
    /// What it is counted by.
    pub name: String,
}

impl Drop for Failed {
    fn drop(&mut self) {
        go_off(&self.name);
    }
}

impl From<HostError> for Failed {
    fn from(error: HostError) -> Self {
        Self { name: error.to_string() }
    }
}

/// A bomb for whoever listens.
#[ffi_event]
fn on_bomb(bomb: Bomb);

/// Emits a mine and this many bytes.
#[ffi_event]
fn on_mine(mine: Handle<Mine>, filler: Vec<u8>);

/// Takes a bomb, and gives it back.
#[ffi_host(deadline = "1h")]
async fn defuse(bomb: Bomb) -> Result<Bomb, Failed>;

/// Answers or not.
#[ffi_host(deadline = "1h")]
async fn ask() -> Result<String, HostError>;

/// Makes the state.
#[ffi(constructor)]
pub async fn create() -> Result<Bombs, String> {
    Ok(Bombs { _here: () })
}

/// How many mines are lent.
#[ffi]
pub async fn laid(_bombs: &Bombs) -> Result<u64, String> {
    let stats = Host::current().and_then(|host| host.stats());
    stats.map(|stats| stats.handles).map_err(|error| error.to_string())
}

/// Lends a mine.
#[ffi]
pub fn lay(_bombs: &Bombs, name: String) -> Handle<Mine> {
    Handle::new(Mine { name })
}

/// What is written on a mine.
#[ffi]
pub async fn label(mine: &Mine) -> String {
    mine.name.clone()
}

/// A bomb.
#[ffi]
pub async fn make(_bombs: &Bombs, name: String) -> Bomb {
    Bomb { name }
}

/// The same, on the caller's thread.
#[ffi]
pub fn make_now(_bombs: &Bombs, name: String) -> Bomb {
    Bomb { name }
}

/// Fails with a bomb.
#[ffi]
pub async fn fail(_bombs: &Bombs, name: String) -> Result<u32, Failed> {
    Err(Failed { name })
}

/// The same, on the caller's thread.
#[ffi]
pub fn fail_now(_bombs: &Bombs, name: String) -> Result<u32, Failed> {
    Err(Failed { name })
}

/// Panics with a bomb.
#[ffi]
pub async fn explode(_bombs: &Bombs, name: String) -> u32 {
    std::panic::panic_any(Bomb { name })
}

/// The same, on the caller's thread.
#[ffi]
pub fn explode_now(_bombs: &Bombs, name: String) -> u32 {
    std::panic::panic_any(Bomb { name })
}

/// Keeps a bomb until it is cancelled.
#[ffi]
pub async fn sit(_bombs: &Bombs, name: String) -> u32 {
    *SITTING.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_default() += 1;
    let _bomb = Bomb { name };
    std::future::pending().await
}

/// How many requests have kept a bomb of this name.
#[ffi]
pub fn sat(name: &str) -> u64 {
    SITTING.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied().unwrap_or(0)
}

/// Takes a bomb that nobody drops before it has its number.
#[ffi]
pub async fn take(_bombs: &Bombs, bomb: Bomb, number: u32) -> u32 {
    drop(bomb);
    number
}

/// The same, on the caller's thread.
#[ffi]
pub fn take_now(_bombs: &Bombs, bomb: Bomb, number: u32) -> u32 {
    drop(bomb);
    number
}

/// Sends a bomb to whoever listens.
#[ffi]
pub fn announce(_bombs: &Bombs, name: String) {
    on_bomb(Bomb { name });
}

/// Lends a mine to whoever listens.
#[ffi]
pub fn announce_mine(_bombs: &Bombs, name: String, bytes: u32) {
    on_mine(Handle::new(Mine { name }), vec![0; bytes as usize]);
}

/// Has the host defuse a bomb, and drops what it gives back.
#[ffi]
pub async fn pass_on(_bombs: &Bombs, name: String) -> Result<u32, Failed> {
    let back = defuse(Bomb { name }).await?;
    drop(back);
    Ok(0)
}

/// Waits for the host on the caller's thread.
#[ffi]
pub fn ask_now(_bombs: &Bombs) -> String {
    let answer = Host::current().and_then(|host| futures::executor::block_on(ask().on(host)));
    answer.unwrap_or_else(|error| error.to_string())
}
