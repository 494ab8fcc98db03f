//! tokio's I/O on the FFI thread: sockets wake it and so does the signal, and a cancelled request closes its own.

mod typed;

use ffihost::{HostError, Options, ffi, ffi_host};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use typed::{CANCELLED, Context, FFICallBack, OK, Value, c_int, c_void, cbor, map, parse, run_cbor, try_submit, write};

ffihost::library!("my_app", MyApp, options = Options::new().grace(Duration::ZERO).linger(typed::NEVER).io(true));

/// Round trips of each kind, often enough that the thread sleeps, watches and is about to do either.
const ROUNDS: u8 = 200;

/// The state, with a socket of tokio's that is there until the state is dropped.
pub struct MyApp {
    listener: tokio::net::TcpListener,
}

#[ffi(constructor)]
async fn create() -> Result<MyApp, String> {
    let bound = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    Ok(MyApp { listener: bound.map_err(|error| error.to_string())? })
}

/// Answered by another thread.
#[ffi_host]
async fn relay(round: u32) -> Result<u32, HostError>;

/// Both ends of a connection on the FFI thread.
#[ffi]
async fn talk_to_itself(app: &MyApp) -> Result<String, String> {
    let talk = async {
        let mut one = TcpStream::connect(app.listener.local_addr()?).await?;
        let (mut other, _) = app.listener.accept().await?;
        let answers = tokio::task::spawn_local(async move {
            let mut asked = String::new();
            other.read_to_string(&mut asked).await?;
            other.write_all(format!("{asked}!").as_bytes()).await
        });
        one.write_all(b"hello").await?;
        one.shutdown().await?;
        let mut answer = String::new();
        one.read_to_string(&mut answer).await?;
        answers.await??;
        io::Result::Ok(answer)
    };
    talk.await.map_err(|error| error.to_string())
}

/// Sends bytes that come back, and after each asks the host.
#[ffi]
async fn alternate(_app: &MyApp, port: u16, rounds: u8) -> Result<u32, String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| error.to_string())?;
    let mut sum = 0;
    for round in 0..rounds {
        stream.write_u8(round).await.map_err(|error| error.to_string())?;
        let back = stream.read_u8().await.map_err(|error| error.to_string())?;
        sum += relay(u32::from(back)).await.map_err(|error| error.to_string())?;
    }
    Ok(sum)
}

/// Reads what never comes.
#[ffi]
async fn read(_app: &MyApp, port: u16) -> Result<u8, String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| error.to_string())?;
    stream.read_u8().await.map_err(|error| error.to_string())
}

unsafe extern "C" {
    safe fn my_app_create(cb: Option<FFICallBack>, ud: *mut c_void, ctx: *mut *mut c_void) -> c_int;
}

typed::cbor_exports!(
    my_app_talk_to_itself = "my_app_talk_to_itself_cbor",
    my_app_alternate = "my_app_alternate_cbor",
    my_app_read = "my_app_read_cbor",
);

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx))
}

/// A listener on a port that the system picks.
fn listener() -> (TcpListener, Value) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port.into())
}

#[test]
fn a_request_talks_through_sockets() {
    let ctx = context();
    assert_eq!(run_cbor(my_app_talk_to_itself, ctx, &map([])), (OK, "hello!".into()));
    assert_eq!(ctx.destroy(), OK);
}

/// Each await is ended by a thread that knows nothing of whether the FFI thread sleeps; a lost one would hang.
#[test]
fn sockets_and_answers_of_other_threads_wake_the_loop_in_turn() {
    let ctx = context();
    let (listener, port) = listener();
    let echo = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let (mut byte, mut count) = ([0], 0_u32);
        while stream.read(&mut byte)? == 1 {
            stream.write_all(&byte)?;
            count += 1;
        }
        io::Result::Ok(count)
    });
    let (open, _log) = ctx.leave_open("relay", typed::CBOR, parse);
    let host = thread::spawn(move || {
        for round in 0..ROUNDS {
            let (token, asked) = open.next();
            assert_eq!(asked, map([("round", round.into())]));
            assert_eq!(ctx.complete_cbor(token, OK, &1.into()), OK);
        }
    });
    let args = map([("port", port), ("rounds", ROUNDS.into())]);
    assert_eq!(run_cbor(my_app_alternate, ctx, &args), (OK, ROUNDS.into()));
    host.join().expect("it was asked in order");
    assert_eq!(echo.join().expect("no panic").expect("it echoes"), ROUNDS.into());
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn a_request_that_is_cancelled_while_it_reads_closes_its_socket() {
    let ctx = context();
    let (listener, port) = listener();
    let args = write(&map([("port", port)]));
    let (ret, pending) = try_submit(cbor, |cb, ud| my_app_read(ctx.0, cb, ud, args.as_ptr(), args.len()));
    assert_eq!(ret, OK);
    let (mut stream, _) = listener.accept().expect("the request connects");
    assert!(pending.is_open());
    assert_eq!(typed::c::cancel(ctx.0, pending.1), OK);
    assert_eq!(pending.wait().0, CANCELLED);
    assert_eq!(stream.read(&mut [0]).expect("it is closed in order"), 0);
    pending.assert_silent();
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn a_close_ends_a_request_that_reads() {
    let ctx = context();
    let (listener, port) = listener();
    let args = write(&map([("port", port)]));
    let (ret, pending) = try_submit(cbor, |cb, ud| my_app_read(ctx.0, cb, ud, args.as_ptr(), args.len()));
    assert_eq!(ret, OK);
    let (mut stream, _) = listener.accept().expect("the request connects");
    assert_eq!(ctx.destroy(), OK);
    assert_eq!(pending.wait().0, CANCELLED);
    assert_eq!(stream.read(&mut [0]).expect("it is closed in order"), 0);
}
