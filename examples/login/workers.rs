//! The threads that answer the library.

use crate::abi::{
    self, Ctx, FFI_RET_ERR, FFI_RET_OK, FFIString, LOGIN_PROFILE_ERROR_NO_SUCH_USER, LoginProfile, Payload,
};
use crate::profiles::{Profile, Profiles};
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
pub(crate) fn answer(ctx: Ctx, token: u64, found: rusqlite::Result<Option<Profile>>) {
    match found {
        Ok(Some(Profile { name, email, role })) => {
            let profile = LoginProfile { name: FFIString::new(&name), email: FFIString::new(&email), role: role.0 };
            abi::complete(ctx, token, FFI_RET_OK, Payload::of(&profile));
        }
        Ok(None) => abi::complete(ctx, token, FFI_RET_ERR, Payload::of(&LOGIN_PROFILE_ERROR_NO_SUCH_USER)),
        Err(error) => {
            let text = format!("the database of profiles: {error}");
            abi::complete(ctx, token, DATABASE_FAILED, Payload::of_text(&text));
        }
    }
}
