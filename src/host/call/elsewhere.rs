//! A call that is awaited on another thread than the FFI thread: its way there and back.

use super::answer::Outcome;
use super::{Call, Patience, State, timer_at};
use crate::context::local::Local;
use crate::host::{FromHost, Host, HostFnRef, ToHost};
use crate::inflight::Ticket;
use crate::registry::Name;
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What a call has of the FFI thread's, when it is not there.
pub(super) enum Stray<T, E> {
    New,
    Crowded,
    Open(Ticket<Outcome<T, E>>, Option<Instant>),
}

impl<T, E> Stray<T, E> {
    /// Gives it back: nobody awaits the call any more.
    pub(super) fn take_leave(self, local: &Local) {
        match self {
            Self::New => {}
            Self::Crowded => local.room.leave(),
            Self::Open(ticket, _) => local.cancel_call(ticket),
        }
    }
}

/// A call on its way to the FFI thread.
pub(super) struct Errand<A, T, E> {
    pub(super) host: Host,
    pub(super) name: String,
    pub(super) id: Option<u32>,
    /// None if the call was made already.
    pub(super) args: Option<A>,
    pub(super) deadline: Option<Duration>,
    pub(super) patience: Patience,
    pub(super) stray: Stray<T, E>,
    pub(super) sender: oneshot::Sender<Outcome<T, E>>,
}

impl<A: ToHost + 'static, T: FromHost, E: FromHost> Errand<A, T, E> {
    /// Goes on with the call in a task of its own, until it settles or nobody awaits it any more.
    pub(super) fn run(self, local: &Local) {
        let state = match self.stray {
            Stray::New => State::New,
            Stray::Crowded => {
                local.room.leave();
                State::New
            }
            Stray::Open(ticket, at) => State::Open { ticket, deadline: timer_at(at) },
        };
        let mut sender = self.sender;
        tokio::task::spawn_local(async move {
            let call = Call {
                host: self.host,
                function: HostFnRef(Name { text: &self.name, id: self.id }),
                args: self.args,
                deadline: self.deadline,
                patience: self.patience,
                started: None,
                state,
            };
            let outcome = match select(call, pin!(sender.closed())).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(_) => return,
            };
            // Nobody awaits it any more, if it comes back.
            let _ = sender.send(outcome);
        });
    }
}
