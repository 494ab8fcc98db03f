//! Telling the host that a request still runs.

use crate::context::local::Local;
use crate::context::requests::Key;
use crate::status::Status;
use futures::future::LocalBoxFuture;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

/// The author wants hosts to be told every `interval` that a request still runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Warn {
    pub(super) interval: Duration,
    /// [`with_warnings`], which is not linked into a library that names it nowhere.
    pub(super) around: fn(Rc<Local>, Key, Duration, LocalBoxFuture<'static, ()>) -> LocalBoxFuture<'static, ()>,
}

impl Warn {
    pub(crate) const fn every(interval: Duration) -> Self {
        Self { interval, around: |local, key, interval, work| Box::pin(with_warnings(local, key, interval, work)) }
    }
}

impl PartialEq for Warn {
    fn eq(&self, other: &Self) -> bool {
        self.interval == other.interval
    }
}

impl Eq for Warn {}

/// Tells the callback of a request every `interval` that it still runs.
async fn with_warnings(local: Rc<Local>, key: Key, interval: Duration, mut work: LocalBoxFuture<'static, ()>) {
    let start = Instant::now();
    let mut warning = pin!(tokio::time::sleep(interval));
    poll_fn(|cx| {
        if work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        while warning.as_mut().poll(cx).is_ready() {
            warn(&local, key, start);
            warning.set(tokio::time::sleep(interval));
        }
        Poll::Pending
    })
    .await;
}

/// Tells a request's callback that it still runs; then, if the context was abandoned meanwhile, how it ends.
fn warn(local: &Local, key: Key, start: Instant) {
    let requests = &local.instance.requests;
    let Some(callback) = requests.warn(key) else { return };
    callback.call(Status::StaleWarn, start.elapsed().as_millis().to_string().as_bytes());
    if let Some((callback, (status, text))) = requests.warned(key) {
        callback.call(status, text.as_bytes());
        requests.delivered();
    }
}
