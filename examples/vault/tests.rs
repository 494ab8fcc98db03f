//! The library's functions, called as what they are: functions. What the host would do is done by doubles here.

use super::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex as StdMutex, MutexGuard};
use tokio::runtime::{Builder, LocalOptions};

/// As cheap as it can be.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

type Blobs = BTreeMap<String, Vec<u8>>;

/// A host: a map for a disk, and a user who knows some passphrases.
struct FakeHost {
    state: Arc<State>,
    locked: Receiver<(LockReason, Option<String>)>,
    changed: Receiver<(String, Change)>,
    _doubles: Box<dyn std::any::Any>,
}

#[derive(Default)]
struct State {
    blobs: StdMutex<Blobs>,
    /// What the user answers, the last one first.
    answers: StdMutex<Vec<&'static str>>,
    prompts: StdMutex<Vec<Purpose>>,
    /// Whether the disk is full.
    full: StdMutex<bool>,
    counter: AtomicU64,
}

impl FakeHost {
    fn new() -> Self {
        let state = Arc::new(State::default());
        let share = || Arc::clone(&state);
        let (tell_locked, locked) = channel();
        let (tell_changed, changed) = channel();
        let (tell_locked, tell_changed) = (StdMutex::new(tell_locked), StdMutex::new(tell_changed));
        let doubles = (
            load_blob::implement({
                let state = share();
                move |name| {
                    let blob = state.blobs().get(&name).cloned();
                    async move { Ok(blob) }
                }
            }),
            store_blob::implement({
                let state = share();
                move |name, bytes| {
                    let stored = if *state.full.lock().expect("no panic") {
                        Err(HostError::Declared(StorageError::Full))
                    } else {
                        state.blobs().insert(name, bytes);
                        Ok(())
                    };
                    async move { stored }
                }
            }),
            delete_blob::implement({
                let state = share();
                move |name| {
                    state.blobs().remove(&name);
                    async { Ok(()) }
                }
            }),
            ask_passphrase::implement({
                let state = share();
                move |prompt| {
                    state.prompts.lock().expect("no panic").push(prompt.purpose);
                    let answer = state.answers.lock().expect("no panic").pop();
                    let declined = || HostError::Declared(Declined { reason: "nobody is there".to_owned() });
                    async move { answer.map(str::to_owned).ok_or_else(declined) }
                }
            }),
            random_bytes::implement({
                let state = share();
                move |len| {
                    let next = state.counter.fetch_add(1, Relaxed).to_le_bytes();
                    Ok(next.into_iter().cycle().take(len as usize).collect())
                }
            }),
            on_locked::listen(move |reason, lost| {
                tell_locked.lock().expect("no panic").send((reason, lost)).expect("the test listens");
            }),
            on_changed::listen(move |name, change| {
                tell_changed.lock().expect("no panic").send((name, change)).expect("the test listens");
            }),
        );
        Self { state, locked, changed, _doubles: Box::new(doubles) }
    }

    /// The user will answer this, in this order.
    fn will_answer(&self, answers: &[&'static str]) {
        *self.state.answers.lock().expect("no panic") = answers.iter().rev().copied().collect();
    }

    fn prompts(&self) -> Vec<Purpose> {
        std::mem::take(&mut *self.state.prompts.lock().expect("no panic"))
    }

    fn set_full(&self, full: bool) {
        *self.state.full.lock().expect("no panic") = full;
    }

    /// A session of a vault that is there, or is made.
    async fn unlock(&self, vault: &Vault) -> Handle<Session> {
        self.will_answer(&["open sesame"]);
        unlock(vault).await.expect("the passphrase is the right one")
    }
}

impl State {
    fn blobs(&self) -> MutexGuard<'_, Blobs> {
        self.blobs.lock().expect("no panic")
    }
}

async fn vault(lock_after_ms: Option<u64>) -> Vault {
    let settings = Settings { label: "test".to_owned(), lock_after_ms, cost: Some(CHEAP) };
    create(settings).await.expect("the cost can be")
}

/// Runs it on the kind of loop that the FFI thread has.
fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_time().build_local(LocalOptions::default());
    runtime.expect("a runtime can be made").block_on(test);
}

fn no_such(name: &str) -> Error {
    Error::NoSuchSecret { name: name.to_owned() }
}

#[test]
fn a_secret_is_there_until_it_is_removed() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let session = host.unlock(&vault).await;
        assert_eq!(host.prompts(), [Purpose::Create]);
        for (value, change) in [("one", Change::Added), ("two", Change::Replaced)] {
            assert_eq!(put(&session, "mail".to_owned(), value.into()).await, Ok(()));
            assert_eq!(host.changed.try_recv(), Ok(("mail".to_owned(), change)));
            assert_eq!(get(&session, "mail").await, Ok(value.into()));
        }
        assert_eq!(list(&session).await, Ok(vec![Summary { name: "mail".to_owned(), size: 3, reads: 1 }]));
        assert_eq!(host.state.blobs().len(), 2, "the vault, and one secret");
        assert_eq!(remove(&session, "mail".to_owned()).await, Ok(()));
        assert_eq!(host.changed.try_recv(), Ok(("mail".to_owned(), Change::Removed)));
        assert_eq!(get(&session, "mail").await, Err(no_such("mail")));
        assert_eq!(remove(&session, "mail".to_owned()).await, Err(no_such("mail")));
        assert_eq!(host.state.blobs().len(), 1);
    });
}

#[test]
fn what_is_stored_tells_nothing() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let session = host.unlock(&vault).await;
        put(&session, "hiding place".to_owned(), b"under the mat".to_vec()).await.expect("it is stored");
        let stored: Vec<u8> =
            host.state.blobs().iter().flat_map(|(name, blob)| [name.as_bytes(), blob].concat()).collect();
        for text in ["hiding", "under", "sesame"] {
            assert!(!stored.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
        }
    });
}

#[test]
fn a_wrong_passphrase_is_asked_for_again_three_times() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let session = host.unlock(&vault).await;
        lock(&session).await.expect("there is nothing to save");
        host.prompts();

        host.will_answer(&["wrong", "open sesame"]);
        assert!(unlock(&vault).await.is_ok());
        let left = |attempts_left| Purpose::Unlock { attempts_left };
        assert_eq!(host.prompts(), [left(3), left(2)]);

        host.will_answer(&["a", "b", "c", "open sesame"]);
        assert_eq!(unlock(&vault).await.err(), Some(Error::WrongPassphrase { attempts: 3 }));
        host.will_answer(&[]);
        assert_eq!(unlock(&vault).await.err(), Some(Error::NoPassphrase("nobody is there".to_owned())));
    });
}

#[test]
fn what_was_read_is_saved_when_it_is_locked() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let first = host.unlock(&vault).await;
        put(&first, "mail".to_owned(), b"one".to_vec()).await.expect("it is stored");
        get(&first, "mail").await.expect("it is there");

        // Unlocking again locks the session before, which is over then.
        let second = host.unlock(&vault).await;
        assert_eq!(host.locked.try_recv(), Ok((LockReason::Reopened, None)));
        assert!(is_locked(&first) && !is_locked(&second));
        assert_eq!(get(&first, "mail").await, Err(Error::Locked));
        assert_eq!(lock(&first).await, Ok(()), "it is already");
        assert_eq!(list(&second).await.expect("it is unlocked")[0].reads, 1);

        get(&second, "mail").await.expect("it is there");
        close(&vault).await;
        assert_eq!(host.locked.try_recv(), Ok((LockReason::Closed, None)));
        let third = host.unlock(&vault).await;
        assert_eq!(list(&third).await.expect("it is unlocked")[0].reads, 2);
    });
}

#[test]
fn a_disk_that_is_full_changes_nothing() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let session = host.unlock(&vault).await;
        put(&session, "mail".to_owned(), b"one".to_vec()).await.expect("it is stored");
        get(&session, "mail").await.expect("it is there");
        let before = host.state.blobs().clone();

        host.set_full(true);
        let full = put(&session, "mail".to_owned(), b"two".to_vec()).await.expect_err("the disk is full");
        assert!(matches!(&full, Error::Storage { action, .. } if action == "stored"), "{full:?}");
        assert_eq!(get(&session, "mail").await, Ok(b"one".to_vec()));
        assert_eq!(*host.state.blobs(), before);

        // The key is forgotten even if the list cannot be saved, and whoever listens is told.
        assert!(lock(&session).await.is_err());
        let (reason, lost) = host.locked.try_recv().expect("it is locked");
        assert_eq!(reason, LockReason::Asked);
        assert_eq!(lost.as_deref(), Some(r#"the blob "vault" cannot be stored: there is no room left"#));
        assert!(is_locked(&session));
    });
}

#[test]
fn damage_is_found() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let session = host.unlock(&vault).await;
        put(&session, "mail".to_owned(), b"one".to_vec()).await.expect("it is stored");
        put(&session, "bank".to_owned(), b"two".to_vec()).await.expect("it is stored");

        // One secret in place of the other.
        let names: Vec<_> = host.state.blobs().keys().filter(|name| name.starts_with("secret-")).cloned().collect();
        let other = host.state.blobs()[&names[1]].clone();
        host.state.blobs().insert(names[0].clone(), other);
        let damaged = |error: &Error| matches!(error, Error::Damaged { blob, .. } if *blob == names[0]);
        let outcomes = [get(&session, "mail").await, get(&session, "bank").await];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(damaged)).count(), 1, "{outcomes:?}");

        lock(&session).await.expect("it can be saved");

        // A vault that is no vault, has an absurd cost, or ends too early.
        let whole = host.state.blobs()["vault"].clone();
        let absurd = [&whole[..8], &[0xff; 8], &whole[16..]].concat();
        for broken in [b"not a vault".to_vec(), absurd, whole[..20].to_vec(), Vec::new()] {
            host.state.blobs().insert("vault".to_owned(), broken);
            let refused = unlock(&vault).await.err();
            assert!(matches!(&refused, Some(Error::Damaged { blob, .. }) if blob == "vault"), "{refused:?}");
        }
        assert_eq!(host.prompts().len(), 1, "nobody is asked for the passphrase of such");
    });
}

#[test]
fn nobody_uses_it_so_it_locks_itself() {
    run(async {
        let (host, vault) = (FakeHost::new(), vault(Some(30)).await);
        let session = host.unlock(&vault).await;
        while !is_locked(&session) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(host.locked.try_recv(), Ok((LockReason::Idle { after_ms: 30 }, None)));
        assert_eq!(list(&session).await, Err(Error::Locked));
    });
}

#[test]
fn what_cannot_be_is_refused() {
    run(async {
        for cost in [Cost { memory_kib: 7, passes: 1 }, Cost { memory_kib: 8, passes: 0 }] {
            let settings = Settings { label: String::new(), lock_after_ms: None, cost: Some(cost) };
            assert!(matches!(create(settings).await.err(), Some(Error::Invalid(_))));
        }
        let (host, vault) = (FakeHost::new(), vault(None).await);
        let session = host.unlock(&vault).await;
        assert!(matches!(put(&session, String::new(), Vec::new()).await, Err(Error::Invalid(_))));
        let size = MAX_SECRET + 1;
        let value = vec![0; usize::try_from(size).expect("it fits")];
        assert_eq!(put(&session, "large".to_owned(), value).await, Err(Error::TooLarge { size }));
    });
}
