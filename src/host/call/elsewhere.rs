//! A call that is awaited on another thread than the FFI thread: its way there and back.

use super::answer::Outcome;
use super::{Call, Patience, State, timer_at};
use crate::Format;
use crate::context::local::Local;
use crate::host::{FromHost, Host, HostFnRef, ToHost};
use crate::inflight::Ticket;
use crate::registry::Name;
use futures::future::{Either, select};
use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What the FFI thread sends back.
pub(super) enum Delivery<T, E> {
    Settled(Outcome<T, E>),
    /// The function is registered with the other format: encode the arguments in this one, and send again.
    Encode(Format),
}

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

/// Arguments in one format, as bytes.
pub(super) struct Encoded {
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
    /// The other format, if that was asked for.
    pub(super) wanted: Cell<Option<Format>>,
}

impl ToHost for &Encoded {
    fn to_host(&self, format: Format, take: &mut dyn FnMut(&[u8])) {
        if format == self.format {
            take(&self.bytes);
        } else {
            self.wanted.set(Some(format));
        }
    }
}

/// A call on its way to the FFI thread.
pub(super) struct Errand<T, E> {
    pub(super) host: Host,
    pub(super) name: String,
    pub(super) id: Option<u32>,
    pub(super) args: Encoded,
    pub(super) deadline: Option<Duration>,
    pub(super) patience: Patience,
    pub(super) stray: Stray<T, E>,
    pub(super) sender: oneshot::Sender<Delivery<T, E>>,
}

impl<T: FromHost, E: FromHost> Errand<T, E> {
    /// Goes on with the call in a task of its own, until it settles or nobody awaits it any more.
    pub(super) fn run(mut self, local: &Local) {
        let state = match std::mem::replace(&mut self.stray, Stray::New) {
            Stray::New => State::New,
            Stray::Crowded => {
                local.room.leave();
                State::New
            }
            Stray::Open(ticket, at) => State::Open { ticket, deadline: timer_at(at) },
        };
        tokio::task::spawn_local(async move {
            if let Some(delivery) = self.delivery(state).await {
                // Nobody awaits it any more, if it comes back.
                let _ = self.sender.send(delivery);
            }
        });
    }

    /// What to send back; nothing if the other side has gone.
    async fn delivery(&mut self, state: State<T, E>) -> Option<Delivery<T, E>> {
        let function = HostFnRef(Name { text: &self.name, id: self.id });
        let call = Call {
            host: self.host,
            function,
            args: Some(&self.args),
            deadline: self.deadline,
            patience: self.patience,
            started: None,
            state,
        };
        let Either::Left((outcome, _)) = select(call, pin!(self.sender.closed())).await else { return None };
        Some(match self.args.wanted.take() {
            Some(format) => Delivery::Encode(format),
            None => Delivery::Settled(outcome),
        })
    }
}
