//! A timer: a whole library in one file, with one of everything that crosses. Its hosts in C and C++ are beside this file.

#![forbid(unsafe_code)]

use ffihost::{Handle, HostError, Options, ffi, ffi_event, ffi_host};
use std::time::{Duration, Instant};

ffihost::library! {
    /// Echoes, schedules and stopwatches: a library to try things with.
    "my_timer",
    MyTimer,
    serve,
    // A schedule repeats what it is given, so what it is given had better be small.
    options = Options::new().max_payload(64 << 10).linger(Duration::from_secs(60)),
}

/// The longest delay that can be asked for, in milliseconds.
#[ffi]
pub const MAX_DELAY_MS: u32 = 60_000;

/// How often a schedule may be repeated.
#[ffi]
pub const MAX_REPEATS: u64 = 1_000;

/// A timer with a name.
pub struct MyTimer {
    name: String,
}

/// What to say, and when.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct EchoRequest {
    /// What to say.
    pub message: String,
    /// How long to wait before, in milliseconds.
    pub delay_ms: u32,
}

/// What was said, and by whom.
#[ffi]
#[derive(Debug, PartialEq)]
pub struct EchoResponse {
    /// The message.
    pub echoed: String,
    /// The timer's name.
    pub timer: String,
}

/// Several echoes, one after the other.
#[ffi]
#[derive(Debug)]
pub struct Schedule {
    /// What to say, in this order.
    pub echoes: Vec<EchoRequest>,
    /// What the schedule is for.
    pub tags: Vec<String>,
    /// A remark for people.
    pub note: Option<String>,
    /// How often all of it is done; once, if nothing is said.
    pub repeat: Option<Repeat>,
}

/// How often something is done.
#[ffi]
#[derive(Debug)]
pub enum Repeat {
    /// So many times.
    Times(u32),
    /// As often as it fits into so many milliseconds.
    Within {
        /// The milliseconds.
        total_ms: u64,
    },
}

/// What a schedule comes to.
#[ffi]
#[derive(Debug, PartialEq)]
pub struct Plan {
    /// Each echo and when it is heard, in milliseconds from the start.
    pub entries: Vec<PlanEntry>,
    /// How long all of it takes, in milliseconds.
    pub total_ms: u64,
    /// The tags and the note in one line.
    pub title: String,
}

/// An echo of a plan.
#[ffi]
#[derive(Debug, PartialEq)]
pub struct PlanEntry {
    /// When it is heard, in milliseconds from the start.
    pub at_ms: u64,
    /// The message.
    pub message: String,
}

/// What can go wrong.
#[ffi(error)]
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum TimerError {
    /// A timer, a message or a schedule is empty.
    #[error("there is nothing in it")]
    Empty,
    /// A delay is longer than `MAX_DELAY_MS`.
    #[error("{delay_ms} ms is too long")]
    TooLong {
        /// The delay, in milliseconds.
        delay_ms: u32,
    },
    /// A schedule is repeated more than `MAX_REPEATS` times.
    #[error("{times} times is too often")]
    TooOften {
        /// How often.
        times: u64,
    },
    /// The host did not tell the time; this says why.
    #[error("the host did not tell the time: {0}")]
    NoClock(String),
}

impl From<HostError> for TimerError {
    fn from(error: HostError) -> Self {
        Self::NoClock(error.to_string())
    }
}

/// Milliseconds since 1970.
#[ffi_host(deadline = "5s")]
async fn fetch_clock() -> Result<u64, HostError>;

/// An echo was heard.
#[ffi_event]
fn on_echo_fired(message: String);

/// Makes a timer.
#[ffi(constructor)]
pub async fn create(name: String) -> Result<MyTimer, TimerError> {
    if name.is_empty() { Err(TimerError::Empty) } else { Ok(MyTimer { name }) }
}

/// The timer's name.
#[ffi]
pub fn name(timer: &MyTimer) -> String {
    timer.name.clone()
}

/// Waits, tells whoever listens to `on_echo_fired`, and returns the message.
#[ffi]
pub async fn echo(timer: &MyTimer, req: EchoRequest) -> Result<EchoResponse, TimerError> {
    let EchoRequest { message, delay_ms } = check(req)?;
    tokio::time::sleep(Duration::from_millis(delay_ms.into())).await;
    on_echo_fired(message.clone());
    Ok(EchoResponse { echoed: message, timer: timer.name.clone() })
}

/// Says when each echo of a schedule would be heard.
#[ffi]
pub async fn plan(_timer: &MyTimer, schedule: Schedule) -> Result<Plan, TimerError> {
    let Schedule { echoes, tags, note, repeat } = schedule;
    let echoes = echoes.into_iter().map(check).collect::<Result<Vec<_>, _>>()?;
    let once: u64 = echoes.iter().map(|echo| u64::from(echo.delay_ms)).sum();
    let times = match repeat {
        None => 1,
        Some(Repeat::Times(times)) => times.into(),
        Some(Repeat::Within { total_ms }) => total_ms.checked_div(once).ok_or(TimerError::Empty)?,
    };
    if times > MAX_REPEATS {
        return Err(TimerError::TooOften { times });
    }
    let mut at_ms = 0;
    let entries = (0..times).flat_map(|_| &echoes).map(|echo| {
        at_ms += u64::from(echo.delay_ms);
        PlanEntry { at_ms, message: echo.message.clone() }
    });
    let entries = entries.collect();
    let title = tags.into_iter().chain(note).collect::<Vec<_>>().join(", ");
    Ok(Plan { entries, total_ms: once * times, title })
}

/// Asks the host what time it is, and says so in a sentence.
#[ffi]
pub async fn read_clock(timer: &MyTimer) -> Result<String, TimerError> {
    let now = fetch_clock().await?;
    Ok(format!("{} read {now} ms since 1970", timer.name))
}

/// Adds delays, none of which may be too long: this needs no timer.
#[ffi]
pub fn total_delay(delays_ms: &[u32]) -> Result<u64, TimerError> {
    match delays_ms.iter().find(|delay_ms| **delay_ms > MAX_DELAY_MS) {
        Some(&delay_ms) => Err(TimerError::TooLong { delay_ms }),
        None => Ok(delays_ms.iter().copied().map(u64::from).sum()),
    }
}

/// A stopwatch that runs.
#[ffi(handle)]
pub struct Stopwatch {
    label: String,
    started: Instant,
}

/// What a stopwatch shows.
#[ffi]
#[derive(Debug)]
pub struct Reading {
    /// The stopwatch's label.
    pub label: String,
    /// Nanoseconds since it was started.
    pub elapsed_ns: u64,
}

/// Starts a stopwatch.
#[ffi]
pub fn start_stopwatch(_timer: &MyTimer, label: String) -> Handle<Stopwatch> {
    Handle::new(Stopwatch { label, started: Instant::now() })
}

/// Reads a stopwatch, which goes on.
#[ffi]
pub fn read_stopwatch(stopwatch: &Stopwatch) -> Reading {
    let elapsed_ns = u64::try_from(stopwatch.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Reading { label: stopwatch.label.clone(), elapsed_ns }
}

fn check(echo: EchoRequest) -> Result<EchoRequest, TimerError> {
    match echo {
        EchoRequest { ref message, .. } if message.is_empty() => Err(TimerError::Empty),
        EchoRequest { delay_ms, .. } if delay_ms > MAX_DELAY_MS => Err(TimerError::TooLong { delay_ms }),
        echo => Ok(echo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    fn timer() -> MyTimer {
        MyTimer { name: "a timer".to_owned() }
    }

    #[test]
    fn the_clock_is_the_hosts() {
        let _clock = fetch_clock::implement(|| async { Ok(7) });
        assert_eq!(block_on(read_clock(&timer())), Ok("a timer read 7 ms since 1970".to_owned()));
    }

    #[test]
    fn a_plan_repeats_its_echoes() {
        let echo = |message: &str, delay_ms| EchoRequest { message: message.to_owned(), delay_ms };
        let schedule = |repeat| Schedule {
            echoes: vec![echo("tick", 10), echo("tock", 20)],
            tags: vec!["clock".to_owned()],
            note: None,
            repeat,
        };
        let plan = |repeat| block_on(plan(&timer(), schedule(repeat))).map(|plan| (plan.entries.len(), plan.total_ms));
        assert_eq!(plan(None), Ok((2, 30)));
        assert_eq!(plan(Some(Repeat::Times(3))), Ok((6, 90)));
        assert_eq!(plan(Some(Repeat::Within { total_ms: 65 })), Ok((4, 60)));
        assert_eq!(plan(Some(Repeat::Times(1_001))), Err(TimerError::TooOften { times: 1_001 }));
    }
}
