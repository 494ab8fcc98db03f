//! Sockets that a service manager passes: LISTEN_FDS, as systemd has it.

use crate::error::Error;
use ffihost_ipc::ListeningSocket;
use listenfd::ListenFd;

/// Takes the sockets that were passed to this process. No other thread may run: it also takes what says so out of the
/// environment, so that a child does not believe that it was meant.
pub(super) fn passed() -> Result<Vec<ListeningSocket>, Error> {
    let mut passed = ListenFd::from_env();
    (0..passed.len()).map(|index| take(&mut passed, index)).collect()
}

fn take(passed: &mut ListenFd, index: usize) -> Result<ListeningSocket, Error> {
    #[cfg(unix)]
    if let Ok(Some(socket)) = passed.take_unix_listener(index) {
        return Ok(socket.into());
    }
    match passed.take_tcp_listener(index) {
        Ok(Some(socket)) => Ok(socket.into()),
        Ok(None) => unreachable!("each is taken once"),
        Err(error) => Err(Error::Passed { index, error }),
    }
}
