//! What holds for what calls back: on which thread, how often, until when, and which statuses refuse it instead. It is data:
//! a language turns each value into a sentence of its own.

use super::items::{Form, Owner};
use ffihost_schema::{Field, Status};

/// What holds for a callback, a host function or a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) thread: Thread,
    pub(crate) times: Times,
    /// Until when what it is passed lives.
    pub(crate) lifetime: Lifetime,
    /// Whether one side can be told that the other wants no outcome any longer.
    pub(crate) is_cancellable: bool,
    /// What is returned instead, when it will not be called.
    pub(crate) refusals: Vec<Status>,
}

/// Where it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thread {
    /// The library's own, on which its asynchronous code runs: it must not be held up.
    Ffi,
    /// The library's own for events, where a slow listener delays nothing else.
    Event,
    /// The caller's, before its call returns.
    Caller,
}

/// How often it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// Once for each call that was accepted.
    Once,
    /// Once for each event, until the listener is removed.
    EachEvent,
    /// Once for each host call, each of which is to be answered once.
    EachCall(Answer),
}

/// When a host call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Now or later, from any thread.
    AnyTime,
    /// Before the host function returns: the library does not wait.
    BeforeItReturns,
}

/// Until when what is passed lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until what it is passed to returns.
    Call,
    /// Nothing is passed.
    Nothing,
}

impl Contract {
    /// Of the callback of the constructor.
    pub(crate) fn of_constructor() -> Self {
        Self {
            thread: Thread::Ffi,
            times: Times::Once,
            lifetime: Lifetime::Call,
            is_cancellable: false,
            refusals: vec![Status::MissingCallback, Status::InvalidArgument, Status::TooLarge, Status::Busy],
        }
    }

    /// Of the callback of a request; of the request itself, if it is direct.
    pub(crate) fn of_request(form: Form, owner: &Owner<'_>) -> Self {
        let mut refusals = vec![Status::InvalidArgument];
        if form != Form::Direct {
            refusals.insert(0, Status::MissingCallback);
        }
        if owner.needs_context() {
            refusals.extend([Status::InvalidCtx, Status::Closing]);
        }
        refusals.push(Status::Busy);
        let is_asynchronous = form == Form::Asynchronous;
        Self {
            thread: if is_asynchronous { Thread::Ffi } else { Thread::Caller },
            times: Times::Once,
            lifetime: Lifetime::Call,
            is_cancellable: is_asynchronous && owner.needs_context(),
            refusals,
        }
    }

    /// Of a host function.
    pub(crate) fn of_host_fn(form: Form, params: &[Field]) -> Self {
        let is_asynchronous = form == Form::Asynchronous;
        let answer = if is_asynchronous { Answer::AnyTime } else { Answer::BeforeItReturns };
        Self {
            thread: Thread::Ffi,
            times: Times::EachCall(answer),
            lifetime: lifetime(params),
            is_cancellable: is_asynchronous,
            refusals: vec![Status::InvalidCtx, Status::InvalidArgument, Status::Closing, Status::NotRegistered],
        }
    }

    /// Of the listener to an event.
    pub(crate) fn of_event(params: &[Field]) -> Self {
        Self {
            thread: Thread::Event,
            times: Times::EachEvent,
            lifetime: lifetime(params),
            is_cancellable: false,
            refusals: vec![Status::InvalidCtx, Status::InvalidArgument, Status::Closing],
        }
    }
}

fn lifetime(params: &[Field]) -> Lifetime {
    if params.is_empty() { Lifetime::Nothing } else { Lifetime::Call }
}
