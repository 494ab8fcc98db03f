//! Whom it is compared with: each with a server on a thread of its own.

pub(crate) mod tarpc_peer;
pub(crate) mod tonic_peer;

use crate::pipelined::runtime;
use std::future::Future;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// A server, until this is dropped.
struct Serving {
    path: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Serving {
    /// Binds, which `serve` does at once, and serves.
    fn start<F: Future<Output = ()>>(serve: impl FnOnce(tokio::net::UnixListener) -> F + Send + 'static) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("bench.sock");
        let (stop, stopped) = oneshot::channel();
        let (listening, listens) = mpsc::channel();
        let at = path.clone();
        let thread = thread::spawn(move || {
            runtime().block_on(async {
                let listener = tokio::net::UnixListener::bind(at).expect("the folder is ours");
                listening.send(()).expect("somebody waits");
                tokio::select! {
                    () = serve(listener) => panic!("it serves until it is stopped"),
                    _ = stopped => {}
                }
            });
        });
        listens.recv().expect("it listens");
        Self { path, stop: Some(stop), thread: Some(thread), _folder: folder }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().map(JoinHandle::join).expect("it is joined once").expect("it does not panic");
    }
}
