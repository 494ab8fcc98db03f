//! A session between the task that has the socket and the threads that have its answers.

use crate::Peer;
use crate::session::Session;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// A session under a lock, and how its task is told that there is something to do.
///
/// The task is told after the lock is released, and only if there was nothing to send before: whoever finds something there
/// knows that the task was told already and has not taken it yet.
#[derive(Debug)]
pub(crate) struct SharedSession {
    session: Mutex<Session>,
    wake: Notify,
    pub(crate) peer: Peer,
}

impl SharedSession {
    pub(crate) fn new(session: Session, peer: Peer) -> Self {
        Self { session: Mutex::new(session), wake: Notify::new(), peer }
    }

    /// For the task itself.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&mut Session) -> T) -> T {
        body(&mut self.session.lock())
    }

    /// For everybody else: the task learns of it.
    pub(crate) fn update<T>(&self, body: impl FnOnce(&mut Session) -> T) -> T {
        let mut session = self.session.lock();
        let told = !session.output().is_empty();
        let result = body(&mut session);
        let news = !session.output().is_empty() || session.is_over();
        drop(session);
        if news && !told {
            self.wake.notify_one();
        }
        result
    }

    /// Until somebody told.
    pub(crate) async fn notified(&self) {
        self.wake.notified().await;
    }
}
