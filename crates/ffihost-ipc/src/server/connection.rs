//! One connection: the task that has its socket.

use super::routes::Candidate;
use super::{Shared, Stage};
use crate::ServerTls;
use crate::link::Link;
use crate::metrics::Count;
use crate::sending::Sending;
use crate::service::{Borrower, Listener, Refusal, Reply, Service};
use crate::session::Action;
use crate::wire::Input;
use ffihost_schema::Status;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep_until;

pub(super) struct Connection {
    link: Arc<Link>,
    shared: Arc<Shared>,
    stop: watch::Receiver<Stage>,
    input: Input,
    sending: Sending,
    /// When requests that still run are cancelled, and when the connection ends whatever its client does.
    ends: Option<(Instant, Instant)>,
}

/// Read at once, at most.
const CHUNK: usize = 16 << 10;

/// What the session wants, beside sending what is to be sent.
struct Wants {
    /// It is over.
    nothing: bool,
    input: bool,
    /// When to look at the time.
    deadline: Option<Instant>,
}

/// What woke the task.
enum Woken {
    Read(io::Result<usize>),
    Sent(io::Result<usize>),
    Told,
    Time,
    Stop,
}

impl Connection {
    pub(super) fn new(link: Arc<Link>, shared: Arc<Shared>, stop: watch::Receiver<Stage>) -> Self {
        let input = Input::of_server(shared.limits.frame);
        Self { link, shared, stop, input, sending: Sending::default(), ends: None }
    }

    /// Serves over TLS: the handshake has as much time as a greeting.
    pub(super) async fn run_private(mut self, tls: &ServerTls, stream: TcpStream) {
        let time = self.shared.limits.frame_time;
        tokio::select! {
            () = super::reached(&mut self.stop, Stage::Stopping) => {}
            private = tokio::time::timeout(time, tls.0.accept(stream)) => match private {
                Ok(Ok(stream)) => self.run(tokio::io::split(stream)).await,
                Ok(Err(error)) => tracing::debug!(peer = ?self.link.peer, %error, "no TLS"),
                Err(_) => tracing::debug!(peer = ?self.link.peer, "TLS took too long"),
            },
        }
    }

    /// Serves until the connection ends.
    pub(super) async fn run<R, W>(mut self, (mut read, mut write): (R, W))
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        // Dropped when the task is: also when it is aborted, nothing stays open.
        let end = End { link: Arc::clone(&self.link), shared: Arc::clone(&self.shared) };
        loop {
            self.take_input();
            let wants = self.prepare();
            if wants.nothing && self.sending.is_away() {
                drop(end);
                return farewell(read, write).await;
            }
            match self.wait(&mut read, &mut write, &wants).await {
                Woken::Read(Ok(0)) => self.link.with(|session| session.end_of_input()),
                Woken::Read(Ok(count)) => self.shared.metrics.add(Count::BytesIn, count),
                Woken::Told => {}
                Woken::Sent(Ok(count)) => {
                    self.shared.metrics.add(Count::BytesOut, count);
                    self.link.with(|session| session.sent(true, true, Instant::now()));
                }
                Woken::Read(Err(_)) | Woken::Sent(Err(_)) => return,
                Woken::Time if self.on_time() => return,
                Woken::Time => {}
                Woken::Stop if self.ends.is_none() => self.shut_down(),
                Woken::Stop => self.finish(),
            }
        }
    }

    async fn wait<R, W>(&mut self, read: &mut R, write: &mut W, wants: &Wants) -> Woken
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let time = async {
            match wants.deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let next = if self.ends.is_none() { Stage::Stopping } else { Stage::Finished };
        let buffer = self.input.buffer();
        if wants.input {
            buffer.reserve(CHUNK);
        }
        tokio::select! {
            biased;
            sent = self.sending.send(write), if !self.sending.is_away() => Woken::Sent(sent),
            come = read.read_buf(buffer), if wants.input => Woken::Read(come),
            () = self.link.told() => Woken::Told,
            () = time => Woken::Time,
            () = super::reached(&mut self.stop, next), if !wants.nothing => Woken::Stop,
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

    /// Takes what is to be sent, and says what to wait for.
    fn prepare(&mut self) -> Wants {
        let now = Instant::now();
        self.link.with(|session| {
            self.sending.refill(session.output());
            session.sent(!self.sending.is_away(), false, now);
            let ends = self.ends.map(|(grace, end)| if now < grace { grace } else { end });
            let deadline = session.deadline().into_iter().chain(ends).min();
            Wants { nothing: session.is_over(), input: session.wants_input(), deadline }
        })
    }

    fn shut_down(&mut self) {
        let grace = Instant::now() + self.shared.limits.grace;
        self.ends = Some((grace, grace + super::LINGER));
        self.link.with(|session| session.shut_down());
    }

    fn finish(&mut self) {
        let now = Instant::now();
        self.ends = Some((now, now + super::LINGER));
        self.link.with(|session| session.finish());
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
    let service = &shared.service;
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
            let candidate = Candidate { link: Arc::clone(link), id, max_in_flight, deadline, ticket: 0 };
            opened(link, shared, id, shared.routes.add(service, name, candidate).map(|()| 0));
        }
        Action::Unregister { id, calls } => {
            for call in calls {
                let text = b"the client took its registration back";
                let _settled_otherwise = service.complete(call, Status::Cancelled.code(), text, Borrower(link));
            }
            shared.routes.remove(service, link, id);
            link.with(|session| session.closed(id));
        }
        Action::Complete { call, ret, payload } => match service.complete(call, ret, payload, Borrower(link)) {
            Ok(()) => shared.metrics.count(Count::CallCompleted),
            Err(status) => link.with(|session| session.call_refused(call, status)),
        },
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

/// Closes in a way that lets the client read the last that was sent: a socket that is closed with something unread in it
/// takes back what was not read at the other end.
async fn farewell<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(mut read: R, mut write: W) {
    let farewell = async {
        write.shutdown().await?;
        let mut unread = [0; 4096];
        while read.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    let _the_client_is_gone = tokio::time::timeout(super::LINGER, farewell).await;
}

/// Ends everything that a connection left open.
struct End {
    link: Arc<Link>,
    shared: Arc<Shared>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.shared.metrics.count(Count::ConnectionEnded);
        let service = &self.shared.service;
        let left = self.link.with(|session| session.end());
        // Calls before registrations, so that they fail because of the connection.
        for call in left.calls {
            let text = b"the connection has ended";
            let _settled_otherwise = service.complete(call, Status::Disconnected.code(), text, Borrower(&self.link));
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
        for (lent, times) in left.handles {
            (0..times).for_each(|_| service.release(lent));
        }
    }
}
