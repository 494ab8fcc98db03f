//! `<lib>_serve`: what it refuses, and how it ends with its context.

mod support;

use ffihost::Status;
use ffihost::abi::types::{FFI_FORMAT_CBOR, FFIServeOptions};
use ffihost::ipc::client::Options;
use ffihost::ipc::{Address, Client, Token};
use ffihost_test_host::callback;
use std::ffi::CString;
use std::ptr;
use support::own::{Ctx, MY_TIMER};
use support::{decode, echo, encode, text};

const DEFAULT: FFIServeOptions = FFIServeOptions {
    size: size_of::<FFIServeOptions>(),
    token: ptr::null(),
    certificates: ptr::null(),
    key: ptr::null(),
    insecure: 0,
    max_frame: 0,
    max_connections: 0,
    max_in_flight: 0,
    idle_ms: 0,
};

fn address(text: Result<String, String>) -> Address {
    text.expect("it listens").parse().expect("what it says is an address")
}

#[tokio::test]
async fn what_is_no_address_or_no_option_is_refused() {
    let ctx = Ctx::create("refusing").await;
    let invalid = Status::InvalidArgument.code();
    for address in
        ["", "7000", "unix:", "tcp:", "tcp:localhost", "tcp::1", "tcp:[::1]", "tcp:localhost:70000", "http://x"]
    {
        assert_eq!(ctx.refused(Some(address), None), invalid, "{address}");
    }
    assert_eq!(ctx.refused(None, None), invalid);
    let blank = CString::new("").expect("no zero");
    let file = CString::new("/nowhere").expect("no zero");
    let not_utf8 = CString::new([0xff]).expect("no zero");
    let refused = [
        FFIServeOptions { size: 0, ..DEFAULT },
        FFIServeOptions { size: 8, ..DEFAULT },
        FFIServeOptions { token: blank.as_ptr(), ..DEFAULT },
        FFIServeOptions { token: not_utf8.as_ptr(), ..DEFAULT },
        FFIServeOptions { certificates: file.as_ptr(), ..DEFAULT },
        FFIServeOptions { key: file.as_ptr(), ..DEFAULT },
    ];
    for options in &refused {
        assert_eq!(ctx.refused(Some("tcp:127.0.0.1:0"), Some(options)), invalid, "{options:?}");
    }
    // SAFETY: it is refused before anything is read.
    let missing = unsafe { (MY_TIMER.serve)(ptr::null_mut(), ptr::null(), ptr::null(), None, ptr::null_mut()) };
    assert_eq!(missing, Status::MissingCallback.code());
    assert_eq!(ctx.close().await, 0);
    assert_eq!(ctx.refused(Some("tcp:127.0.0.1:0"), None), Status::InvalidCtx.code());
}

#[tokio::test]
async fn what_cannot_be_listened_on_is_told_with_the_reason() {
    let ctx = Ctx::create("failing").await;
    let nowhere = ctx.serve("unix:/no/such/folder/socket", None).await.expect_err("there is no such folder");
    assert!(nowhere.contains("unix:/no/such/folder/socket"), "{nowhere}");
    let everywhere = ctx.serve("tcp:0.0.0.0:0", None).await.expect_err("anybody could reach it");
    assert!(everywhere.contains("TLS"), "{everywhere}");
    let file = CString::new("/no/such/file.pem").expect("no zero");
    let tls = FFIServeOptions { certificates: file.as_ptr(), key: file.as_ptr(), ..DEFAULT };
    let no_certificate = ctx.serve("tcp:127.0.0.1:0", Some(&tls)).await.expect_err("there is no such file");
    assert!(no_certificate.contains("/no/such/file.pem"), "{no_certificate}");
    let insecure = FFIServeOptions { insecure: 1, ..DEFAULT };
    assert_eq!(address(ctx.serve("tcp:0.0.0.0:0", Some(&insecure)).await).to_string()[..12], *"tcp:0.0.0.0:");
    assert_eq!(ctx.close().await, 0);
}

#[tokio::test]
async fn options_are_those_that_were_given() {
    let ctx = Ctx::create("choosy").await;
    let token = CString::new("open sesame").expect("no zero");
    let options = FFIServeOptions { token: token.as_ptr(), max_in_flight: 1, ..DEFAULT };
    let address = address(ctx.serve("tcp:127.0.0.1:0", Some(&options)).await);
    Client::connect(&address, Options::default()).await.expect_err("it has no token");
    let known = Options { token: Token::new("open sesame"), ..Options::default() };
    let timer = Client::connect(&address, known).await.expect("it has the token");
    let long = echo("long", 60_000);
    let (first, second) = (timer.request("echo", &long), timer.request("echo", &long));
    tokio::select! {
        biased;
        _ = first => panic!("it takes a minute"),
        second = second => assert_eq!(second.expect_err("one at a time").status(), Some(Status::Busy)),
    }
    assert_eq!(ctx.close().await, 0);
}

#[tokio::test]
async fn a_host_function_of_the_serving_process_stays_its_own() {
    let ctx = Ctx::create("its own").await;
    ctx.implement("fetch_clock", FFI_FORMAT_CBOR, |ctx, token, _| assert_eq!(ctx.complete(token, 0, &[7]), 0));
    let address = address(ctx.serve("tcp:127.0.0.1:0", None).await);
    let timer = Client::connect(&address, Options::default()).await.expect("it is served");
    let taken = timer.register("fetch_clock", |call| call.succeed(&encode(&8.into()))).await.expect_err("it is taken");
    assert_eq!(taken.status(), Some(Status::Busy));
    let read = decode(&timer.request("read_clock", b"\xa0").await.expect("the process itself tells the time"));
    assert_eq!(read, "its own read 7 ms since 1970".into());
    assert_eq!(ctx.close().await, 0);
}

#[tokio::test]
async fn closing_the_context_answers_what_runs_and_ends_the_server() {
    let ctx = Ctx::create("ending").await;
    let address = address(ctx.serve("tcp:127.0.0.1:0", None).await);
    let timer = Client::connect(&address, Options::default()).await.expect("it is served");
    let soon = echo("soon", 200);
    let running = timer.request("echo", &soon);
    tokio::pin!(running);
    // Nothing tells that the request is there but its event.
    let mut heard = timer.listen("on_echo_fired").await.expect("there is such an event");
    timer.request("name", b"\xa0").await.expect("it is served");
    assert!(futures_poll(running.as_mut()).await.is_none(), "it sleeps");
    timer.request("name", b"\xa0").await.expect("so the echo has come before");
    let closing = tokio::spawn(ctx.close());
    assert_eq!(text(&decode(&running.await.expect("within the grace period")), "echoed"), "soon");
    assert_eq!(text(&decode(&heard.next().await.expect("it was fired").payload), "message"), "soon");
    assert_eq!(closing.await.expect("no panic"), 0);
    assert_eq!(heard.next().await, None, "the connection has ended");
    Client::connect(&address, Options::default()).await.expect_err("nobody listens");
}

/// Polls once.
async fn futures_poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match std::pin::Pin::new(&mut future).poll(cx) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn destroying_it_where_it_is_told_that_it_listens_would_wait_for_itself() {
    let ctx = Ctx::create("destroyed").await;
    let told = {
        let (sender, told) = tokio::sync::oneshot::channel();
        let mut sender = Some(sender);
        let (cb, user_data) = callback(move |ret, _| {
            let sender = sender.take().expect("it is called once");
            sender.send((ret, ctx.destroy())).expect("the test waits");
        });
        // SAFETY: the address lives during the call.
        let ret = unsafe { (MY_TIMER.serve)(ctx.raw(), c"tcp:127.0.0.1:0".as_ptr(), ptr::null(), cb, user_data) };
        assert_eq!(ret, 0);
        told
    };
    assert_eq!(told.await, Ok((0, Status::WouldDeadlock.code())));
    assert_eq!(ctx.close().await, 0);
}
