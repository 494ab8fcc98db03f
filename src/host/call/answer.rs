//! Decoding an answer into the outcome that the awaiting code gets.

use crate::error::{DecodeError, HostError};
use crate::host::FromHost;
use crate::inflight::{Accepted, Decode, Raw};
use crate::status::Status;
use crate::{Format, panic};
use std::marker::PhantomData;

/// What the awaiting code gets.
pub(super) type Outcome<T, E> = Result<T, HostError<E>>;

/// Decodes answers in one format.
pub(super) struct Reader<T, E, const CBOR: bool>(PhantomData<(T, E)>);

impl<T: FromHost, E: FromHost, const CBOR: bool> Decode for Reader<T, E, CBOR> {
    type Outcome = Outcome<T, E>;

    #[inline]
    fn decode(answer: Raw<'_>) -> (Self::Outcome, Accepted) {
        let format = if CBOR { Format::Cbor } else { Format::Native };
        let read = match answer {
            Raw::Unreadable(text) => Err(DecodeError::new(text)),
            // SAFETY: the host passed the payload as an answer, by the contract of `host_complete`.
            Raw::Host { ret: OK, payload, limit } => read(|| unsafe { T::from_host(format, payload, limit) }).map(Ok),
            // SAFETY: as above.
            Raw::Host { ret: ERR, payload, limit } => read(|| unsafe { E::declared(format, payload, limit) }).map(Err),
            Raw::Host { ret: CANCELLED, .. } => Ok(Err(HostError::Cancelled)),
            Raw::Host { ret: DISCONNECTED, .. } => Ok(Err(HostError::Disconnected)),
            Raw::Host { ret: code, payload, .. } => {
                let text = String::from_utf8_lossy(payload).into_owned();
                Ok(Err(HostError::Failed { code, text }))
            }
        };
        match read {
            Ok(outcome) => (outcome, Accepted::Decoded),
            Err(error) => (Err(HostError::Decode(error.to_string())), Accepted::Undecodable),
        }
    }
}

const OK: i32 = Status::Ok.code();
const ERR: i32 = Status::Err.code();
const CANCELLED: i32 = Status::Cancelled.code();
const DISCONNECTED: i32 = Status::Disconnected.code();

/// Reads a payload. A panic of the author's decoder is an error too.
#[inline]
fn read<V>(decode: impl FnOnce() -> Result<V, DecodeError>) -> Result<V, DecodeError> {
    panic::contain(decode).unwrap_or_else(|text| Err(DecodeError::new(format_args!("the decoder panicked: {text}"))))
}
