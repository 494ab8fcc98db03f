//! The threads that answer the library.

use crate::abi::{self, Ctx, FFI_RET_ERR, FFI_RET_OK};
use crate::profiles::Profiles;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::ffi::c_int;
use std::io;
use std::thread::{Builder, JoinHandle};

/// The host's own failure. Any number that `ffihost.h` does not use will do; the text says the rest.
const DATABASE_FAILED: c_int = 100;

/// A call of `fetch_profile` that waits for its answer.
pub(crate) struct Question {
    pub(crate) token: u64,
    pub(crate) user: String,
}

/// The threads.
#[derive(Default)]
pub(crate) struct Workers(Vec<JoinHandle<()>>);

impl Workers {
    /// Starts a thread for each connection. They end when the sender that this returns is dropped.
    pub(crate) fn start(&mut self, ctx: Ctx, connections: Vec<Profiles>) -> io::Result<Sender<Question>> {
        let (sender, receiver) = unbounded();
        for profiles in connections {
            let questions = receiver.clone();
            let worker = Builder::new().name("login-worker".to_owned());
            self.0.push(worker.spawn(move || work(ctx, &profiles, &questions))?);
        }
        Ok(sender)
    }

    /// Waits for their end.
    pub(crate) fn join(&mut self) {
        for worker in self.0.drain(..) {
            // One that panicked has said so on standard error.
            let _ = worker.join();
        }
    }
}

fn work(ctx: Ctx, profiles: &Profiles, questions: &Receiver<Question>) {
    for Question { token, user } in questions {
        answer(ctx, token, profiles.find(&user));
    }
}

/// Answers a call of `fetch_profile`, on whatever thread this is.
pub(crate) fn answer(ctx: Ctx, token: u64, found: rusqlite::Result<Option<String>>) {
    let (ret, payload) = match found {
        Ok(Some(profile)) => (FFI_RET_OK, profile),
        Ok(None) => (FFI_RET_ERR, String::new()),
        Err(error) => (DATABASE_FAILED, format!("the database of profiles: {error}")),
    };
    // The status says whether anybody still wants the answer. If not, the library has told its caller why, and nothing is
    // left to do here.
    // SAFETY: the payload's bytes live during the call; any number may be passed as ctx and token.
    let _wanted = unsafe { abi::login_host_complete(ctx.0, token, ret, payload.as_ptr().cast(), payload.len()) };
}
