//! Arguments that misbehave when they are encoded: on the straight way of a call to a declared host function, and on the general way of
//! one that is called by name; answered inline or not at all. And those that need no encoder of the author's.

mod support;

use ffihost::{Format, Host, HostError, HostFn, ToHost};
use support::{Asked, Context, Scripts as _, Told, panic_on_purpose, show};

const PANIC: i32 = 10;
const ERR: i32 = 1;

static ASK: HostFn = HostFn::new("ask");

type Bytes = Vec<u8>;

/// What the encoder does.
#[derive(Clone, Copy, Debug)]
enum Args {
    Good,
    Nothing,
    Twice,
    PanicBefore,
    PanicAfter,
}

impl ToHost for Args {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Good => take(b"first"),
            Self::Nothing => {}
            Self::Twice => {
                take(b"first");
                take(b"second");
            }
            Self::PanicBefore => panic_on_purpose("before"),
            Self::PanicAfter => {
                take(b"first");
                panic_on_purpose("after");
            }
        }
    }
}

fn host() -> Host {
    Host::current().expect("in a context")
}

fn shown(outcome: Result<Bytes, HostError<Bytes>>) -> Result<Bytes, String> {
    outcome.map_err(|error| show(&error))
}

fn told(ret: i32, text: &str) -> Told {
    Told { ret, text: text.to_owned() }
}

/// A call with these arguments; what its request is told, if the call settles.
fn call(ctx: Context, args: Args, declared: bool) -> Told {
    let script = ctx.script(move || async move {
        let call = if declared { host().call(&ASK, args) } else { host().call("ask", args) };
        shown(call.await)
    });
    script.wait()
}

#[test]
fn the_host_is_called_once_or_not_at_all_and_nothing_is_left() {
    for declared in [true, false] {
        for answers in [true, false] {
            let ctx = Context::new("test");
            let log = ctx.register("ask", move |ctx: Context, Asked { token, .. }| {
                if answers {
                    assert_eq!(ctx.answer(token, 0, "answered"), 0);
                }
            });
            let mut cases = vec![
                (Args::Nothing, told(ERR, "Decode(\"the arguments were not encoded\")"), 0),
                (Args::PanicBefore, told(PANIC, "before"), 0),
                (Args::PanicAfter, told(PANIC, "after"), 1),
            ];
            if answers {
                // Nothing but an answer ends these. The first looks the name up for those after it.
                cases.insert(0, (Args::Good, Told::ok("answered"), 1));
                cases.push((Args::Twice, Told::ok("answered"), 1));
                cases.push((Args::Good, Told::ok("answered"), 1));
            }
            for (args, expected, calls) in cases {
                let (asked, cancelled) = (log.asked().len(), log.cancelled().len());
                assert_eq!(call(ctx, args, declared), expected, "{args:?}");
                let asked = &log.asked()[asked..];
                assert_eq!(asked.len(), calls, "{args:?}");
                assert!(asked.iter().all(|asked| asked.text == "first"), "{args:?}");
                let told: Vec<_> = if answers { vec![] } else { asked.iter().map(|asked| asked.token).collect() };
                assert_eq!(log.cancelled()[cancelled..], told, "{args:?}: what is open is cancelled, and nothing else");
                assert_eq!(ctx.stats().host_calls_in_flight, 0, "{args:?}");
            }
            assert_eq!(ctx.unregister("ask"), 0);
            support::wait_until("nothing holds it", || log.released() == 1);
            assert_eq!(ctx.destroy(), 0);
        }
    }
}

/// Calls the host from its FFI thread, and from another, for which the arguments are taken over.
async fn call_here_and_elsewhere(args: impl ToHost + Clone + Send + 'static) {
    let (host, theirs) = (host(), args.clone());
    let here = host.call(&ASK, args).await;
    let elsewhere = tokio::task::spawn_blocking(move || support::futures_block_on(host.call("ask", theirs)));
    assert_eq!((here, elsewhere.await.expect("no panic")), (Ok(vec![]), Ok(vec![])));
}

#[test]
fn bytes_and_text_reach_the_host_as_they_are() {
    static LONG: &str = "more than fits into what is kept of borrowed bytes without an allocation";
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0));
    let script = ctx.script(|| async {
        call_here_and_elsewhere(()).await;
        call_here_and_elsewhere(*b"an array").await;
        call_here_and_elsewhere(b"a borrowed array").await;
        call_here_and_elsewhere(b"a slice".as_slice()).await;
        call_here_and_elsewhere(b"a list".to_vec()).await;
        call_here_and_elsewhere("text").await;
        call_here_and_elsewhere("text of its own".to_owned()).await;
        call_here_and_elsewhere(LONG).await;
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    let expected = ["", "an array", "a borrowed array", "a slice", "a list", "text", "text of its own", LONG];
    let asked: Vec<_> = log.asked().into_iter().map(|asked| asked.text).collect();
    assert_eq!(asked, expected.map(|text| [text, text]).concat());
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn what_a_host_tells_of_its_context() {
    assert_eq!(ASK.name(), "ask");
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0));
    let (sender, hosts) = std::sync::mpsc::channel();
    let script = ctx.script(move || async move {
        let host = host();
        assert!(host.is_live());
        let before = host.stats().expect("it is live").host_calls_inline;
        shown(host.call(&ASK, Args::Good).await)?;
        assert_eq!(host.stats().expect("it is live").host_calls_inline, before + 1);
        assert_eq!(host.options().expect("it is live"), support::OPTIONS);
        sender.send(host).expect("the test waits");
        Ok(vec![])
    });
    assert_eq!((script.wait(), log.asked().len()), (Told::ok(""), 1));
    let host = hosts.recv().expect("it was sent");
    assert!(host.is_live() && host.stats().is_ok() && host.options().is_ok());
    assert_eq!(ctx.destroy(), 0);
    assert!(!host.is_live() && host.stats().is_err() && host.options().is_err());
}
