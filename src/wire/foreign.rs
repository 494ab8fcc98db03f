//! Types of other crates, each behind a feature with the crate's name.

#[cfg(any(feature = "chrono", feature = "url", feature = "uuid"))]
use super::represented::{Represented, represented};
#[cfg(any(feature = "chrono", feature = "url", feature = "uuid"))]
use crate::error::DecodeError;

/// A type that crosses as text.
#[cfg(any(feature = "url", feature = "uuid"))]
macro_rules! text {
    ($type:ty, $logic:literal) => {
        impl Represented for $type {
            type Representation = String;
            const LOGIC: Option<&'static str> = Some($logic);

            fn represent(&self) -> String {
                self.to_string()
            }

            fn from_representation(text: String) -> Result<Self, DecodeError> {
                text.parse().map_err(DecodeError::new)
            }
        }
    };
}

// As text, and not as 16 bytes: every language reads it, and none takes it for a GUID with its bytes in another order.
#[cfg(feature = "uuid")]
text!(uuid::Uuid, "uuid");
#[cfg(feature = "uuid")]
represented!(uuid::Uuid);

#[cfg(feature = "url")]
text!(url::Url, "url");
#[cfg(feature = "url")]
represented!(url::Url);

#[cfg(feature = "chrono")]
impl Represented for chrono::DateTime<chrono::Utc> {
    type Representation = i64;
    // In nanoseconds since 1970, UTC.
    const LOGIC: Option<&'static str> = Some("time");

    /// What is before 1677 or after 2262 is passed as the first or the last moment that fits.
    fn represent(&self) -> i64 {
        let outermost = if self.timestamp() < 0 { i64::MIN } else { i64::MAX };
        self.timestamp_nanos_opt().unwrap_or(outermost)
    }

    fn from_representation(nanoseconds: i64) -> Result<Self, DecodeError> {
        Ok(Self::from_timestamp_nanos(nanoseconds))
    }
}

#[cfg(feature = "chrono")]
represented!(chrono::DateTime<chrono::Utc>);

#[cfg(feature = "bytes")]
mod bytes {
    use super::super::cbor::{Reader as CborReader, Writer as CborWriter};
    use super::super::native::{List, Reader as NativeReader, Scratch};
    use super::super::{Lift, Lower};
    use crate::error::DecodeError;
    use bytes::Bytes;
    use ffihost_schema::write::Shape;

    // SAFETY: as the slice of it.
    unsafe impl Lower for Bytes {
        type C = List<u8>;
        const SHAPE: Shape = Shape::Bytes;

        #[inline]
        unsafe fn lower(&self, place: *mut List<u8>, scratch: &Scratch) {
            // SAFETY: the caller's contract.
            unsafe { <[u8]>::lower(self, place, scratch) };
        }

        fn encode(&self, writer: &mut CborWriter<'_>) {
            writer.bytes(self);
        }

        #[inline]
        fn payload(&self, mut take: impl FnMut(&[u8])) {
            take(self);
        }
    }

    // SAFETY: as a list of bytes.
    unsafe impl Lift for Bytes {
        type Arg = List<u8>;

        unsafe fn lift(place: *const List<u8>, reader: &mut NativeReader) -> Result<Self, DecodeError> {
            // SAFETY: the caller's contract.
            unsafe { Vec::lift(place, reader) }.map(Self::from)
        }

        unsafe fn lift_arg(arg: List<u8>, reader: &mut NativeReader) -> Result<Self, DecodeError> {
            // SAFETY: the caller's contract.
            unsafe { Vec::lift_arg(arg, reader) }.map(Self::from)
        }

        fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
            Vec::decode(reader).map(Self::from)
        }

        unsafe fn lift_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Self, DecodeError> {
            // SAFETY: the caller's contract.
            unsafe { Vec::lift_payload(bytes, reader) }.map(Self::from)
        }
    }
}
