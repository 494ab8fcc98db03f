//! An asynchronous request whose author awaits a host function, which another connection implements.
//!
//! Beside it, for one at a time, two exchanges of as many bytes between two threads: four times a thread is woken for a byte,
//! as it has to be here.

use crate::message::cbor;
use crate::pipelined::{IN_FLIGHT, Ours};
use crate::race::{Contestant, race};
use crate::raw::Raw;
use crate::round_trip::{PingPong, timed};
use crate::served::Served;
use crate::table::{Row, Target};
use ffihost::ipc::wire::frame::{FromClient, FromServer};
use ffihost_benches_harness::race::Settings;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let served = Served::start();
    let _answering = Answering::start(&served);
    let mut raw = Raw::connect(served.path());
    let mut ping_pong = PingPong::start(raw.lengths("ask"));
    let one = race(
        settings,
        6_000,
        vec![
            Contestant::new("two threads, as many bytes, twice", |calls| ping_pong.run(2 * calls)),
            Contestant::new("ffihost, raw clients", |calls| timed(|| raw.requests("ask", calls, 1))),
        ],
    );
    let ours = Ours::connect(&served);
    let many = race(
        settings,
        20_000,
        vec![
            Contestant::new("ffihost, raw clients", |calls| timed(|| raw.requests("ask", calls, IN_FLIGHT))),
            Contestant::new("ffihost, its client asks", |calls| ours.requests("ask", calls)),
        ],
    );
    let (base, baseline) = (one[0].clone(), many[0].clone());
    let mut rows = Row::of("host function elsewhere, one at a time", "calls", one, &base, |_| Target::None);
    rows.extend(Row::of("host function elsewhere, 64 in flight", "calls", many, &baseline, |_| Target::None));
    rows
}

/// A client that is the host function, on a thread of its own.
struct Answering {
    stream: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Answering {
    fn start(served: &Served) -> Self {
        let mut raw = Raw::connect(served.path());
        raw.put(FromClient::Register { id: 1, max_in_flight: 0, deadline_ms: 0, name: "answer" });
        raw.send();
        raw.receive(|frame, _| assert!(matches!(frame, FromServer::Opened { id: 1 }), "{frame:?}"));
        let stream = raw.stream();
        let thread = thread::spawn(move || {
            let answer = |frame: FromServer<'_>, output: &mut Vec<u8>| {
                let FromServer::Call { call, payload, .. } = frame else { panic!("{frame:?}") };
                FromClient::Complete { call, ret: 0, payload: cbor::message_of(payload) }.encode(output);
            };
            while raw.receive(answer) {
                raw.send();
            }
        });
        Self { stream, thread: Some(thread) }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Both).expect("it is open");
        self.thread.take().map(JoinHandle::join).expect("it is joined once").expect("it does not panic");
    }
}
