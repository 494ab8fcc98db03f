//! The library keeps 64 calls in flight, and another thread of the host's answers them.
//!
//! In rounds: 64 calls are begun, all are awaited, then the next 64 are begun; one task polls an array of futures, so that
//! nothing but the library allocates. As tasks: 64 tasks make one call after the other, as a library under load does; a wake-up
//! polls one call and not 64. The baselines do just the same with a bounded crossbeam channel and tokio's oneshot.

use crate::await_inline_number::runtime;
use crate::peers::{boltffi_peer, uniffi_peer};
use crate::table::{Row, Target};
use crossbeam_channel::Sender;
use ffihost_benches::host::{self, Worker};
use ffihost_benches::library::{IN_FLIGHT, join_round};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let worker = Worker::start(host::bench());
    let context = worker.context();
    let exports = *context.exports();
    let rounds = race(
        settings,
        200_000,
        vec![
            Contestant::new("ffihost", |calls| context.time(exports.await_rounds, calls)).counted("await-later-number"),
            Contestant::new("crossbeam-channel + tokio oneshot", |calls| with_worker(|jobs| rounds(calls, &jobs)))
                .counted("await-later-number tokio-oneshot"),
            Contestant::new("the channel alone, nothing awaited", hand_over),
            Contestant::new("uniffi (FuturesUnordered)", uniffi_peer::in_flight_64)
                .counted("await-later-number uniffi"),
            Contestant::new("boltffi (FuturesUnordered)", boltffi_peer::in_flight_64)
                .counted("await-later-number boltffi"),
        ],
    );
    let tasks = race(
        settings,
        200_000,
        vec![
            Contestant::new("ffihost", |calls| context.time(exports.await_tasks, calls)).counted("await-tasks-number"),
            Contestant::new("crossbeam-channel + tokio oneshot", |calls| with_worker(|jobs| tasks(calls, jobs)))
                .counted("await-tasks-number tokio-oneshot"),
        ],
    );
    let stats = context.stats();
    let row = |path, figures| {
        Row::new(path, Target::Ratio(0.6), figures)
            .allocations(0.0)
            .fault_if(stats.host_calls != stats.host_calls_remote, || {
                format!("{} calls, {} answers", stats.host_calls, stats.host_calls_remote)
            })
    };
    vec![row("64 in flight, other thread, in rounds", rounds), row("64 in flight, other thread, as tasks", tasks)]
}

type Job = (u32, oneshot::Sender<u32>);

/// Runs `f` with a thread that answers what is sent to it.
fn with_worker(f: impl FnOnce(Sender<Job>) -> Duration) -> Duration {
    let (jobs, queue) = crossbeam_channel::bounded::<Job>(IN_FLIGHT);
    let worker = std::thread::spawn(move || {
        for (value, answer) in queue {
            answer.send(value + 1).expect("the answer is awaited");
        }
    });
    let took = f(jobs);
    worker.join().expect("the worker does not panic");
    took
}

async fn ask(jobs: &Sender<Job>, value: u64) -> u64 {
    let (sender, receiver) = oneshot::channel();
    jobs.send((value as u32, sender)).expect("the worker is there");
    u64::from(receiver.await.expect("the worker answers"))
}

fn rounds(calls: u64, jobs: &Sender<Job>) -> Duration {
    runtime().block_on(async {
        let (mut begun, mut sum) = (0, 0);
        let start = Instant::now();
        while begun < calls {
            let mut round = std::pin::pin!(std::array::from_fn::<_, { IN_FLIGHT }, _>(|index| {
                let value = begun + index as u64;
                (value < calls).then(|| ask(jobs, value))
            }));
            join_round(round.as_mut(), |answer| sum += answer).await;
            begun += IN_FLIGHT as u64;
        }
        let took = start.elapsed();
        assert_eq!(sum, calls * (calls + 1) / 2);
        took
    })
}

/// What both have in common: handing calls to a thread that notes them, in rounds.
fn hand_over(calls: u64) -> Duration {
    let noted = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (jobs, queue) = crossbeam_channel::bounded::<(u64, u64)>(IN_FLIGHT);
        scope.spawn(|| {
            for (value, _) in queue {
                noted.store(value + 1, Ordering::Release);
            }
        });
        let start = Instant::now();
        for begun in (0..calls).step_by(IN_FLIGHT) {
            let end = calls.min(begun + IN_FLIGHT as u64);
            (begun..end).for_each(|value| jobs.send((value, 0)).expect("the worker is there"));
            while noted.load(Ordering::Acquire) < end {
                std::hint::spin_loop();
            }
        }
        let took = start.elapsed();
        drop(jobs);
        took
    })
}

fn tasks(calls: u64, jobs: Sender<Job>) -> Duration {
    runtime().block_on(async {
        let next = Rc::new(Cell::new(0));
        let start = Instant::now();
        let tasks = std::array::from_fn::<_, { IN_FLIGHT }, _>(|_| {
            let (next, jobs) = (Rc::clone(&next), jobs.clone());
            tokio::task::spawn_local(async move {
                let mut sum = 0;
                while next.get() < calls {
                    sum += ask(&jobs, next.replace(next.get() + 1)).await;
                }
                sum
            })
        });
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("it does not panic");
        }
        let took = start.elapsed();
        drop(jobs);
        assert_eq!(sum, calls * (calls + 1) / 2);
        took
    })
}
