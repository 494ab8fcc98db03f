//! The core of a vault: secrets that are encrypted at rest, wherever its host keeps them.
//!
//! ```text
//!   host: files, a phone's key store, a cloud            this library
//!
//!   vault_unlock ─────────────────────────────────────>  unlock
//!   load_blob("vault") <──────────────────────────────     reads what is there
//!   ask_passphrase(…) <───────────────────────────────     has the user asked, up to three times
//!   on_unlocked(session) <────────────────────────────     Handle<Session>
//!   vault_put(session, "mail", "…") ──────────────────>  put
//!   store_blob("secret-…", sealed) <──────────────────     sees nothing but what is sealed
//! ```
//!
//! The library has no file, no terminal and no source of randomness: it asks for them. So the same core serves a command
//! line (`host.cpp`, beside this file), an app and a browser's extension, and its own unit tests, which give it a map for a
//! disk (`tests.rs`).
//!
//! What is kept: a blob named `vault`, with the cost of the passphrase and the sealed list of the secrets; and a blob for
//! each secret. Keys come from the passphrase by Argon2id, and XChaCha20-Poly1305 seals. Each blob is bound to its name, and
//! a secret gets a new name whenever it is put, so a host cannot pass one off as another, or an old one as a new one. What it
//! can do is bring all of it back as it was, or lose it.
//!
//! | module | what it is |
//! |---|---|
//! | this one | everything that crosses |
//! | `sealed` | keys and sealing: the only place that knows of cryptography |
//! | `session` | an unlocked vault: what is in it, how it is saved, when it locks itself |

#![forbid(unsafe_code)]

mod sealed;
mod session;
#[cfg(test)]
mod tests;

use ffihost::{Handle, HostError, Options, ffi, ffi_event, ffi_host};
use session::Open;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

ffihost::library!("vault", Vault, options = OPTIONS);

/// A disk that hangs does not hang the vault.
const OPTIONS: Options = Options::new().host_deadline(Duration::from_secs(30));

/// How often a passphrase is asked for, before it is given up.
#[ffi]
pub const MAX_ATTEMPTS: u32 = 3;

/// How long a secret may be, in bytes.
#[ffi]
pub const MAX_SECRET: u64 = 1 << 20;

/// What trying a passphrase costs, unless settings say otherwise: the memory, in KiB.
#[ffi]
pub const DEFAULT_MEMORY_KIB: u32 = 19 * 1024;

/// What trying a passphrase costs, unless settings say otherwise: the passes over that memory.
#[ffi]
pub const DEFAULT_PASSES: u32 = 2;

/// How a vault is used.
#[ffi]
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the user calls it.
    pub label: String,
    /// After so many milliseconds without use it locks itself; never, if nothing is said.
    pub lock_after_ms: Option<u64>,
    /// What trying a passphrase costs, if the vault is made now; one that is there keeps its own.
    pub cost: Option<Cost>,
}

/// What trying a passphrase costs, by Argon2id.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// The memory, in KiB: from 8 to 1,048,576.
    pub memory_kib: u32,
    /// The passes over that memory: from 1 to 100.
    pub passes: u32,
}

/// What the user is asked.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// What the user calls the vault.
    pub label: String,
    /// What for.
    pub purpose: Purpose,
}

/// What a passphrase is for.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// There is no vault yet: it is made with this passphrase.
    Create,
    /// The vault is unlocked with it.
    Unlock {
        /// How often it may be given, this time included.
        attempts_left: u32,
    },
}

/// A secret, without what is secret of it.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// How long it is, in bytes.
    pub size: u64,
    /// How often it was read.
    pub reads: u64,
}

/// What happened to a secret.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// It is new.
    Added,
    /// It has another value.
    Replaced,
    /// It is gone.
    Removed,
}

/// Why a vault is locked.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub enum LockReason {
    /// Somebody asked for it.
    Asked,
    /// Nobody used it.
    Idle {
        /// For so many milliseconds.
        after_ms: u64,
    },
    /// It is being unlocked anew: there is one session at a time.
    Reopened,
    /// The context was closed.
    Closed,
}

/// What can go wrong.
#[ffi(error)]
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The passphrase was wrong, as often as it may be; or the list of secrets is damaged, which looks the same.
    #[error("the passphrase is wrong")]
    WrongPassphrase {
        /// How often it was asked for.
        attempts: u32,
    },
    /// There is no passphrase; this says why.
    #[error("there is no passphrase: {0}")]
    NoPassphrase(String),
    /// The session is locked: unlock the vault again.
    #[error("the vault is locked")]
    Locked,
    /// No secret has that name.
    #[error("there is no secret {name:?}")]
    NoSuchSecret {
        /// The name.
        name: String,
    },
    /// A secret is longer than `MAX_SECRET`.
    #[error("{size} bytes are too many for a secret")]
    TooLarge {
        /// Its length, in bytes.
        size: u64,
    },
    /// Settings or names that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// What the host has kept is not what it was given.
    #[error("the blob {blob:?} is damaged: {reason}")]
    Damaged {
        /// Which.
        blob: String,
        /// What is wrong.
        reason: String,
    },
    /// The host could not load, store or delete something.
    #[error("the blob {blob:?} cannot be {action}: {reason}")]
    Storage {
        /// What.
        blob: String,
        /// `loaded`, `stored` or `deleted`.
        action: String,
        /// Why not.
        reason: String,
    },
    /// The host gave no randomness; this says why.
    #[error("there is no randomness: {0}")]
    NoRandomness(String),
}

/// Why a host cannot keep a blob, where it can say more than a text does.
#[ffi(error)]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StorageError {
    /// There is no room.
    #[error("there is no room left")]
    Full,
    /// It may not be touched.
    #[error("access is denied")]
    Denied,
}

/// The user gives no passphrase.
#[ffi(error)]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct Declined {
    /// Why.
    pub reason: String,
}

/// Loads what was stored under that name, if something was. Names are of small letters, digits and `-`.
#[ffi_host]
async fn load_blob(name: &str) -> Result<Option<Vec<u8>>, HostError<StorageError>>;

/// Stores bytes under that name, in place of what was: all of them, or none.
#[ffi_host]
async fn store_blob(name: &str, bytes: &[u8]) -> Result<(), HostError<StorageError>>;

/// Deletes what was stored under that name.
#[ffi_host]
async fn delete_blob(name: &str) -> Result<(), HostError<StorageError>>;

/// Asks the user, who may take their time: five minutes.
#[ffi_host(deadline = "5m")]
async fn ask_passphrase(prompt: Prompt) -> Result<String, HostError<Declined>>;

/// So many bytes that nobody can guess. Not awaited: the answer has to be at hand.
#[ffi_host]
fn random_bytes(len: u32) -> Result<Vec<u8>, HostError>;

/// A secret has changed.
#[ffi_event]
fn on_changed(name: String, change: Change);

/// A session was locked. If what there was to save could not be saved, `lost` says why.
#[ffi_event]
fn on_locked(reason: LockReason, lost: Option<String>);

/// A vault, locked or not.
pub struct Vault {
    settings: Settings,
    /// The session, while it is unlocked. Who unlocks holds on to this: others wait.
    session: Mutex<Option<Arc<Open>>>,
}

/// An unlocked vault.
#[ffi(handle)]
pub struct Session {
    open: Arc<Open>,
}

/// Makes a vault, which is locked. Nothing is asked of the host yet.
#[ffi(constructor)]
pub async fn create(settings: Settings) -> Result<Vault, Error> {
    if let Some(cost) = settings.cost {
        sealed::check_cost(cost).map_err(Error::Invalid)?;
    }
    Ok(Vault { settings, session: Mutex::new(None) })
}

/// Locks what is unlocked: how often secrets were read is saved through the host even now.
#[ffi(destructor)]
pub async fn close(vault: &Vault) {
    if let Some(open) = vault.session.lock().await.take() {
        // `on_locked` tells whoever listens.
        let _ = open.lock(LockReason::Closed).await;
    }
}

/// Unlocks the vault with a passphrase that the host asks for. If there is none, one is made. A session that there is
/// already is locked before.
#[ffi]
pub async fn unlock(vault: &Vault) -> Result<Handle<Session>, Error> {
    let mut session = vault.session.lock().await;
    if let Some(open) = session.take() {
        open.lock(LockReason::Reopened).await?;
    }
    let open = Arc::new(Open::unlock(&vault.settings).await?);
    *session = Some(Arc::clone(&open));
    if let Some(after_ms) = vault.settings.lock_after_ms {
        tokio::task::spawn_local(Arc::clone(&open).lock_when_idle(after_ms));
    }
    Ok(Handle::new(Session { open }))
}

/// Keeps a secret, in place of what had that name.
#[ffi]
pub async fn put(session: &Session, name: String, value: Vec<u8>) -> Result<(), Error> {
    let value = Zeroizing::new(value);
    let change = session.open.put(&name, &value).await?;
    on_changed(name, change);
    Ok(())
}

/// A secret.
#[ffi]
pub async fn get(session: &Session, name: &str) -> Result<Vec<u8>, Error> {
    session.open.get(name).await
}

/// Forgets a secret.
#[ffi]
pub async fn remove(session: &Session, name: String) -> Result<(), Error> {
    session.open.remove(&name).await?;
    on_changed(name, Change::Removed);
    Ok(())
}

/// All secrets, in the order of their names.
#[ffi]
pub async fn list(session: &Session) -> Result<Vec<Summary>, Error> {
    session.open.list().await
}

/// Locks the vault: the key is forgotten, whatever else happens. A session that is locked stays so.
#[ffi]
pub async fn lock(session: &Session) -> Result<(), Error> {
    session.open.lock(LockReason::Asked).await
}

/// Whether the session is locked.
#[ffi]
pub fn is_locked(session: &Session) -> bool {
    session.open.is_locked()
}
