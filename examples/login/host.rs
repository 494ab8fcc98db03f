//! The host: it owns a context of the library, submits requests to it, and implements the function that it asks for.
//!
//! It goes by `ffihost.h` alone. Who owns a `userData` at which time:
//!
//! | `userData` of | is | freed by |
//! |---|---|---|
//! | a request, and create | an [`OnEnded`] | its terminal callback; by us, if the request is refused |
//! | `fetch_profile` | a [`FetchProfile`] | `release`; by us, if the registration is refused |

use crate::abi::{
    self, Ctx, FFI_RET_ERR, FFI_RET_OK, FFI_RET_STALE_WARN, FFIString, LOGIN_OPEN_ERROR_NO_PROFILE,
    LOGIN_OPEN_ERROR_UNKNOWN_USER, LoginFetchProfileArgs, LoginOpenError, LoginSession, Payload,
};
use crate::profiles::Profiles;
use crate::workers::{self, Question, Workers};
use crossbeam_channel::Sender;
use ffihost::abi::types::{FFICallBack, FFIHostFnOptions, FFIStats};
use std::ffi::{c_char, c_int, c_void};
use std::sync::mpsc;
use std::{fmt, io, ptr};

/// How the host function gets its answers.
pub(crate) enum Answering {
    /// On the FFI thread, before it returns.
    Inline(Profiles),
    /// From as many threads as there are connections.
    Workers(Vec<Profiles>),
}

/// A context of the library with its host function. Dropping it destroys the context.
pub(crate) struct Host {
    ctx: Ctx,
    workers: Workers,
}

/// A user is logged in: a copy of the library's session.
pub(crate) struct Session {
    number: u64,
    service: String,
    name: String,
    email: String,
    may: String,
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, service, name, email, may } = self;
        write!(f, "session {number} at {service} for {} <{}>, who may {may}", one_line(name), one_line(email))
    }
}

/// Whatever somebody has put into the database, it is shown in one line.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// Nobody of that name.
    #[error("there is no user {0:?}")]
    UnknownUser(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// The library, or the system, did not do what the host needs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{function} ended with status {status} (see ffihost.h): {text}")]
    Library { function: &'static str, status: c_int, text: String },
    #[error("cannot start a worker thread: {0}; fewer may do, with --threads")]
    Thread(#[from] io::Error),
}

impl Refused {
    fn check(function: &'static str, status: c_int, text: &str) -> Result<(), Self> {
        if status == FFI_RET_OK {
            return Ok(());
        }
        Err(Self::Library { function, status, text: text.to_owned() })
    }
}

impl Host {
    /// Makes a context, waits until it is constructed, and registers `fetch_profile`.
    pub(crate) fn open(service: &str, answering: Answering) -> Result<Self, Refused> {
        let mut host = Self { ctx: create(service)?, workers: Workers::default() };
        let answering = match answering {
            Answering::Inline(profiles) => Source::Inline(profiles),
            Answering::Workers(connections) => Source::Workers(host.workers.start(host.ctx, connections)?),
        };
        register(FetchProfile { ctx: host.ctx, source: answering })?;
        Ok(host)
    }

    /// Logs a user in, and waits for it.
    pub(crate) fn log_in(&self, user: &str) -> Result<Session, LoginError> {
        let (sender, receiver) = mpsc::channel();
        self.begin_log_in(user, move |outcome| drop(sender.send(outcome)))?;
        receiver.recv().expect("an accepted request calls back")
    }

    /// Begins to log a user in; `tell` runs on the FFI thread, unless the request is refused.
    pub(crate) fn begin_log_in(
        &self,
        user: &str,
        tell: impl FnOnce(Result<Session, LoginError>) + Send + 'static,
    ) -> Result<(), LoginError> {
        let refused = submit(Box::new(|ended| tell(ended.login())), |cb, user_data| {
            // SAFETY: the user's bytes live during the call, and `cb` takes this userData.
            unsafe { abi::login_open_session(self.ctx.0, cb, user_data, FFIString::new(user)) }
        });
        match refused {
            FFI_RET_OK => Ok(()),
            status => Err(LoginError::Failed(format!("login_open_session was refused with status {status}"))),
        }
    }

    /// What the context has done so far.
    pub(crate) fn stats(&self) -> Result<FFIStats, Refused> {
        let mut stats = FFIStats::default();
        // SAFETY: the struct is as large as it says, and may be written.
        let status = unsafe { abi::login_stats(self.ctx.0, &raw mut stats) };
        Refused::check("login_stats", status, "there are no numbers")?;
        Ok(stats)
    }

    /// Destroys the context and ends the workers.
    pub(crate) fn close(mut self) -> Result<(), Refused> {
        Refused::check("login_destroy", self.end(), "the context may not have ended")
    }

    fn end(&mut self) -> c_int {
        // SAFETY: any number may be passed; this is not one of the context's own threads.
        let status = unsafe { abi::login_destroy(self.ctx.0) };
        self.ctx = Ctx(ptr::null_mut());
        if status == FFI_RET_OK {
            // `release` has dropped the sender of their questions, so they end. Otherwise they might wait for ever.
            self.workers.join();
        }
        status
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.ctx.0.is_null() {
            self.end();
        }
    }
}

/// How a request ended: what its callback was passed.
struct Ended<'a> {
    ret: c_int,
    payload: Payload<'a>,
}

impl Ended<'_> {
    /// Reads the outcome of `login_open_session`.
    fn login(self) -> Result<Session, LoginError> {
        // SAFETY: these are what it declares, and the text in them lives as long as the payload.
        unsafe {
            match self.ret {
                FFI_RET_OK => self.payload.read().map(|session| copy_session(session)).ok_or_else(|| self.failed()),
                FFI_RET_ERR => Err(self.payload.read().map_or_else(|| self.failed(), |error| copy_error(error))),
                _ => Err(self.failed()),
            }
        }
    }

    fn failed(&self) -> LoginError {
        LoginError::Failed(format!("status {}: {}", self.ret, self.payload.text()))
    }
}

/// # Safety
///
/// What the library has put into it lives.
unsafe fn copy_session(session: LoginSession) -> Session {
    let LoginSession { number, service, profile, may } = session;
    // SAFETY: the caller's contract.
    unsafe {
        let (service, may) = (service.copy(), may.copy());
        Session { number, service, name: profile.name.copy(), email: profile.email.copy(), may }
    }
}

/// # Safety
///
/// What the library has put into it lives.
unsafe fn copy_error(error: LoginOpenError) -> LoginError {
    match error.tag {
        // SAFETY: the caller's contract; the tag says which it is.
        LOGIN_OPEN_ERROR_UNKNOWN_USER => LoginError::UnknownUser(unsafe { error.payload.unknown_user.copy() }),
        LOGIN_OPEN_ERROR_NO_PROFILE => {
            // SAFETY: the same.
            let reason = unsafe { error.payload.no_profile.copy() };
            LoginError::Failed(format!("no profile could be had: {reason}"))
        }
        other => LoginError::Failed(format!("error {other}, which this host does not know")),
    }
}

/// The `userData` of a request.
type OnEnded = Box<dyn FnOnce(Ended<'_>) + Send>;

unsafe extern "C" fn on_ended(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    if ret == FFI_RET_STALE_WARN {
        return;
    }
    // SAFETY: this is the only terminal call, so what `submit` boxed is ours again; `msg` points to `len` bytes.
    let (tell, payload) = unsafe { (Box::from_raw(user_data.cast::<OnEnded>()), Payload::new(msg, len)) };
    tell(Ended { ret, payload });
}

/// Passes `tell` along as the userData of a request that `start` starts; returns the status.
fn submit(tell: OnEnded, start: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int) -> c_int {
    let user_data = Box::into_raw(Box::new(tell));
    let status = start(Some(on_ended), user_data.cast());
    if status != FFI_RET_OK {
        // SAFETY: a refused request never calls back, so it is still ours.
        drop(unsafe { Box::from_raw(user_data) });
    }
    status
}

/// Makes a context, and waits until it is constructed. If it is not, there is nothing to destroy.
fn create(service: &str) -> Result<Ctx, Refused> {
    let (sender, receiver) = mpsc::channel();
    let mut ctx = ptr::null_mut();
    let tell = move |ended: Ended<'_>| drop(sender.send((ended.ret, ended.payload.text())));
    let status = submit(Box::new(tell), |cb, user_data| {
        // SAFETY: the text lives during the call, `cb` takes this userData, and `ctx` may be written.
        unsafe { abi::login_create(FFIString::new(service), cb, user_data, &raw mut ctx) }
    });
    Refused::check("login_create", status, "no context was made")?;
    let (ret, text) = receiver.recv().expect("an accepted create calls back");
    Refused::check("login_create", ret, &text)?;
    Ok(Ctx(ctx))
}

/// The `userData` of `fetch_profile`.
struct FetchProfile {
    ctx: Ctx,
    source: Source,
}

enum Source {
    Inline(Profiles),
    Workers(Sender<Question>),
}

/// The host function. It runs on the FFI thread alone, so it may use its userData without a lock.
unsafe extern "C" fn on_fetch_profile(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: userData is what `register` boxed, and stays until `release`.
    let function = unsafe { &*user_data.cast::<FetchProfile>() };
    // SAFETY: `req` points to `len` bytes, which are the arguments of this function.
    let Some(LoginFetchProfileArgs { user }) = (unsafe { Payload::new(req, len).read() }) else { return };
    // SAFETY: it lives until this returns.
    let user = unsafe { user.copy() };
    match &function.source {
        Source::Inline(profiles) => workers::answer(function.ctx, token, profiles.find(&user)),
        // It fails only if every worker has panicked; the library's deadline settles the call then.
        Source::Workers(questions) => drop(questions.send(Question { token, user })),
    }
}

unsafe extern "C" fn on_release(user_data: *mut c_void) {
    // SAFETY: it is what `register` boxed, and released once.
    drop(unsafe { Box::from_raw(user_data.cast::<FetchProfile>()) });
}

fn register(function: FetchProfile) -> Result<(), Refused> {
    let ctx = function.ctx.0;
    let user_data = Box::into_raw(Box::new(function));
    let options = FFIHostFnOptions {
        size: size_of::<FFIHostFnOptions>(),
        function: Some(on_fetch_profile),
        cancel: None,
        release: Some(on_release),
        user_data: user_data.cast(),
        format: ffihost::abi::types::FFI_FORMAT_NATIVE,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    // SAFETY: the name is NUL-terminated, the struct as large as it says, and the functions take this userData.
    let status = unsafe { abi::login_register_host_fn_with(ctx, c"fetch_profile".as_ptr(), &raw const options) };
    if status != FFI_RET_OK {
        // SAFETY: a refused registration is never released, so it is still ours.
        drop(unsafe { Box::from_raw(user_data) });
    }
    Refused::check("login_register_host_fn_with", status, "fetch_profile is not registered")
}
