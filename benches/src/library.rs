//! The library that is measured, as an author would write it.
//!
//! Its requests take a number of calls, make them inside the context, and reply with the nanoseconds that took, so that what
//! is timed is the awaiting code's view: no request, no channel and no thread start is in it.
//!
//! It is exported twice: as `bench` with the default options, and as `bench_asleep` with a FFI thread that never spins.

use ffihost::abi::types::FFICallBack;
use ffihost::{Call, DecodeError, Format, FromHost, Host, HostError, HostFn, Options, ToHost};
use futures::FutureExt;
use std::array;
use std::ffi::{c_int, c_void};
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Calls that [`Bench`]'s requests keep in flight.
pub const IN_FLIGHT: usize = 64;

/// The text of `await_texts`: 16 bytes.
pub const TEXT: &str = "0123456789abcdef";

/// What the host answers to [`TEXT`].
pub const TURNED: &str = "fedcba9876543210";

/// The event of `emit_burst`.
pub const EVENT: &str = "ticked";

static BUMP: HostFn = HostFn::new("bump");
static TURN: HostFn = HostFn::new("turn");

/// The library's state.
#[derive(Debug)]
pub struct Bench {
    started: Instant,
}

/// A number as it crosses natively: four bytes in the byte order of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct U32(pub u32);

impl ToHost for U32 {
    type Owned = Self;

    #[inline]
    fn into_owned(self) -> Self {
        self
    }

    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(&self.0.to_ne_bytes());
    }
}

impl FromHost for U32 {
    #[inline]
    unsafe fn from_host(_: Format, bytes: &[u8], _: usize) -> Result<Self, DecodeError> {
        Self::read(bytes)
    }
}

impl U32 {
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let bytes = bytes.try_into().map_err(|_| DecodeError::new("expected four bytes"))?;
        Ok(Self(u32::from_ne_bytes(bytes)))
    }
}

/// What a request replies: a number as eight bytes, or what went wrong.
type Number = Result<[u8; 8], String>;

fn shown(error: impl Debug) -> String {
    format!("{error:?}")
}

/// What a request was given: how many calls to make.
fn count(request: &[u8]) -> Result<u64, String> {
    request.try_into().map(u64::from_ne_bytes).map_err(|_| "expected eight bytes".to_owned())
}

fn nanoseconds(took: Duration) -> [u8; 8] {
    (took.as_nanos() as u64).to_ne_bytes()
}

fn expect_equal(what: &str, found: u64, expected: u64) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found} instead of {expected}")) }
}

/// The sum of what the host answers to `0..calls`, each raised by one.
fn sum_of_bumped(calls: u64) -> u64 {
    calls * (calls + 1) / 2
}

async fn construct(_: Vec<u8>) -> Result<Bench, String> {
    Ok(Bench { started: Instant::now() })
}

/// A call of `bump`.
type Bump = Call<'static, U32, U32, ()>;

fn bump(host: Host, value: u64) -> Bump {
    host.call_as(&BUMP, U32(value as u32))
}

/// `await_numbers`: one `bump` after the other, each given what the last returned.
async fn await_numbers(_: &Bench, calls: Vec<u8>) -> Number {
    let calls = count(&calls)?;
    let host = Host::current().map_err(shown)?;
    let mut value = 0;
    let start = Instant::now();
    for _ in 0..calls {
        value = u64::from(bump(host, value).await.map_err(shown)?.0);
    }
    let took = start.elapsed();
    expect_equal("the last number", value, calls)?;
    Ok(nanoseconds(took))
}

/// `await_texts`: one `turn` after the other, a 16-byte text both ways.
async fn await_texts(_: &Bench, calls: Vec<u8>) -> Number {
    let calls = count(&calls)?;
    let host = Host::current().map_err(shown)?;
    let turn = || host.call_as::<_, String, ()>(&TURN, black_box(TEXT));
    if turn().await.map_err(shown)? != TURNED {
        return Err("the host did not turn the text around".to_owned());
    }
    let start = Instant::now();
    for _ in 0..calls {
        black_box(turn().await.map_err(shown)?);
    }
    Ok(nanoseconds(start.elapsed()))
}

/// Awaits a round of futures that live in one array: nothing is allocated for the round itself, so what is counted is what
/// its futures allocate. All that are left are polled whenever one of them wakes the task.
pub async fn join_round<F: Future>(round: Pin<&mut [Option<F>; IN_FLIGHT]>, mut each: impl FnMut(F::Output)) {
    // SAFETY: nothing is moved out of the array: futures are polled in place through a new pin, and dropped in place.
    let round = unsafe { round.get_unchecked_mut() };
    let mut left = round.iter().filter(|future| future.is_some()).count();
    poll_fn(|cx| {
        for place in round.iter_mut() {
            let Some(future) = place else { continue };
            // SAFETY: as above: the array is pinned, and so is what is in it.
            if let Poll::Ready(output) = unsafe { Pin::new_unchecked(future) }.poll(cx) {
                *place = None;
                left -= 1;
                each(output);
            }
        }
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// `await_rounds`: [`IN_FLIGHT`] calls of `bump` are begun, then all of them awaited, then the next.
async fn await_rounds(_: &Bench, calls: Vec<u8>) -> Number {
    let calls = count(&calls)?;
    let host = Host::current().map_err(shown)?;
    let (mut begun, mut sum, mut failed) = (0, 0, None);
    let start = Instant::now();
    while begun < calls {
        let mut round = std::pin::pin!(array::from_fn::<_, IN_FLIGHT, _>(|index| {
            let value = begun + index as u64;
            (value < calls).then(|| bump(host, value))
        }));
        join_round(round.as_mut(), |answer| match answer {
            Ok(answer) => sum += u64::from(answer.0),
            Err(error) => failed = Some(error),
        })
        .await;
        begun += IN_FLIGHT as u64;
    }
    let took = start.elapsed();
    failed.map_or(Ok(()), |error: HostError<()>| Err(shown(error)))?;
    expect_equal("the sum", sum, sum_of_bumped(calls))?;
    Ok(nanoseconds(took))
}

/// `await_tasks`: [`IN_FLIGHT`] tasks that make one call of `bump` after the other, so that as many are always in flight.
async fn await_tasks(_: &Bench, calls: Vec<u8>) -> Number {
    let calls = count(&calls)?;
    let host = Host::current().map_err(shown)?;
    let next = Rc::new(std::cell::Cell::new(0));
    let start = Instant::now();
    let tasks = array::from_fn::<_, IN_FLIGHT, _>(|_| {
        let next = Rc::clone(&next);
        tokio::task::spawn_local(async move {
            let mut sum = 0;
            while next.get() < calls {
                let value = next.replace(next.get() + 1);
                sum += u64::from(bump(host, value).await?.0);
            }
            Ok::<_, HostError<()>>(sum)
        })
    });
    let mut sum = 0;
    for task in tasks {
        sum += task.await.map_err(shown)?.map_err(shown)?;
    }
    let took = start.elapsed();
    expect_equal("the sum", sum, sum_of_bumped(calls))?;
    Ok(nanoseconds(took))
}

/// `await_together`: begins all the calls, then awaits them one by one; replies with the bytes of resident memory that the
/// process grew by while they were begun. The futures are in memory before that, so it is what the runtime needs.
async fn await_together(_: &Bench, calls: Vec<u8>) -> Number {
    let calls = count(&calls)?;
    let host = Host::current().map_err(shown)?;
    let mut futures: Vec<Bump> = (0..calls).map(|value| bump(host, value)).collect();
    let before = resident_bytes();
    let begin = |cx: &mut Context<'_>| Poll::Ready(futures.iter_mut().any(|future| future.poll_unpin(cx).is_ready()));
    if poll_fn(begin).await {
        return Err("a call ended before all were begun".to_owned());
    }
    let grown = resident_bytes().saturating_sub(before);
    let mut sum = 0;
    for future in futures {
        sum += u64::from(future.await.map_err(shown)?.0);
    }
    expect_equal("the sum", sum, sum_of_bumped(calls))?;
    Ok(grown.to_ne_bytes())
}

/// The memory that the process has now, as the system counts it; 0 where it does not say.
fn resident_bytes() -> u64 {
    const PAGE: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE
}

/// `nudge`: the least that an asynchronous request can do.
async fn nudge(bench: &Bench, value: Vec<u8>) -> Result<U32, String> {
    black_box(bench.started);
    U32::read(&value).map(|value| U32(value.0.wrapping_add(1))).map_err(shown)
}

/// `idle`: a request that nothing is passed to, and that does nothing.
async fn idle(_: &Bench, _: Vec<u8>) -> Result<(), String> {
    Ok(())
}

/// `emit_burst`: emits as many events, and replies with the nanoseconds until the last was enqueued.
async fn emit_burst(_: &Bench, events: Vec<u8>) -> Number {
    let events = count(&events)?;
    let host = Host::current().map_err(shown)?;
    let start = Instant::now();
    for value in 0..events {
        host.emit(EVENT, U32(value as u32)).map_err(shown)?;
    }
    Ok(nanoseconds(start.elapsed()))
}

/// `bump_sync`: the least that a synchronous request can do.
fn bump_sync(_: &Bench, value: &[u8]) -> Result<U32, String> {
    U32::read(value).map(|value| U32(value.0.wrapping_add(1))).map_err(shown)
}

/// What is left of `bump_sync` when the library is taken away: reads the number, raises it, and calls back.
///
/// # Safety
///
/// That of a request of the library's.
pub unsafe extern "C" fn bare_bump_sync(
    _: *mut c_void,
    callback: Option<FFICallBack>,
    user_data: *mut c_void,
    req: *const u8,
    len: usize,
) -> c_int {
    let Some(callback) = callback.filter(|_| len == 4) else { return 2 };
    // SAFETY: `req` points to four bytes, and the callback takes what it is passed here.
    unsafe {
        let value = u32::from_ne_bytes(req.cast::<[u8; 4]>().read()).wrapping_add(1).to_ne_bytes();
        callback(0, value.as_ptr().cast(), value.len(), user_data);
    }
    0
}

macro_rules! export {
    ($prefix:literal, $options:expr) => {
        ffihost::exports! {
            prefix: $prefix,
            state: Bench,
            options: $options,
            constructor: construct,
            requests: {
                await_numbers: await_numbers,
                await_texts: await_texts,
                await_rounds: await_rounds,
                await_tasks: await_tasks,
                await_together: await_together,
                nudge: nudge,
                idle: idle,
                emit_burst: emit_burst,
            },
            sync_requests: { bump_sync: bump_sync },
            host_fns: ["bump", "turn"],
            events: ["ticked"],
        }
    };
}

export!("bench", Options::new());
export!("bench_asleep", Options::new().spin(Duration::ZERO));
