//! A session that its connection's task and the threads that answer share.

use crate::Peer;
use crate::session::Session;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// A session under a lock, and the notification of its task.
///
/// The task is notified after the lock is released, and only if there was no output before: if there was, the task was notified
/// already and has not taken it yet.
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

    /// Changes the session from its own task, without a notification.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&mut Session) -> T) -> T {
        body(&mut self.session.lock())
    }

    /// Changes the session from any other thread, and notifies the task if it has something to do.
    pub(crate) fn update<T>(&self, body: impl FnOnce(&mut Session) -> T) -> T {
        let mut session = self.session.lock();
        let was_notified = !session.output().is_empty();
        let result = body(&mut session);
        let has_news = !session.output().is_empty() || session.is_over();
        drop(session);
        if has_news && !was_notified {
            self.wake.notify_one();
        }
        result
    }

    /// Waits for a notification.
    pub(crate) async fn notified(&self) {
        self.wake.notified().await;
    }
}
