//! Calls of host functions, at the end that answers them.

use super::CANCELLED;
use super::connection::Shared;
use crate::contain::discard;
use ffihost_schema::Status;
use std::sync::Arc;
use tokio::sync::watch;

/// A call of the library, to be answered once. Dropped unanswered, it is answered with CANCELLED.
#[derive(Debug)]
pub struct Call {
    shared: Arc<Shared>,
    connection: u64,
    call: u64,
    payload: Vec<u8>,
    wanted: watch::Receiver<bool>,
    answered: bool,
}

impl Call {
    pub(super) fn new(
        shared: Arc<Shared>,
        connection: u64,
        call: u64,
        payload: Vec<u8>,
        wanted: watch::Receiver<bool>,
    ) -> Self {
        Self { shared, connection, call, payload, wanted, answered: false }
    }

    /// The number of the connection that delivered it.
    #[cfg(feature = "typed")]
    pub(crate) fn connection(&self) -> u64 {
        self.connection
    }

    /// The arguments: a map in CBOR.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Answers with the result, in CBOR.
    pub fn succeed(self, result: &[u8]) {
        self.answer(Status::Ok.code(), result);
    }

    /// Answers with the error that the function declares, in CBOR.
    pub fn reject(self, declared: &[u8]) {
        self.answer(Status::Err.code(), declared);
    }

    /// Answers with another failure: a status other than 0 and 1, and a text for people.
    pub fn fail(self, ret: i32, text: &str) {
        self.answer(ret, text.as_bytes());
    }

    fn answer(mut self, ret: i32, payload: &[u8]) {
        self.answered = true;
        self.shared.update(|session| session.complete(self.call, &self.wanted, ret, payload));
    }

    /// Waits until the call is cancelled: by its deadline, by the library, or by the end of the connection.
    pub async fn cancelled(&mut self) {
        let _the_connection_is_gone = self.wanted.wait_for(|wanted| !wanted).await;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.answered {
            let text = b"the host function dropped the call";
            let ret = Status::Cancelled.code();
            self.shared.update(|session| session.complete(self.call, &self.wanted, ret, text));
        }
    }
}

/// A registered host function. Dropping this takes the registration back.
#[derive(Debug)]
pub struct Registration {
    shared: Arc<Shared>,
    id: u64,
}

impl Registration {
    pub(super) fn new(shared: Arc<Shared>, id: u64) -> Self {
        Self { shared, id }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        discard(CANCELLED, self.shared.update(|session| session.cancel(self.id)));
    }
}
