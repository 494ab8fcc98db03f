//! Decoding an answer into the outcome that the awaiting code gets.

use crate::Format;
use crate::error::{DecodeError, HostError};
use crate::host::FromHost;
use crate::inflight::{Accepted, Decode, Decoder, DecoderOf, Raw};
use crate::panic::{self, Payload};
use crate::status::Status;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the awaiting code gets.
pub(super) type Outcome<T, E> = Result<T, HostError<E>>;

/// The decoder of what a host answers that registered its function in this format.
#[inline]
pub(super) fn decoder<T: FromHost, E: FromHost>(format: Format) -> &'static Decoder<Outcome<T, E>> {
    match format {
        Format::Native => DecoderOf::<Reader<T, E, false>>::DECODER,
        Format::Cbor => DecoderOf::<Reader<T, E, true>>::DECODER,
    }
}

/// Decodes answers in one format.
struct Reader<T, E, const CBOR: bool>(PhantomData<(T, E)>);

impl<T: FromHost, E: FromHost, const CBOR: bool> Decode for Reader<T, E, CBOR> {
    type Outcome = Outcome<T, E>;

    #[inline(always)]
    unsafe fn decode(answer: Raw<'_>, place: *mut Self::Outcome) -> Accepted {
        // SAFETY: the caller's contract.
        unsafe {
            match answer {
                Raw::Host { ret: OK, payload, limit } => Self::decode_result(payload, limit, place),
                Raw::Host { ret, payload, limit } => Self::decode_failure(ret, payload, limit, place),
                Raw::Unreadable(text) => undecodable(DecodeError::new(text), place),
            }
        }
    }
}

impl<T: FromHost, E: FromHost, const CBOR: bool> Reader<T, E, CBOR> {
    const FORMAT: Format = if CBOR { Format::Cbor } else { Format::Native };

    /// # Safety
    ///
    /// As for [`decode`](Decode::decode).
    #[inline(always)]
    unsafe fn decode_result(payload: &[u8], limit: usize, place: *mut Outcome<T, E>) -> Accepted {
        // SAFETY: the host passed the payload as an answer, by the contract of `host_complete`; the caller's contract.
        let decoded = catch_unwind(AssertUnwindSafe(move || unsafe {
            match T::from_host(Self::FORMAT, payload, limit) {
                Ok(result) => {
                    place.write(Ok(result));
                    Accepted::Decoded
                }
                Err(error) => undecodable(error, place),
            }
        }));
        match decoded {
            Ok(accepted) => accepted,
            // SAFETY: the caller's contract.
            Err(panic) => unsafe { decoder_panicked(panic, place) },
        }
    }

    /// # Safety
    ///
    /// As for [`decode`](Decode::decode).
    #[cold]
    #[inline(never)]
    unsafe fn decode_failure(ret: i32, payload: &[u8], limit: usize, place: *mut Outcome<T, E>) -> Accepted {
        let failure = catch_unwind(AssertUnwindSafe(|| match ret {
            // SAFETY: as for `decode`.
            ERR => unsafe { E::declared(Self::FORMAT, payload, limit) },
            CANCELLED => Ok(HostError::Cancelled),
            DISCONNECTED => Ok(HostError::Disconnected),
            code => Ok(HostError::Failed { code, text: String::from_utf8_lossy(payload).into_owned() }),
        }));
        // SAFETY: the caller's contract.
        unsafe {
            match failure {
                Ok(Ok(error)) => place.write(Err(error)),
                Ok(Err(error)) => return undecodable(error, place),
                Err(panic) => return decoder_panicked(panic, place),
            }
        }
        Accepted::Decoded
    }
}

/// A panic of the author's decoder is an error, too.
///
/// # Safety
///
/// As for [`decode`](Decode::decode).
#[cold]
unsafe fn decoder_panicked<T, E>(panic: Payload, place: *mut Outcome<T, E>) -> Accepted {
    let text = panic::explain(panic);
    // SAFETY: the caller's contract.
    unsafe { undecodable(DecodeError::new(format_args!("the decoder panicked: {text}")), place) }
}

/// An answer that cannot be read is an outcome, too.
///
/// # Safety
///
/// As for [`decode`](Decode::decode).
#[cold]
#[inline(never)]
#[expect(clippy::needless_pass_by_value, reason = "so that its caller keeps nothing")]
unsafe fn undecodable<T, E>(error: DecodeError, place: *mut Outcome<T, E>) -> Accepted {
    // SAFETY: the caller's contract.
    unsafe { place.write(Err(HostError::Decode(error.to_string()))) };
    Accepted::Undecodable
}

const OK: i32 = Status::Ok.code();
const ERR: i32 = Status::Err.code();
const CANCELLED: i32 = Status::Cancelled.code();
const DISCONNECTED: i32 = Status::Disconnected.code();
