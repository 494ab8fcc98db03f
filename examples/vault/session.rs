//! An unlocked vault.
//!
//! What is done to it is done by one request at a time, in the order in which they take the lock of [`Open`]; the others
//! await it. A request that fails, or is cancelled, leaves the vault as it was: the new list of secrets counts from when it
//! is stored, and blobs that no list names are nobody's.

use crate::sealed::{Header, Key, NONCE, SALT};
use crate::{
    Change, Cost, DEFAULT_MEMORY_KIB, DEFAULT_PASSES, Error, LockReason, MAX_ATTEMPTS, MAX_SECRET, Prompt, Purpose,
    Settings, StorageError, Summary, ask_passphrase, delete_blob, load_blob, on_locked, random_bytes, store_blob,
};
use ffihost::HostError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// The blob with the header and the list.
const VAULT: &str = "vault";

/// An unlocked vault, until it is locked.
pub(crate) struct Open {
    /// Nothing, once it is locked.
    contents: Mutex<Option<Contents>>,
    last_use: StdMutex<Instant>,
}

struct Contents {
    header: Header,
    key: Key,
    list: List,
    /// Whether the list is another than the one that is stored.
    changed: bool,
}

/// The secrets, by their names.
#[derive(Clone, Default, Serialize, Deserialize)]
struct List(BTreeMap<String, Entry>);

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    /// Where it is.
    blob: String,
    size: u64,
    reads: u64,
}

impl Open {
    /// Opens what the host has, or makes a vault.
    pub(crate) async fn unlock(settings: &Settings) -> Result<Self, Error> {
        let contents = match load(VAULT).await? {
            None => Contents::create(settings).await?,
            Some(blob) => Contents::unlock(settings, &blob).await?,
        };
        Ok(Self { contents: Mutex::new(Some(contents)), last_use: StdMutex::new(Instant::now()) })
    }

    pub(crate) async fn put(&self, name: &str, value: &[u8]) -> Result<Change, Error> {
        let size = value.len() as u64;
        if size > MAX_SECRET {
            return Err(Error::TooLarge { size });
        }
        if name.is_empty() {
            return Err(Error::Invalid("a secret has a name".to_owned()));
        }
        let mut contents = self.contents().await;
        let contents = contents.as_mut().ok_or(Error::Locked)?;
        let blob = new_name()?;
        store(&blob, &contents.key.seal(random()?, blob.as_bytes(), value)).await?;
        let mut list = contents.list.clone();
        let before = list.0.insert(name.to_owned(), Entry { blob: blob.clone(), size, reads: 0 });
        if let Err(error) = contents.save(list).await {
            forget(&blob).await;
            return Err(error);
        }
        match before {
            None => Ok(Change::Added),
            Some(before) => {
                forget(&before.blob).await;
                Ok(Change::Replaced)
            }
        }
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        let mut contents = self.contents().await;
        let contents = contents.as_mut().ok_or(Error::Locked)?;
        let entry = contents.list.0.get_mut(name).ok_or_else(|| Error::NoSuchSecret { name: name.to_owned() })?;
        let sealed = load(&entry.blob).await?.ok_or_else(|| damaged(&entry.blob, "it is gone"))?;
        let mut plain = contents
            .key
            .open(entry.blob.as_bytes(), &sealed)
            .ok_or_else(|| damaged(&entry.blob, "it is not what was stored"))?;
        entry.reads += 1;
        contents.changed = true;
        Ok(std::mem::take(&mut *plain))
    }

    pub(crate) async fn remove(&self, name: &str) -> Result<(), Error> {
        let mut contents = self.contents().await;
        let contents = contents.as_mut().ok_or(Error::Locked)?;
        let mut list = contents.list.clone();
        let Some(entry) = list.0.remove(name) else {
            return Err(Error::NoSuchSecret { name: name.to_owned() });
        };
        contents.save(list).await?;
        forget(&entry.blob).await;
        Ok(())
    }

    pub(crate) async fn list(&self) -> Result<Vec<Summary>, Error> {
        let contents = self.contents().await;
        let List(secrets) = &contents.as_ref().ok_or(Error::Locked)?.list;
        let summary = |(name, entry): (&String, &Entry)| {
            let Entry { size, reads, .. } = *entry;
            Summary { name: name.clone(), size, reads }
        };
        Ok(secrets.iter().map(summary).collect())
    }

    /// Forgets the key, after saving what is to be saved. Whether or not that can be done, it is locked.
    pub(crate) async fn lock(&self, reason: LockReason) -> Result<(), Error> {
        let mut unlocked = self.contents.lock().await;
        let Some(contents) = unlocked.as_mut() else { return Ok(()) };
        let saved = match contents.changed {
            true => contents.save(contents.list.clone()).await,
            false => Ok(()),
        };
        *unlocked = None;
        on_locked(reason, saved.as_ref().err().map(ToString::to_string));
        saved
    }

    pub(crate) fn is_locked(&self) -> bool {
        // Somebody who uses it at this moment has it unlocked.
        self.contents.try_lock().is_ok_and(|contents| contents.is_none())
    }

    /// Waits until nobody has used it for so long, and locks it.
    pub(crate) async fn lock_when_idle(self: Arc<Self>, after_ms: u64) {
        let after = Duration::from_millis(after_ms);
        while let Some(due) = self.last_use().checked_add(after) {
            if due <= Instant::now() {
                // `on_locked` tells whoever listens.
                let _ = self.lock(LockReason::Idle { after_ms }).await;
                return;
            }
            tokio::time::sleep_until(due).await;
            if self.is_locked() {
                return;
            }
        }
    }

    fn last_use(&self) -> Instant {
        *self.last_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in it, which counts as a use.
    async fn contents(&self) -> MutexGuard<'_, Option<Contents>> {
        let contents = self.contents.lock().await;
        *self.last_use.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        contents
    }
}

impl Contents {
    async fn create(settings: &Settings) -> Result<Self, Error> {
        let default = Cost { memory_kib: DEFAULT_MEMORY_KIB, passes: DEFAULT_PASSES };
        let header = Header::new(settings.cost.unwrap_or(default), random::<SALT>()?);
        let key = ask(settings, Purpose::Create, header).await?;
        let mut contents = Self { header, key, list: List::default(), changed: false };
        contents.save(List::default()).await?;
        Ok(contents)
    }

    async fn unlock(settings: &Settings, blob: &[u8]) -> Result<Self, Error> {
        let (header, sealed) = Header::split(blob).map_err(|reason| damaged(VAULT, &reason))?;
        for attempt in 0..MAX_ATTEMPTS {
            let key = ask(settings, Purpose::Unlock { attempts_left: MAX_ATTEMPTS - attempt }, header).await?;
            if let Some(plain) = key.open(&header.to_bytes(), sealed) {
                let list = serde_json::from_slice(&plain).map_err(|error| damaged(VAULT, &error.to_string()))?;
                return Ok(Self { header, key, list, changed: false });
            }
        }
        Err(Error::WrongPassphrase { attempts: MAX_ATTEMPTS })
    }

    /// Stores a list, and from then on has it.
    async fn save(&mut self, list: List) -> Result<(), Error> {
        let plain = Zeroizing::new(serde_json::to_vec(&list).expect("a map from text can be written as JSON"));
        let header = self.header.to_bytes();
        let blob = [&header[..], &self.key.seal(random()?, &header, &plain)].concat();
        store(VAULT, &blob).await?;
        self.list = list;
        self.changed = false;
        Ok(())
    }
}

/// Has the user asked, and makes the key. Elsewhere: it takes long, and the FFI thread has others to serve.
async fn ask(settings: &Settings, purpose: Purpose, header: Header) -> Result<Key, Error> {
    let prompt = Prompt { label: settings.label.clone(), purpose };
    let passphrase = ask_passphrase(prompt).await.map_err(|error| Error::NoPassphrase(error.to_string()))?;
    let passphrase = Zeroizing::new(passphrase);
    let derived = tokio::task::spawn_blocking(move || Key::derive(&passphrase, header)).await;
    derived.map_err(|error| error.to_string()).flatten().map_err(Error::NoPassphrase)
}

async fn load(blob: &str) -> Result<Option<Vec<u8>>, Error> {
    load_blob(blob).await.map_err(|error| storage(blob, "loaded", &error))
}

async fn store(blob: &str, bytes: &[u8]) -> Result<(), Error> {
    store_blob(blob, bytes).await.map_err(|error| storage(blob, "stored", &error))
}

/// Deletes a blob that no list names any more. If that fails it takes up room, and does no harm.
async fn forget(blob: &str) {
    let _ = delete_blob(blob).await;
}

fn storage(blob: &str, action: &str, error: &HostError<StorageError>) -> Error {
    Error::Storage { blob: blob.to_owned(), action: action.to_owned(), reason: error.to_string() }
}

fn damaged(blob: &str, reason: &str) -> Error {
    Error::Damaged { blob: blob.to_owned(), reason: reason.to_owned() }
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let bytes = random_bytes(N as u32).map_err(|error| Error::NoRandomness(error.to_string()))?;
    let wrong = |bytes: Vec<u8>| Error::NoRandomness(format!("{} bytes where {N} were asked for", bytes.len()));
    bytes.try_into().map_err(wrong)
}

/// A name that no blob has had. It says nothing of the secret.
fn new_name() -> Result<String, Error> {
    let random: [u8; NONCE] = random()?;
    Ok(random.iter().fold("secret-".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    }))
}
