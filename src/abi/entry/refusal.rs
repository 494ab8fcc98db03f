//! The answer to arguments that do not decode.

use super::super::library::Reply;
use crate::Format;
use crate::context::jobs::Job;
use crate::context::lifecycle::Told;
use crate::context::local::Local;
use crate::context::requests::Key;
use crate::error::DecodeError;
use crate::status::Status;
use std::rc::Rc;
use std::task::Context;

/// Why arguments do not decode, as a request's outcome.
#[derive(Debug)]
pub struct Refusal(DecodeError);

impl Refusal {
    /// A pointer that must not be NULL refuses the request; every other error is worth a text.
    #[inline(always)]
    pub(super) fn sort<A>(read: Result<A, DecodeError>) -> Result<Result<A, Self>, Status> {
        match read {
            Err(error) if error.status() == Status::InvalidArgument => Err(Status::InvalidArgument),
            read => Ok(read.map_err(Self)),
        }
    }
}

impl Refusal {
    /// The status that it is, and its text.
    pub(super) fn said(&self) -> (Status, String) {
        (self.0.status(), self.0.to_string())
    }
}

/// It is told in its turn, as every other end of a request is.
impl Job for Refusal {
    fn start(self, local: &Rc<Local>, key: Key, _: &mut Context<'_>) {
        self.tell(&mut |status, payload| local.end_request(key, status, payload));
    }
}

impl Reply for Refusal {
    fn reply(&self, _: Format, take: &mut dyn FnMut(Status, &[u8])) {
        self.tell(take);
    }
}

impl Told for Refusal {
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8])) {
        take(self.0.status(), self.0.to_string().as_bytes());
    }
}
