//! How it is, for a service manager: NOTIFY_SOCKET, as systemd has it. Without one nobody is told.

/// Clients can connect.
#[cfg(unix)]
pub(super) fn is_ready() {
    tell(sd_notify::NotifyState::Ready);
}

/// Nothing more is accepted.
#[cfg(unix)]
pub(super) fn is_stopping() {
    tell(sd_notify::NotifyState::Stopping);
}

#[cfg(unix)]
fn tell(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager was not told");
    }
}

#[cfg(not(unix))]
pub(super) fn is_ready() {}

#[cfg(not(unix))]
pub(super) fn is_stopping() {}
