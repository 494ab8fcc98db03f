//! Host functions that a client implements together.

use crate::client::{Registration, RequestError};

/// The registered functions of a group. Dropping this takes all of them back.
#[derive(Debug, Default)]
pub struct Registrations(Vec<Registration>);

/// A function of a group that could not be registered. Those that were registered before it are taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host function `{host_fn}` is not registered: {source}")]
pub struct GroupError {
    /// The name of the function, as the library calls it.
    pub host_fn: &'static str,
    /// Why the server or the library refused it.
    pub source: RequestError,
}

impl Registrations {
    /// Waits until a function is registered, and keeps its registration.
    ///
    /// # Errors
    ///
    /// As with [`Client::register`](crate::Client::register), with the function's name.
    pub async fn add(
        &mut self,
        host_fn: &'static str,
        registration: impl Future<Output = Result<Registration, RequestError>>,
    ) -> Result<(), GroupError> {
        let registration = registration.await.map_err(|source| GroupError { host_fn, source })?;
        self.0.push(registration);
        Ok(())
    }
}
