//! How a host call can fail, as the awaiting code sees it.

use crate::status::Status;
use ffihost_cbor::{Error as CborError, Located};
use std::convert::Infallible;
use std::fmt;

/// Why a host call did not give its result.
///
/// `E` is the error that the host function declares; a host function that declares none has `HostError`, whose
/// [`Declared`](Self::Declared) cannot occur.
///
/// # Examples
///
/// ```
/// use ffihost::HostError;
///
/// #[derive(Debug, PartialEq)]
/// enum LoginError {
///     NoSuchUser,
///     Host(HostError),
/// }
///
/// impl From<HostError> for LoginError {
///     fn from(error: HostError) -> Self {
///         Self::Host(error)
///     }
/// }
///
/// let declared = HostError::Declared(LoginError::NoSuchUser);
/// assert_eq!(declared.flatten(), LoginError::NoSuchUser);
/// let failed = HostError::<LoginError>::TimedOut;
/// assert_eq!(failed.flatten(), LoginError::Host(HostError::TimedOut));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError<E = Infallible> {
    /// The host has registered no function of that name.
    #[error("host function `{name}` is not registered")]
    NotRegistered {
        /// The name that was looked up.
        name: String,
    },
    /// The host took the function back while the call was open.
    #[error("the host function was unregistered before it answered")]
    Unregistered,
    /// The context closes.
    #[error("the context is shutting down")]
    ShuttingDown,
    /// The deadline passed, or a synchronous call was not answered before the host function returned.
    #[error("the host did not answer in time")]
    TimedOut,
    /// The host cancelled the call.
    #[error("the host cancelled the call")]
    Cancelled,
    /// Too many calls are in flight: in the context, or of a function that was registered with a limit.
    #[error("too many host calls are in flight")]
    Overloaded,
    /// The host's own failure.
    #[error("the host failed with {code}: {text}")]
    Failed {
        /// The status that the host gave, neither 0 nor 1.
        code: i32,
        /// The host's text; bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// The host's answer does not decode.
    #[error("the host's answer does not decode: {0}")]
    Decode(String),
    /// There is no context to call the host of; the cause says what to write instead.
    #[error("there is no context to call the host of: {0}")]
    NoContext(NoContext),
    /// A remote host went away.
    #[error("the remote host is disconnected")]
    Disconnected,
    /// The error that the host function declares.
    #[error("{0}")]
    Declared(E),
}

/// Why there is no context to call the host of.
///
/// # Examples
///
/// ```
/// use ffihost::{Host, HostError, NoContext};
///
/// let error = Host::current().expect_err("no context runs here");
/// assert_eq!(error, HostError::NoContext(NoContext::Nowhere));
/// assert!(error.to_string().contains("`.on(host)`"), "it says what to write");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoContext {
    /// The code belongs to no context: it runs on a thread of its own, for instance.
    #[error(
        "the code runs on a thread of no context; take `Host::current()` where there is one, move it here, and name it with \
         `.on(host)`"
    )]
    Nowhere,
    /// The context has ended: the host was kept for longer.
    #[error("the context has ended; its host cannot be called any more")]
    Ended,
    /// The call was made in a context, and then awaited on another thread than the context's FFI thread.
    #[error("the call was awaited off the FFI thread of its context; name the host with `.on(host)`")]
    OffThread,
}

impl<E> HostError<E> {
    /// One error type for both: the declared error, or what the author makes of the host's failure.
    pub fn flatten(self) -> E
    where
        E: From<HostError>,
    {
        match self.split() {
            Ok(declared) => declared,
            Err(error) => error.into(),
        }
    }

    /// Turns the declared error into another type.
    pub fn map_declared<D>(self, f: impl FnOnce(E) -> D) -> HostError<D> {
        match self.split() {
            Ok(declared) => HostError::Declared(f(declared)),
            Err(error) => error.widen(),
        }
    }

    /// The declared error, or every other one.
    fn split(self) -> Result<E, HostError> {
        Err(match self {
            Self::Declared(declared) => return Ok(declared),
            Self::NotRegistered { name } => HostError::NotRegistered { name },
            Self::Unregistered => HostError::Unregistered,
            Self::ShuttingDown => HostError::ShuttingDown,
            Self::TimedOut => HostError::TimedOut,
            Self::Cancelled => HostError::Cancelled,
            Self::Overloaded => HostError::Overloaded,
            Self::Failed { code, text } => HostError::Failed { code, text },
            Self::Decode(text) => HostError::Decode(text),
            Self::NoContext(cause) => HostError::NoContext(cause),
            Self::Disconnected => HostError::Disconnected,
        })
    }
}

impl HostError {
    /// The same error, of a function that declares errors.
    pub fn widen<E>(self) -> HostError<E> {
        match self {
            Self::Declared(never) => match never {},
            Self::NotRegistered { name } => HostError::NotRegistered { name },
            Self::Unregistered => HostError::Unregistered,
            Self::ShuttingDown => HostError::ShuttingDown,
            Self::TimedOut => HostError::TimedOut,
            Self::Cancelled => HostError::Cancelled,
            Self::Overloaded => HostError::Overloaded,
            Self::Failed { code, text } => HostError::Failed { code, text },
            Self::Decode(text) => HostError::Decode(text),
            Self::NoContext(cause) => HostError::NoContext(cause),
            Self::Disconnected => HostError::Disconnected,
        }
    }
}

/// The text for people: for functions whose declared error is text.
impl From<HostError> for String {
    fn from(error: HostError) -> Self {
        error.to_string()
    }
}

/// What came from the host is not what it should be: what is wrong, and where.
///
/// # Examples
///
/// ```
/// let error = ffihost::DecodeError::new("not UTF-8").at_index(3).at("users").at("req");
/// assert_eq!(error.to_string(), "`req.users[3]`: not UTF-8");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(Box<Problem>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    status: Status,
    path: String,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.path {
            "" => f.write_str(&self.text),
            path => write!(f, "`{path}`: {}", self.text),
        }
    }
}

impl DecodeError {
    /// An error with a text for people: what was expected, what was there.
    #[cold]
    pub fn new(text: impl fmt::Display) -> Self {
        Self::with(Status::Decode, text)
    }

    fn with(status: Status, text: impl fmt::Display) -> Self {
        Self(Box::new(Problem { status, path: String::new(), text: text.to_string() }))
    }

    /// A pointer is NULL that must not be.
    #[cold]
    pub(crate) fn null() -> Self {
        Self::with(Status::InvalidArgument, "NULL")
    }

    /// So many values of that size are more than the limit.
    #[cold]
    pub(crate) fn too_large(count: usize, size: usize) -> Self {
        Self::with(Status::TooLarge, format_args!("{count} times {size} bytes are more than the limit leaves"))
    }

    #[cold]
    pub(crate) fn not_utf8(error: std::str::Utf8Error) -> Self {
        Self::new(format_args!("not UTF-8 from byte {} on", error.valid_up_to()))
    }

    /// What the attributes' code calls where a type has to be known.
    #[cold]
    #[doc(hidden)]
    pub fn of_cbor(error: CborError) -> Self {
        match error {
            CborError::TooLarge { bytes } => Self::too_large(bytes, 1),
            error => Self::new(error),
        }
    }

    /// It is in that field, or parameter.
    #[cold]
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        let path = &mut self.0.path;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, field);
        self
    }

    /// It is at that index of a list.
    #[cold]
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        let path = &mut self.0.path;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, &format!("[{index}]"));
        self
    }

    /// What it is as a status.
    pub fn status(&self) -> Status {
        self.0.status
    }
}

impl From<CborError> for DecodeError {
    #[cold]
    fn from(error: CborError) -> Self {
        Self::of_cbor(error)
    }
}

impl Located for DecodeError {
    fn at(self, name: &str) -> Self {
        Self::at(self, name)
    }

    fn at_index(self, index: usize) -> Self {
        Self::at_index(self, index)
    }
}
