//! `<lib>_serve`.

use super::own::own;
use crate::Host;
use crate::abi::types::{FFICallBack, FFIServeOptions};
use crate::abi::{AnyLibrary, Callback, context_of, with_callback};
use crate::context::current;
use crate::context::gate::Phase;
use crate::thread::Thread;
use ffihost_ipc::{Address, Limits, Peer, Server, ServerTls, Status, Token};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Says whether somebody may connect: the author's.
pub type Admit = fn(&Peer) -> bool;

/// `<lib>_serve`.
///
/// # Safety
///
/// As `ffihost.h` says: `address` is NUL-terminated, `options` is NULL or points to a struct as large as it says, whose
/// strings are NUL-terminated, and the callback is such a function.
pub unsafe fn serve(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    address: *const c_char,
    options: *const FFIServeOptions,
    given: (Option<FFICallBack>, *mut c_void),
    admit: Option<Admit>,
) -> c_int {
    let start = |callback| {
        // SAFETY: the caller's contract.
        let address = unsafe { text(address)? }.ok_or(Status::InvalidArgument)?;
        // SAFETY: the caller's contract.
        let choices = unsafe { Choices::read(options)? };
        let address = address.parse::<Address>().map_err(|_| Status::InvalidArgument)?;
        start(library, context_of(library, ctx)?, address, Choices { admit, ..choices }, callback)
    };
    // SAFETY: the caller's contract.
    unsafe { with_callback(given, start) }
}

/// What a host chose.
struct Choices {
    token: Option<String>,
    tls: Option<(PathBuf, PathBuf)>,
    insecure: bool,
    limits: Limits,
    admit: Option<Admit>,
}

impl Choices {
    /// # Safety
    ///
    /// As for [`serve`].
    unsafe fn read(options: *const FFIServeOptions) -> Result<Self, Status> {
        let mut choices = Self { token: None, tls: None, insecure: false, limits: Limits::default(), admit: None };
        if options.is_null() {
            return Ok(choices);
        }
        // SAFETY: not null; the struct is as large as it says, by the caller's contract.
        if !unsafe { crate::abi::fits(options) } {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: it is at least this large; its strings are NUL-terminated.
        let (options, token, certificates, key) = unsafe {
            let options = options.read_unaligned();
            (options, text(options.token)?, text(options.certificates)?, text(options.key)?)
        };
        choices.token = token.map(str::to_owned);
        choices.tls = match (certificates, key) {
            (Some(certificates), Some(key)) => Some((certificates.into(), key.into())),
            (None, None) => None,
            _ => return Err(Status::InvalidArgument),
        };
        choices.insecure = options.insecure != 0;
        let limits = &mut choices.limits;
        limits.frame = or_default(options.max_frame, limits.frame);
        limits.in_flight = or_default(options.max_in_flight, limits.in_flight);
        limits.connections =
            or_default(options.max_connections, 0).try_into().ok().filter(|max| *max > 0).unwrap_or(limits.connections);
        if options.idle_ms > 0 {
            limits.idle = Duration::from_millis(options.idle_ms);
        }
        Ok(choices)
    }
}

fn or_default(value: u32, default: u32) -> u32 {
    if value == 0 { default } else { value }
}

/// A text that a host passed, or none for NULL.
///
/// # Safety
///
/// If `pointer` is not NULL it points to a NUL-terminated string that lives for `'a`.
unsafe fn text<'a>(pointer: *const c_char) -> Result<Option<&'a str>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, and NUL-terminated by the caller's contract.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| Status::InvalidArgument)
}

/// Starts a thread that serves until the context closes. The callback is told once whether it listens, and where.
fn start(
    library: &'static AnyLibrary,
    host: Host,
    address: Address,
    choices: Choices,
    callback: Callback,
) -> Result<(), Status> {
    let inside = host.enter(Phase::Running)?;
    let own = own(library, host).map_err(|error| {
        tracing::error!(%error, "the library's own descriptor cannot be read");
        Status::InvalidArgument
    })?;
    let (own, routing) = inside.servers.shared(own);
    let limits = Limits { grace: inside.options.grace, ..choices.limits };
    let token = match choices.token {
        None => None,
        Some(token) => Some(Token::new(token).ok_or(Status::InvalidArgument)?),
    };
    let info = own.server_info(token);
    let mut server = Server::of(Arc::new(own), &routing, info, limits);
    if let Some(admit) = choices.admit {
        server.admit(admit);
    }
    if choices.insecure {
        server.insecure();
    }
    let stopper = server.stopper();
    let tls = choices.tls;
    // It is told to go when the context knows of it, so that there is no server that a close does not stop.
    let (go, told) = mpsc::sync_channel::<()>(1);
    let serve = move || {
        let listening = || -> Result<_, String> {
            told.recv().map_err(|_| "the context closes".to_owned())?;
            if let Some((certificates, key)) = tls {
                server.tls(ServerTls::from_files(&certificates, &key).map_err(|error| error.to_string())?);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            let bound = runtime.block_on(server.bind(&address)).map_err(|error| error.to_string())?;
            Ok((runtime, server, bound))
        };
        let tell = |status, text: &str| current::enter(host, || callback.call(status, text.as_bytes()));
        match listening() {
            Ok((runtime, server, bound)) => {
                tell(Status::Ok, &bound.to_string());
                runtime.block_on(server.run());
            }
            Err(text) => tell(Status::Err, &text),
        }
    };
    // All of the server's thread has a share of the record.
    let tenancy = inside.tenancy().ok_or(Status::Closing)?;
    let body = move || {
        crate::panic::contain_call(serve);
        drop(tenancy);
    };
    let thread = Thread::spawn(c"ffihost-serve", Box::new(body)).map_err(|error| {
        tracing::error!(%error, "no thread to serve with");
        Status::Busy
    })?;
    inside.servers.add(&stopper, thread);
    go.send(()).map_err(|_| Status::Busy)
}
