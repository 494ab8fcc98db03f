//! What the server counts, for Prometheus: `GET /metrics` over HTTP/1.1, on this machine only.
//!
//! A connection is one request and one response. A request's head is short and comes soon, or the connection ends, and only so
//! many are open at once: nobody keeps more than that from being scraped, and nothing of it touches the server's own limits.

use crate::error::Error;
use ffihost_ipc::{Address, Metrics, Snapshot, Status};
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Bytes of a request's head.
const HEAD: usize = 8 << 10;
/// For all of a connection.
const TIME: Duration = Duration::from_secs(5);
/// Connections at once; others wait.
const CONNECTIONS: usize = 16;

/// A socket that Prometheus scrapes.
pub(super) struct Scraped {
    socket: TcpListener,
    place: SocketAddr,
}

impl Scraped {
    pub(super) async fn bind(address: &Address) -> Result<Self, Error> {
        let failed = |error| Error::Metrics { address: address.clone(), error };
        let Address::Tcp { host, port } = address else { return Err(Error::MetricsForOthers(address.clone())) };
        let places: Vec<_> = tokio::net::lookup_host((host.as_str(), *port)).await.map_err(failed)?.collect();
        if places.iter().any(|place| !place.ip().is_loopback()) {
            return Err(Error::MetricsForOthers(address.clone()));
        }
        let socket = TcpListener::bind(&*places).await.map_err(failed)?;
        let place = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, place })
    }

    pub(super) fn place(&self) -> SocketAddr {
        self.place
    }

    /// Answers until the runtime ends.
    pub(super) async fn run(self, library: String, metrics: Metrics) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let permit = Arc::clone(&room).acquire_owned().await;
            let Ok((stream, _)) = self.socket.accept().await else {
                // Out of descriptors, most likely: it does not get better by trying at once.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (library, metrics) = (library.clone(), metrics.clone());
            tokio::spawn(async move {
                let _ended_or_too_slow = timeout(TIME, answer(stream, &library, &metrics)).await;
                drop(permit);
            });
        }
    }
}

async fn answer(mut stream: TcpStream, library: &str, metrics: &Metrics) -> std::io::Result<()> {
    let mut head = Vec::with_capacity(HEAD);
    let ends = |head: &[u8]| head.windows(4).any(|bytes| bytes == b"\r\n\r\n");
    while !ends(&head) {
        if head.len() >= HEAD {
            return respond(&mut stream, "431 Request Header Fields Too Large", "").await;
        }
        if (&mut stream).take((HEAD - head.len()) as u64).read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().and_then(|line| str::from_utf8(line).ok()).unwrap_or("");
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["GET", "/metrics", "HTTP/1.1" | "HTTP/1.0"] => {
            respond(&mut stream, "200 OK", &text(library, &metrics.snapshot())).await
        }
        ["GET", _, "HTTP/1.1" | "HTTP/1.0"] => respond(&mut stream, "404 Not Found", "there is /metrics\n").await,
        [_, _, "HTTP/1.1" | "HTTP/1.0"] => respond(&mut stream, "405 Method Not Allowed", "").await,
        _ => respond(&mut stream, "400 Bad Request", "").await,
    }
}

async fn respond(stream: &mut TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {}\r\n\
         allow: GET\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// The text format of Prometheus, version 0.0.4.
fn text(library: &str, counted: &Snapshot) -> String {
    let mut text = String::new();
    let mut metric = |kind: &str, name: &str, help: &str, values: &[(String, u64)]| {
        let _ = write!(text, "# HELP ffihost_{name} {help}\n# TYPE ffihost_{name} {kind}\n");
        for (label, value) in values {
            // A library's name is an identifier, and so is a status': nothing has to be escaped.
            let _ = writeln!(text, "ffihost_{name}{{library=\"{library}\"{label}}} {value}");
        }
    };
    let one = |value: u64| [(String::new(), value)];
    let by_status = |(status, count): &(Option<Status>, u64)| {
        let name = status.map_or("other", |status| status.name().trim_start_matches("FFI_RET_"));
        (format!(",status=\"{name}\""), *count)
    };
    let answered: Vec<_> = counted.requests_answered.iter().map(by_status).collect();
    metric("gauge", "connections_open", "Connections now.", &one(counted.connections_open));
    metric("counter", "connections_accepted_total", "Connections.", &one(counted.connections_accepted));
    metric("counter", "connections_refused_total", "Connections beyond the limit.", &one(counted.connections_refused));
    metric("counter", "requests_started_total", "Requests handed to the library.", &one(counted.requests_started));
    metric("counter", "requests_answered_total", "How those were answered.", &answered);
    metric("counter", "requests_refused_total", "Requests not handed to it.", &one(counted.requests_refused));
    metric("gauge", "requests_in_flight", "Requests that the library has now.", &one(counted.requests_in_flight));
    metric("counter", "received_bytes_total", "Bytes read.", &one(counted.bytes_in));
    metric("counter", "sent_bytes_total", "Bytes sent.", &one(counted.bytes_out));
    metric("counter", "events_sent_total", "Events, once for each listener.", &one(counted.events_sent));
    metric("counter", "events_missed_total", "Events that a listener missed.", &one(counted.events_missed));
    metric("counter", "host_calls_made_total", "Calls of host functions at clients.", &one(counted.calls_made));
    metric("counter", "host_calls_completed_total", "Answers that were taken.", &one(counted.calls_completed));
    metric("counter", "host_calls_cancelled_total", "Calls not wanted any more.", &one(counted.calls_cancelled));
    metric("counter", "host_calls_refused_total", "Answers that were refused.", &one(counted.calls_refused));
    text
}
