//! One connection: the task that reads and writes its socket.

use super::providers::Provider;
use super::{Phase, Shared};
use crate::ServerTls;
use crate::metrics::Count;
use crate::service::{ClientHandles, Listener, Refusal, Reply, Service};
use crate::session::Action;
use crate::shared_session::SharedSession;
use crate::wire::FrameDecoder;
use crate::write_buffer::WriteBuffer;
use ffihost_schema::Status;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep_until;

pub(super) struct Connection {
    session: Arc<SharedSession>,
    shared: Arc<Shared>,
    stop: watch::Receiver<Phase>,
    decoder: FrameDecoder,
    write_buffer: WriteBuffer,
    /// In a shutdown: when running requests are cancelled, and when the connection ends whatever its client does.
    ends: Option<(Instant, Instant)>,
}

/// The most bytes that are read at once.
const CHUNK: usize = 16 << 10;

/// What the task waits for, beside sending the output.
struct Interest {
    /// Nothing more will happen.
    is_over: bool,
    input: bool,
    /// The next timeout.
    deadline: Option<Instant>,
}

/// What woke the task.
enum Woken {
    Read(io::Result<usize>),
    Sent(io::Result<usize>),
    Notified,
    Time,
    Stop,
}

impl Connection {
    pub(super) fn new(session: Arc<SharedSession>, shared: Arc<Shared>, stop: watch::Receiver<Phase>) -> Self {
        let decoder = FrameDecoder::for_server(shared.limits.frame);
        Self { session, shared, stop, decoder, write_buffer: WriteBuffer::default(), ends: None }
    }

    /// Serves over TLS. The TLS handshake has the same timeout as the session's.
    pub(super) async fn run_private(mut self, tls: &ServerTls, stream: TcpStream) {
        let time = self.shared.limits.frame_time;
        tokio::select! {
            () = super::reached(&mut self.stop, Phase::Stopping) => {}
            private = tokio::time::timeout(time, tls.accept(stream)) => match private {
                Ok(Ok(stream)) => self.run(tokio::io::split(stream)).await,
                Ok(Err(error)) => tracing::debug!(peer = ?self.session.peer, %error, "no TLS"),
                Err(_) => tracing::debug!(peer = ?self.session.peer, "TLS took too long"),
            },
        }
    }

    /// Serves until the connection ends.
    pub(super) async fn run<R, W>(mut self, (mut read, mut write): (R, W))
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        // Dropped with the task, so that an aborted one leaves nothing open either.
        let end = End { session: Arc::clone(&self.session), shared: Arc::clone(&self.shared) };
        loop {
            self.take_input();
            let interest = self.prepare();
            if interest.is_over && self.write_buffer.is_flushed() {
                drop(end);
                return farewell(read, write).await;
            }
            match self.wait(&mut read, &mut write, &interest).await {
                Woken::Read(Ok(0)) => self.session.with(|session| session.end_of_input()),
                Woken::Read(Ok(count)) => self.shared.metrics.add(Count::BytesIn, count),
                Woken::Notified => {}
                Woken::Sent(Ok(count)) => {
                    self.shared.metrics.add(Count::BytesOut, count);
                    self.session.with(|session| session.sent(true, true, Instant::now()));
                }
                Woken::Read(Err(_)) | Woken::Sent(Err(_)) => return,
                Woken::Time if self.handle_timeout() => return,
                Woken::Time => {}
                Woken::Stop if self.ends.is_none() => self.shut_down(),
                Woken::Stop => self.finish(),
            }
        }
    }

    async fn wait<R, W>(&mut self, read: &mut R, write: &mut W, interest: &Interest) -> Woken
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let time = async {
            match interest.deadline {
                Some(deadline) => sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        let next = if self.ends.is_none() { Phase::Stopping } else { Phase::Finished };
        let buffer = self.decoder.buffer();
        if interest.input {
            buffer.reserve(CHUNK);
        }
        tokio::select! {
            biased;
            sent = self.write_buffer.send(write), if !self.write_buffer.is_flushed() => Woken::Sent(sent),
            come = read.read_buf(buffer), if interest.input => Woken::Read(come),
            () = self.session.notified() => Woken::Notified,
            () = time => Woken::Time,
            () = super::reached(&mut self.stop, next), if !interest.is_over => Woken::Stop,
        }
    }

    /// Handles the messages that have arrived, as long as the session wants input.
    fn take_input(&mut self) {
        let now = Instant::now();
        loop {
            if !self.session.with(|session| session.wants_input()) {
                self.session.with(|session| session.partial(false, now));
                return;
            }
            let action = match self.decoder.next_message() {
                Ok(Some(message)) => self.session.with(|session| session.receive(message, now)),
                Ok(None) => break,
                Err(broken) => {
                    tracing::debug!(%broken, "a client sent what cannot be read");
                    return self.session.with(|session| session.fail_framing(broken));
                }
            };
            perform(&self.session, &self.shared, action);
        }
        let partial = self.decoder.is_partial();
        self.session.with(|session| session.partial(partial, now));
    }

    /// Takes the session's output, and returns what to wait for.
    fn prepare(&mut self) -> Interest {
        let now = Instant::now();
        self.session.with(|session| {
            self.write_buffer.refill(session.output());
            session.sent(!self.write_buffer.is_flushed(), false, now);
            let ends = self.ends.map(|(grace, end)| if now < grace { grace } else { end });
            let deadline = session.deadline().into_iter().chain(ends).min();
            Interest { is_over: session.is_over(), input: session.wants_input(), deadline }
        })
    }

    fn shut_down(&mut self) {
        let grace = Instant::now() + self.shared.limits.grace;
        self.ends = Some((grace, grace + super::LINGER));
        self.session.with(|session| session.shut_down());
    }

    fn finish(&mut self) {
        let now = Instant::now();
        self.ends = Some((now, now + super::LINGER));
        self.session.with(|session| session.finish());
    }

    /// Handles timeouts that have passed; true if the connection ends.
    fn handle_timeout(&mut self) -> bool {
        let now = Instant::now();
        let mut unwanted = self.session.with(|session| session.handle_timeout(now));
        if self.ends.is_some_and(|(grace, _)| grace <= now) {
            unwanted.extend(self.session.with(|session| session.in_flight()));
        }
        for ticket in unwanted {
            self.shared.service.cancel(ticket);
        }
        self.ends.is_some_and(|(_, end)| end <= now) || self.session.with(|session| session.has_given_up())
    }
}

/// Carries out what a client asks for. No lock is held.
fn perform(session: &Arc<SharedSession>, shared: &Shared, action: Action<'_>) {
    let service = &shared.service;
    match action {
        Action::None => {}
        Action::Start { key, method, payload } => {
            let ticket = service.request(method, payload, Reply::new(session, key));
            if session.with(|session| session.started(key, ticket)) {
                service.cancel(ticket);
            }
        }
        Action::Cancel(ticket) => service.cancel(ticket),
        Action::Listen { id, event } => {
            let listener = Listener { session: Arc::clone(session), id };
            opened(session, shared, id, service.listen(event, listener));
        }
        Action::Unlisten { id, ticket } => {
            service.unlisten(ticket);
            session.with(|session| session.closed(id));
        }
        Action::Register { id, name, max_in_flight, deadline } => {
            let provider = Provider { session: Arc::clone(session), id, max_in_flight, deadline, ticket: 0 };
            opened(session, shared, id, shared.providers.add(service, name, provider).map(|()| 0));
        }
        Action::Unregister { id, calls } => {
            for call in calls {
                let text = b"the client took its registration back";
                let _settled_otherwise = service.complete(call, Status::Cancelled.code(), text, ClientHandles(session));
            }
            shared.providers.remove(service, session, id);
            session.with(|session| session.closed(id));
        }
        Action::Complete { call, ret, payload } => match service.complete(call, ret, payload, ClientHandles(session)) {
            Ok(()) => shared.metrics.count(Count::CallCompleted),
            Err(status) => session.with(|session| session.call_refused(call, status)),
        },
        Action::Goodbye => {
            for action in session.with(|session| session.end_subscriptions()) {
                perform(session, shared, action);
            }
        }
    }
}

fn opened(session: &Arc<SharedSession>, shared: &Shared, id: u64, opened: Result<u64, Refusal>) {
    match opened {
        Ok(ticket) => {
            let unwanted = session.with(|session| session.opened(id, ticket));
            perform(session, shared, unwanted);
        }
        Err(refusal) => session.with(|session| session.refused(id, refusal.status, &refusal.text)),
    }
}

/// Closes so that the client can read the last output: closing a socket with unread input resets the connection, which
/// discards what the client has not read.
async fn farewell<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(mut read: R, mut write: W) {
    let farewell = async {
        write.shutdown().await?;
        let mut unread = [0; 4096];
        while read.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    let _the_client_is_gone = tokio::time::timeout(super::LINGER, farewell).await;
}

/// Ends everything that a connection has left open.
struct End {
    session: Arc<SharedSession>,
    shared: Arc<Shared>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.shared.metrics.count(Count::ConnectionEnded);
        let service = &self.shared.service;
        let left = self.session.with(|session| session.end());
        // Calls before registrations, so that they fail because of the connection.
        for call in left.calls {
            let text = b"the connection has ended";
            let _settled_otherwise =
                service.complete(call, Status::Disconnected.code(), text, ClientHandles(&self.session));
        }
        for id in left.registrations {
            self.shared.providers.remove(service, &self.session, id);
        }
        for ticket in left.listeners {
            service.unlisten(ticket);
        }
        for ticket in left.requests {
            service.cancel(ticket);
        }
        for (handle, times) in left.handles {
            (0..times).for_each(|_| service.release(handle));
        }
    }
}
