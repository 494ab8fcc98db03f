//! One request at a time, from a blocking client, beside a byte for each of its bytes between two threads.
//!
//! What those two need depends on where the system runs them: on one processor in turns, where a hand-over costs next to
//! nothing, or on two, of which one is woken each time. So there is a contestant that is kept on two.

use crate::race::{Contestant, race};
use crate::raw::{First, Raw};
use crate::served::Served;
use crate::table::{Row, Target};
use ffihost_benches_harness::race::Settings;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let served = Served::start();
    let mut raw = Raw::connect(served.path());
    let mut first = First::connect(served.path());
    let mut synchronous = Raw::connect(served.path());
    let lengths = raw.lengths("echo");
    let mut ping_pong = PingPong::start(lengths);
    let mut apart = PingPong::on(lengths, Some(0));
    let figures = race(
        settings,
        8_000,
        vec![
            Contestant::new("two threads, as many bytes", |calls| ping_pong.run(calls)),
            Contestant::new("the same, on two processors", |calls| {
                thread::scope(|scope| {
                    let asking = scope.spawn(|| {
                        stay_on(1);
                        apart.run(calls)
                    });
                    asking.join().expect("it does not panic")
                })
            }),
            Contestant::new("asynchronous", |calls| timed(|| raw.requests("echo", calls, 1))),
            Contestant::new("asynchronous, version 1", |calls| {
                timed(|| (0..calls).for_each(|number| first.request("echo", number)))
            }),
            Contestant::new("synchronous", |calls| timed(|| synchronous.requests("echo_sync", calls, 1))),
        ],
    );
    let target = |name: &str| if name == "asynchronous" { Target::Ratio(1.5) } else { Target::None };
    let baseline = figures[0].clone();
    Row::of("round trip, one at a time", "calls", figures, &baseline, target)
}

pub(crate) fn timed(body: impl FnOnce()) -> Duration {
    let start = Instant::now();
    body();
    start.elapsed()
}

/// A thread that sends so many bytes for so many.
pub(crate) struct PingPong {
    stream: UnixStream,
    lengths: (usize, usize),
    thread: Option<JoinHandle<()>>,
}

impl PingPong {
    pub(crate) fn start(lengths: (usize, usize)) -> Self {
        Self::on(lengths, None)
    }

    /// Answers on this processor, if the system can be told.
    fn on(lengths: (usize, usize), processor: Option<usize>) -> Self {
        let (stream, mut other) = UnixStream::pair().expect("there are descriptors left");
        let thread = thread::spawn(move || {
            processor.inspect(|processor| stay_on(*processor));
            let (mut request, reply) = (vec![0; lengths.0], vec![0; lengths.1]);
            while other.read_exact(&mut request).is_ok() {
                other.write_all(&reply).expect("somebody reads");
            }
        });
        Self { stream, lengths, thread: Some(thread) }
    }

    pub(crate) fn run(&mut self, calls: u64) -> Duration {
        let (request, mut reply) = (vec![0; self.lengths.0], vec![0; self.lengths.1]);
        timed(|| {
            for _ in 0..calls {
                self.stream.write_all(&request).expect("somebody reads");
                self.stream.read_exact(&mut reply).expect("somebody answers");
            }
        })
    }
}

/// Keeps this thread on a processor, where there are such calls.
fn stay_on(processor: usize) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: a set is a plain array of bits, of which none is set.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: 0 and 1 are within any set.
        unsafe { libc::CPU_SET(processor, &mut set) };
        // SAFETY: the pointer is to a set of that size; 0 is this thread. If there is no such processor it stays where it is.
        let _stays = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    }
    #[cfg(not(target_os = "linux"))]
    let _there_is_none = processor;
}

impl Drop for PingPong {
    fn drop(&mut self) {
        self.stream.shutdown(std::net::Shutdown::Both).expect("it is open");
        self.thread.take().map(JoinHandle::join).expect("it is joined once").expect("it does not panic");
    }
}
