//! Outcomes of host calls whose drop panics, and requests that let go of them in every way.

use super::library::Library;
use super::{ASK, panic_on_purpose, show};
use ffihost::{DecodeError, Format, FromHost, Host, HostError, ToHost};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::oneshot;

/// Bombs that went off, by what they say.
static WENT_OFF: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

/// How many that say this went off.
pub fn went_off(says: &str) -> usize {
    let counts = WENT_OFF.lock().expect("not poisoned");
    counts.as_ref().and_then(|counts| counts.get(says)).copied().unwrap_or(0)
}

/// Panics when it is dropped.
#[derive(Debug)]
pub struct Bomb(String);

impl Bomb {
    /// Takes it apart.
    pub fn defused(self) -> String {
        ManuallyDrop::new(self).0.clone()
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        let mut counts = WENT_OFF.lock().expect("not poisoned");
        *counts.get_or_insert_default().entry(self.0.clone()).or_default() += 1;
        drop(counts);
        panic_on_purpose(format!("the bomb goes off: {}", self.0));
    }
}

impl FromHost for Bomb {
    unsafe fn from_host(_: Format, payload: &[u8], _: usize) -> Result<Self, DecodeError> {
        let bomb = Self(String::from_utf8_lossy(payload).into_owned());
        if bomb.0.starts_with("half made") {
            // And is dropped.
            return Err(DecodeError::new("it is only half made"));
        }
        Ok(bomb)
    }
}

/// Arguments whose encoder panics after it has handed them over.
struct PanicsAfter(Vec<u8>);

impl ToHost for PanicsAfter {
    type Owned = Self;

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(&self.0);
        panic_on_purpose("the encoder panics");
    }

    fn into_owned(self) -> Self {
        self
    }
}

/// Woken once.
struct Bell(Mutex<Option<oneshot::Sender<()>>>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let sender = self.0.lock().expect("not poisoned").take();
        let _nobody_waits = sender.map(|sender| sender.send(()));
    }
}

/// Polls something that is pending, and waits until it could be polled again.
async fn until_woken<F: Future + Unpin>(future: &mut F) {
    let (sender, receiver) = oneshot::channel();
    let waker = Waker::from(Arc::new(Bell(Mutex::new(Some(sender)))));
    assert!(pin!(&mut *future).poll(&mut Context::from_waker(&waker)).is_pending(), "not answered inline");
    receiver.await.expect("it is woken");
}

fn shown(outcome: Result<Bomb, HostError<Bomb>>) -> Result<Vec<u8>, String> {
    match outcome {
        Ok(bomb) => Ok(bomb.defused().into_bytes()),
        Err(HostError::Declared(bomb)) => Err(format!("Declared({})", bomb.defused())),
        Err(HostError::Decode(text)) => Err(format!("Decode({text})")),
        Err(error) => Err(show(&error.widen_away())),
    }
}

/// An error that holds no outcome.
trait WidenAway {
    fn widen_away(self) -> HostError<Vec<u8>>;
}

impl WidenAway for HostError<Bomb> {
    fn widen_away(self) -> HostError<Vec<u8>> {
        match self {
            Self::TimedOut => HostError::TimedOut,
            Self::ShuttingDown => HostError::ShuttingDown,
            Self::Unregistered => HostError::Unregistered,
            other => panic!("not expected here: {other:?}"),
        }
    }
}

/// `ask_bomb`: asks the host, and does with the answer what the question's first word says.
pub async fn ask_bomb(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = Host::current().expect("in a context");
    let how = String::from_utf8_lossy(&question).split(' ').next().unwrap_or_default().to_owned();
    let mut call = host.call_as::<_, Bomb, Bomb>(&ASK, question.clone());
    match how.as_str() {
        "await" => return shown(call.await),
        "sync" => return shown(host.call_sync::<_, Bomb, Bomb>(&ASK, question)),
        "drop" => drop(call.await),
        "ready" => {
            until_woken(&mut call).await;
            drop(call);
        }
        "abandon" => {
            assert!(poll_fn(|cx| Poll::Ready(pin!(&mut call).poll(cx).is_pending())).await);
            drop(call);
        }
        "encoder" => {
            drop(host.call_as::<_, Bomb, Bomb>(&ASK, PanicsAfter(question)).await);
        }
        "leak" => {
            until_woken(&mut call).await;
            let _leaked = ManuallyDrop::new(Box::new(call));
        }
        "hold" => {
            until_woken(&mut call).await;
            let () = std::future::pending().await;
            drop(call);
        }
        other => panic!("do what? {other}"),
    }
    Ok(b"dropped".to_vec())
}
