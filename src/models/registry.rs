//! The registry against look-ups, running invocations and open calls.

use super::{Calls, Dropped, Drops, Settled, model, owner, thread};
use crate::inflight::Reason;
use crate::registry::{Hold, Keep, Limited, Missing, Name, Registry, Snapshot};
use crate::sync::{Arc, AtomicU32, Ordering};
use std::time::Instant;

const NAME: Name<'static> = Name::Given { text: "function", id: 1 };

impl Limited for Dropped {
    fn max_in_flight(&self) -> u32 {
        0
    }

    fn is_plain(&self) -> bool {
        true
    }
}

const OTHER: Name<'static> = Name::Given { text: "other", id: 2 };

fn registry() -> (Arc<Registry<Dropped>>, Snapshot<Dropped>, Drops) {
    let (registry, first) = (Arc::new(Registry::new()), Drops::default());
    assert!(registry.register("function", first.token()).is_ok_and(|replaced| replaced.is_none()));
    (registry, Snapshot::new(), first)
}

fn look_up(registry: &Registry<Dropped>, snapshot: &Snapshot<Dropped>) -> Result<Hold<Dropped>, Missing<Dropped>> {
    if snapshot.is_stale(registry) {
        snapshot.refresh(registry);
    }
    snapshot.get(&NAME)
}

/// The loop's turn, in a model that has nothing lent then.
fn turn(snapshot: &Snapshot<Dropped>) {
    // SAFETY: the models call this between invocations.
    unsafe { snapshot.drop_retired() };
}

#[test]
fn replace_and_unregister_against_a_running_invocation() {
    model(|| {
        let (registry, snapshot, first) = registry();
        let second = Drops::default();
        drop(look_up(&registry, &snapshot).expect("it is registered"));
        let lent = snapshot.lend_plain(&NAME).expect("its name was looked up");
        let writer = {
            let (registry, second) = (Arc::clone(&registry), second.clone());
            thread::spawn(move || {
                drop(registry.register("function", second.token()));
                drop(registry.unregister("function"));
            })
        };
        // The invocation runs; another look-up comes from inside of it.
        let nested = look_up(&registry, &snapshot);
        assert_eq!(first.get(), 0, "released while an invocation runs");
        drop(nested);
        // It has returned, and its call is open.
        let hold = lent.into_hold();
        writer.join().expect("no panic");
        assert!(matches!(look_up(&registry, &snapshot), Err(Missing::NotRegistered)));
        turn(&snapshot);
        assert_eq!(first.get(), 0, "released while a call is open");
        drop(hold);
        assert_eq!((first.get(), second.get()), (1, 1), "released once each");
    });
}

#[test]
fn a_registration_is_seen_after_it_returned() {
    model(|| {
        let (registry, snapshot, first) = registry();
        let second = Drops::default();
        let writer = {
            let (registry, second) = (Arc::clone(&registry), second.clone());
            thread::spawn(move || drop(registry.register("function", second.token())))
        };
        drop(look_up(&registry, &snapshot));
        writer.join().expect("no panic");
        drop(look_up(&registry, &snapshot));
        turn(&snapshot);
        assert_eq!((first.get(), second.get()), (1, 0), "the look-up found what was replaced");
    });
}

#[test]
fn complete_against_unregister() {
    model(|| {
        let (registry, snapshot, released) = registry();
        let (calls, owner) = (Calls::<Hold<Dropped>>::new(), owner());
        let ticket = calls.begin(&owner, look_up(&registry, &snapshot).expect("it is registered"));
        let answerer = {
            let (calls, token) = (Arc::clone(&calls), ticket.token());
            thread::spawn(move || calls.answer(token, 7))
        };
        let writer = {
            let (calls, registry) = (Arc::clone(&calls), Arc::clone(&registry));
            thread::spawn(move || {
                drop(registry.unregister("function"));
                calls.signal.notify();
            })
        };
        let told = std::cell::Cell::new(0);
        let settled = calls.settle(&owner, ticket, || {
            if snapshot.is_stale(&registry) && snapshot.refresh(&registry) {
                told.set(told.get() + calls.table.sweep(&owner, Reason::Unregistered, Hold::is_unregistered).len());
            }
        });
        let accepted = answerer.join().expect("no panic");
        writer.join().expect("no panic");
        match settled {
            Settled::Answered(number, hold) => {
                assert!(accepted && *number == 7 && told.get() == 0);
                assert!(hold.is_some() && released.get() == 0, "released while a call is open");
            }
            Settled::Ended(reason) => assert!(!accepted && reason == Reason::Unregistered && told.get() == 1),
        }
        assert!(matches!(look_up(&registry, &snapshot), Err(Missing::NotRegistered)));
        turn(&snapshot);
        assert_eq!(released.get(), 1);
    });
}

#[test]
fn unregister_ends_a_call_that_nobody_answers() {
    model(|| {
        let (registry, snapshot, _) = registry();
        let (calls, owner) = (Calls::<Hold<Dropped>>::new(), owner());
        let ticket = calls.begin(&owner, look_up(&registry, &snapshot).expect("it is registered"));
        let writer = {
            let (calls, registry) = (Arc::clone(&calls), Arc::clone(&registry));
            thread::spawn(move || {
                drop(registry.unregister("function"));
                calls.signal.notify();
            })
        };
        let settled = calls.settle(&owner, ticket, || {
            if snapshot.is_stale(&registry) && snapshot.refresh(&registry) {
                drop(calls.table.sweep(&owner, Reason::Unregistered, Hold::is_unregistered));
            }
        });
        assert!(matches!(settled, Settled::Ended(Reason::Unregistered)));
        writer.join().expect("no panic");
    });
}

#[test]
fn what_the_host_registers_is_the_hosts_in_any_order() {
    model(|| {
        let registry = Arc::new(Registry::new());
        let (host, client) = (Drops::default(), Drops::default());
        let served = {
            let (registry, client) = (Arc::clone(&registry), client.clone());
            thread::spawn(move || {
                if let Ok((number, replaced)) = registry.register_for_client("function", client.token()) {
                    assert!(replaced.is_none(), "a client replaced what the host has");
                    drop(registry.unregister_for_client("function", number));
                }
            })
        };
        drop(registry.register("function", host.token()));
        assert_eq!(host.get(), 0);
        served.join().expect("no panic");
        assert!(registry.contains("function"), "a client took it away");
        assert_eq!((host.get(), client.get()), (0, 1));
        drop(registry.close());
    });
}

/// A look-up finds all functions of a group or none, and so does the close; those of one that is refused are handed back.
#[test]
fn a_group_is_registered_at_one_moment() {
    model(|| {
        let (registry, snapshot, shared) = (Arc::new(Registry::new()), Snapshot::new(), Drops::default());
        let writer = {
            let (registry, shared) = (Arc::clone(&registry), shared.clone());
            thread::spawn(move || {
                let group = vec![("function", shared.token()), ("other", shared.token())];
                registry.register_all(group).map_or_else(|refused| refused.len(), |replaced| replaced.len())
            })
        };
        snapshot.refresh(&registry);
        let found = [NAME, OTHER].map(|name| snapshot.get(&name).is_ok());
        assert!(found[0] == found[1], "a call finds a part of a group");
        let closed = registry.close();
        assert!(matches!(closed.len(), 0 | 2), "a part of a group is registered when the registry is closed");
        let refused = writer.join().expect("no panic");
        assert_eq!(closed.len() + refused, 2);
        // SAFETY: nothing is lent.
        unsafe { snapshot.clear() };
        drop(closed);
        assert_eq!(shared.get(), 2, "released once each");
    });
}

/// Counts its drops where loom sees them, with no ordering of its own, unless it was taken apart.
struct Release(Option<Arc<AtomicU32>>);

impl Drop for Release {
    fn drop(&mut self) {
        if let Some(released) = &self.0 {
            released.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a writer replaces while the registry is closed is given back before the close is told that all is; so is what the
/// writer registers, unless that was refused.
#[test]
fn a_replacement_against_the_close() {
    model(|| {
        let registry = Arc::new(Registry::new());
        let released = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let [first, second] = released.each_ref().map(|released| Release(Some(Arc::clone(released))));
        assert!(registry.register("function", first).is_ok_and(|replaced| replaced.is_none()));
        let writer = {
            let registry = Arc::clone(&registry);
            thread::spawn(move || match registry.register("function", second) {
                Ok(replaced) => {
                    drop(replaced);
                    1
                }
                // It stays the host's.
                Err(mut refused) => {
                    drop(refused.0.take());
                    0
                }
            })
        };
        drop(registry.close());
        let is_over = registry.await_given_back(Instant::now());
        let given_back = released[0].load(Ordering::Relaxed);
        let accepted = writer.join().expect("no panic");
        assert!(!is_over || given_back == 1, "told that all is given back, and it was not");
        assert!(!registry.contains("function"), "registered after the close");
        assert!(registry.await_given_back(Instant::now()));
        assert_eq!(released.map(|released| released.load(Ordering::Relaxed)), [1, accepted]);
    });
}
