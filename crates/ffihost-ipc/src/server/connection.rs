//! One connection: the task that has its socket.

use super::Shared;
use super::routes::Candidate;
use crate::link::Link;
use crate::service::{Listener, Refusal, Reply};
use crate::session::Action;
use crate::wire::Input;
use ffihost_schema::Status;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::sleep_until;

pub(super) struct Connection {
    link: Arc<Link>,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
    input: Input,
    sending: Sending,
    /// When requests that still run are cancelled, and when the connection ends whatever its client does.
    ends: Option<(Instant, Instant)>,
}

/// What was taken out of the session to be sent.
#[derive(Default)]
struct Sending {
    bytes: Vec<u8>,
    sent: usize,
}

impl Sending {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    fn is_done(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Exchanges what is sent for what is to be sent, and keeps the memory of one that is small.
    fn refill(&mut self, output: &mut Vec<u8>) {
        self.sent = 0;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        std::mem::swap(&mut self.bytes, output);
    }
}

/// A connection that is quiet keeps at most so many bytes for what it sends and reads.
const KEPT: usize = 64 << 10;

/// Read at once, at most.
const CHUNK: usize = 16 << 10;

/// What woke the task.
enum Woken {
    Read(io::Result<usize>),
    Sent(io::Result<usize>),
    Told,
    Time,
    Stop,
}

impl Connection {
    pub(super) fn new(link: Arc<Link>, shared: Arc<Shared>, stop: watch::Receiver<bool>) -> Self {
        let input = Input::of_server(shared.limits.frame);
        Self { link, shared, stop, input, sending: Sending::default(), ends: None }
    }

    /// Serves until the connection ends.
    pub(super) async fn run<R, W>(mut self, (mut read, mut write): (R, W))
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        // Dropped when the task is: also when it is aborted, nothing stays open.
        let _end = End { link: Arc::clone(&self.link), shared: Arc::clone(&self.shared) };
        loop {
            self.take_input();
            let (over, wants_input, deadline) = self.prepare();
            if over && self.sending.is_done() {
                let _the_client_is_gone = write.shutdown().await;
                return;
            }
            match self.wait(&mut read, &mut write, wants_input, deadline).await {
                Woken::Read(Ok(0)) => self.link.with(|session| session.end_of_input()),
                Woken::Read(Ok(_)) | Woken::Told => {}
                Woken::Sent(Ok(count @ 1..)) => {
                    self.sending.sent += count;
                    self.link.with(|session| session.sent(true, true, Instant::now()));
                }
                Woken::Read(Err(_)) | Woken::Sent(Ok(0) | Err(_)) => return,
                Woken::Time if self.on_time() => return,
                Woken::Time => {}
                Woken::Stop => self.shut_down(),
            }
        }
    }

    async fn wait<R, W>(&mut self, read: &mut R, write: &mut W, wants_input: bool, deadline: Option<Instant>) -> Woken
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let time = async {
            match deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let buffer = self.input.buffer();
        if wants_input {
            buffer.reserve(CHUNK);
        }
        tokio::select! {
            biased;
            sent = write.write(self.sending.rest()), if !self.sending.is_done() => Woken::Sent(sent),
            come = read.read_buf(buffer), if wants_input => Woken::Read(come),
            () = self.link.told() => Woken::Told,
            () = time => Woken::Time,
            () = super::told_to_stop(&mut self.stop), if self.ends.is_none() => Woken::Stop,
        }
    }

    /// Does what has come, as far as the session wants it.
    fn take_input(&mut self) {
        let now = Instant::now();
        loop {
            if !self.link.with(|session| session.wants_input()) {
                self.link.with(|session| session.partial(false, now));
                return;
            }
            let action = match self.input.next_unit() {
                Ok(Some(unit)) => self.link.with(|session| session.receive(unit, now)),
                Ok(None) => break,
                Err(broken) => {
                    tracing::debug!(%broken, "a client sent what cannot be read");
                    return self.link.with(|session| session.broken(broken));
                }
            };
            perform(&self.link, &self.shared, action);
        }
        let partial = self.input.is_partial();
        self.link.with(|session| session.partial(partial, now));
    }

    /// Takes what is to be sent. Whether all is over, whether to read, and when to look at the time.
    fn prepare(&mut self) -> (bool, bool, Option<Instant>) {
        let now = Instant::now();
        self.link.with(|session| {
            if self.sending.is_done() {
                self.sending.refill(session.output());
                session.sent(!self.sending.is_done(), false, now);
            }
            let ends = self.ends.map(|(grace, end)| if now < grace { grace } else { end });
            let deadline = session.deadline().into_iter().chain(ends).min();
            (session.is_over(), session.wants_input(), deadline)
        })
    }

    fn shut_down(&mut self) {
        let grace = Instant::now() + self.shared.limits.grace;
        self.ends = Some((grace, grace + super::LINGER));
        self.link.with(|session| session.shut_down());
    }

    /// Does what the time has come for; true if that is the end.
    fn on_time(&mut self) -> bool {
        let now = Instant::now();
        let mut unwanted = self.link.with(|session| session.on_time(now));
        if self.ends.is_some_and(|(grace, _)| grace <= now) {
            unwanted.extend(self.link.with(|session| session.in_flight()));
        }
        for ticket in unwanted {
            self.shared.service.cancel(ticket);
        }
        self.ends.is_some_and(|(_, end)| end <= now) || self.link.with(|session| session.has_given_up())
    }
}

/// Does what a client asks for. No lock is held.
fn perform(link: &Arc<Link>, shared: &Shared, action: Action<'_>) {
    let service = &*shared.service;
    match action {
        Action::None => {}
        Action::Start { key, method, payload } => {
            let ticket = service.request(method, payload, Reply::new(link, key));
            if link.with(|session| session.started(key, ticket)) {
                service.cancel(ticket);
            }
        }
        Action::Cancel(ticket) => service.cancel(ticket),
        Action::Listen { id, event } => {
            let listener = Listener { link: Arc::clone(link), id };
            opened(link, shared, id, service.listen(event, listener));
        }
        Action::Unlisten { id, ticket } => {
            service.unlisten(ticket);
            link.with(|session| session.closed(id));
        }
        Action::Register { id, name, max_in_flight, deadline } => {
            let candidate = Candidate { link: Arc::clone(link), id, max_in_flight, deadline };
            opened(link, shared, id, shared.routes.add(service, name, candidate).map(|()| 0));
        }
        Action::Unregister { id, calls } => {
            for call in calls {
                let _settled_otherwise =
                    service.complete(call, Status::Cancelled.code(), b"the client took its registration back");
            }
            shared.routes.remove(service, link, id);
            link.with(|session| session.closed(id));
        }
        Action::Complete { call, ret, payload } => {
            if let Err(status) = service.complete(call, ret, payload) {
                link.with(|session| session.call_refused(call, status));
            }
        }
        Action::Goodbye => {
            for action in link.with(|session| session.end_subscriptions()) {
                perform(link, shared, action);
            }
        }
    }
}

fn opened(link: &Arc<Link>, shared: &Shared, id: u64, opened: Result<u64, Refusal>) {
    match opened {
        Ok(ticket) => {
            let unwanted = link.with(|session| session.opened(id, ticket));
            perform(link, shared, unwanted);
        }
        Err(refusal) => link.with(|session| session.refused(id, refusal.status, &refusal.text)),
    }
}

/// Ends everything that a connection left open.
struct End {
    link: Arc<Link>,
    shared: Arc<Shared>,
}

impl Drop for End {
    fn drop(&mut self) {
        let service = &*self.shared.service;
        let left = self.link.with(|session| session.end());
        // Calls before registrations, so that they fail because of the connection.
        for call in left.calls {
            let _settled_otherwise = service.complete(call, Status::Disconnected.code(), b"the connection has ended");
        }
        for id in left.registrations {
            self.shared.routes.remove(service, &self.link, id);
        }
        for ticket in left.listeners {
            service.unlisten(ticket);
        }
        for ticket in left.requests {
            service.cancel(ticket);
        }
    }
}
