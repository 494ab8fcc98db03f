//! The statuses: what an export returns, what a callback is told, what a served request ends with.

/// What an export returns and a callback is told. The numbers are the contract of `ffihost.h` and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Status {
    /// Done, or accepted.
    Ok = 0,
    /// The declared error of that function.
    Err = 1,
    /// A request without a callback; nothing was started.
    MissingCallback = 2,
    /// Not terminal: the request is still running.
    StaleWarn = 3,
    /// Not a live context of this library.
    InvalidCtx = 4,
    /// No such open call, request or listener.
    UnknownToken = 5,
    /// An argument is not what it must be.
    InvalidArgument = 6,
    /// The context closes, or was closed already.
    Closing = 7,
    /// A limit is reached; nothing was started.
    Busy = 8,
    /// The payload is larger than the limit.
    TooLarge = 9,
    /// The library's code panicked.
    Panic = 10,
    /// Binding and library were made for different versions of the interface.
    AbiMismatch = 11,
    /// It would wait for the thread that it was called on.
    WouldDeadlock = 12,
    /// No host function of that name is registered.
    NotRegistered = 13,
    /// It took longer than its deadline.
    TimedOut = 14,
    /// It was cancelled.
    Cancelled = 15,
    /// A payload does not decode.
    Decode = 16,
    /// A token is missing or wrong, on a wire.
    Unauthorized = 17,
    /// Who should answer is at the other end of a connection that ended.
    Disconnected = 18,
}

impl Status {
    /// Every status, in the order of its number.
    pub const ALL: [Self; 19] = [
        Self::Ok,
        Self::Err,
        Self::MissingCallback,
        Self::StaleWarn,
        Self::InvalidCtx,
        Self::UnknownToken,
        Self::InvalidArgument,
        Self::Closing,
        Self::Busy,
        Self::TooLarge,
        Self::Panic,
        Self::AbiMismatch,
        Self::WouldDeadlock,
        Self::NotRegistered,
        Self::TimedOut,
        Self::Cancelled,
        Self::Decode,
        Self::Unauthorized,
        Self::Disconnected,
    ];

    /// The number that the C ABI knows it by.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The status with this number.
    pub const fn from_code(code: i32) -> Option<Self> {
        if 0 <= code && code < Self::ALL.len() as i32 { Some(Self::ALL[code as usize]) } else { None }
    }

    /// The name of the constant in `ffihost.h`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "FFI_RET_OK",
            Self::Err => "FFI_RET_ERR",
            Self::MissingCallback => "FFI_RET_MISSING_CALLBACK",
            Self::StaleWarn => "FFI_RET_STALE_WARN",
            Self::InvalidCtx => "FFI_RET_INVALID_CTX",
            Self::UnknownToken => "FFI_RET_UNKNOWN_TOKEN",
            Self::InvalidArgument => "FFI_RET_INVALID_ARGUMENT",
            Self::Closing => "FFI_RET_CLOSING",
            Self::Busy => "FFI_RET_BUSY",
            Self::TooLarge => "FFI_RET_TOO_LARGE",
            Self::Panic => "FFI_RET_PANIC",
            Self::AbiMismatch => "FFI_RET_ABI_MISMATCH",
            Self::WouldDeadlock => "FFI_RET_WOULD_DEADLOCK",
            Self::NotRegistered => "FFI_RET_NOT_REGISTERED",
            Self::TimedOut => "FFI_RET_TIMED_OUT",
            Self::Cancelled => "FFI_RET_CANCELLED",
            Self::Decode => "FFI_RET_DECODE",
            Self::Unauthorized => "FFI_RET_UNAUTHORIZED",
            Self::Disconnected => "FFI_RET_DISCONNECTED",
        }
    }
}
