//! The statuses: what an export returns, what a callback is told, what a served request ends with.

macro_rules! statuses {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $name:literal;)+) => {
        /// What an export returns and a callback is told. The numbers are the contract of `ffihost.h` and are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[doc = $doc])+ $variant = $code,)+
        }

        impl Status {
            /// Every status, in the order of its number.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// The name of the constant in `ffihost.h`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it says, in sentences for people.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii_start(),)+
                }
            }
        }
    };
}

// The names and texts are those of include/ffihost.h, word for word.
statuses! {
    /// Done, or accepted.
    Ok = 0, "FFI_RET_OK";
    /// The declared error of that function: its typed payload, or UTF-8 text.
    Err = 1, "FFI_RET_ERR";
    /// A request without a callback; nothing was started.
    MissingCallback = 2, "FFI_RET_MISSING_CALLBACK";
    /// Not terminal: the request is still running. The payload is the elapsed milliseconds in decimal. Only libraries that
    /// set an interval send it.
    StaleWarn = 3, "FFI_RET_STALE_WARN";
    /// ctx is not a live context of this library: NULL, never one, or ended.
    InvalidCtx = 4, "FFI_RET_INVALID_CTX";
    /// No such open call, request, listener or handle: late, answered or released already, or never issued.
    UnknownToken = 5, "FFI_RET_UNKNOWN_TOKEN";
    /// An argument is not what it must be: NULL where a pointer is needed, a name that is not UTF-8 or not known.
    InvalidArgument = 6, "FFI_RET_INVALID_ARGUMENT";
    /// The context is closing, or was closed already.
    Closing = 7, "FFI_RET_CLOSING";
    /// A limit is reached (contexts, queued requests, threads); nothing was started. Try again later.
    Busy = 8, "FFI_RET_BUSY";
    /// The payload is larger than the library's limit, 64 MiB by default.
    TooLarge = 9, "FFI_RET_TOO_LARGE";
    /// The library's code panicked. The request has ended, the context goes on.
    Panic = 10, "FFI_RET_PANIC";
    /// Binding and library were made for different versions of the interface.
    AbiMismatch = 11, "FFI_RET_ABI_MISMATCH";
    /// destroy was called on a thread that the context needs to end: its FFI thread, its event thread, or inside one of its
    /// synchronous requests, their callbacks, or a release. Use close there.
    WouldDeadlock = 12, "FFI_RET_WOULD_DEADLOCK";
    /// No host function of that name is registered.
    NotRegistered = 13, "FFI_RET_NOT_REGISTERED";
    /// It took longer than its deadline. From destroy, and to `done`: the library's code did not stop in time; its threads
    /// and memory are left alone.
    TimedOut = 14, "FFI_RET_TIMED_OUT";
    /// It was cancelled, by the host or by the end of the context.
    Cancelled = 15, "FFI_RET_CANCELLED";
    /// A payload does not decode.
    Decode = 16, "FFI_RET_DECODE";
    /// A token is missing or wrong. Only over a wire, never from an export.
    Unauthorized = 17, "FFI_RET_UNAUTHORIZED";
    /// Who should answer is at the other end of a connection that has ended. For host_complete, by whoever passes host calls on
    /// to other processes; no export returns it.
    Disconnected = 18, "FFI_RET_DISCONNECTED";
}

/// What the names of all statuses start with.
const PREFIX: &str = "FFI_RET_";

impl Status {
    /// The number that the C ABI knows it by.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The status with this number.
    pub const fn from_code(code: i32) -> Option<Self> {
        if 0 <= code && code < Self::ALL.len() as i32 { Some(Self::ALL[code as usize]) } else { None }
    }

    /// The name without `FFI_RET_`, as sentences that list several have it.
    pub const fn short_name(self) -> &'static str {
        self.name().split_at(PREFIX.len()).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_number() {
        for (code, status) in (0..).zip(Status::ALL) {
            assert_eq!((status.code(), Status::from_code(code)), (code, Some(status)));
            assert!(status.name().starts_with(PREFIX) && status.text().ends_with('.'), "{status:?}");
            assert!(!status.text().contains("  "), "{status:?}");
        }
        assert_eq!((Status::from_code(-1), Status::from_code(19)), (None, None));
        assert_eq!(Status::WouldDeadlock.short_name(), "WOULD_DEADLOCK");
    }
}
