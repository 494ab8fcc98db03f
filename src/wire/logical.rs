//! Types that cross as another one, their representation, and mean more than that: the descriptor says what, by a
//! [`Logic`]. A language that does not know the logic goes by the representation.

use super::cbor::{Reader as CborReader, Writer as CborWriter};
use super::native::{Reader as NativeReader, Scratch, Str};
use super::represented::{Represented, represented};
use super::{Lift, Lower};
use crate::error::DecodeError;
use ffihost_schema::write::{Logic, Shape};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

impl Represented for Duration {
    type Representation = u64;
    // In nanoseconds.
    const LOGIC: Option<&'static str> = Some("duration");

    /// What is longer than 584 years is passed as the longest.
    fn represent(&self) -> u64 {
        u64::try_from(self.as_nanos()).unwrap_or(u64::MAX)
    }

    fn from_representation(nanoseconds: u64) -> Result<Self, DecodeError> {
        Ok(Self::from_nanos(nanoseconds))
    }
}

impl Represented for SystemTime {
    type Representation = i64;
    // In nanoseconds since 1970, UTC.
    const LOGIC: Option<&'static str> = Some("time");

    /// What is before 1677 or after 2262 is passed as the first or the last moment that fits.
    fn represent(&self) -> i64 {
        match self.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
        }
    }

    fn from_representation(nanoseconds: i64) -> Result<Self, DecodeError> {
        let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
        let time = if nanoseconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        time.ok_or_else(|| DecodeError::new(format_args!("{nanoseconds} ns since 1970 is no time of this system")))
    }
}

impl Represented for char {
    type Representation = u32;
    const LOGIC: Option<&'static str> = Some("char");

    fn represent(&self) -> u32 {
        (*self).into()
    }

    fn from_representation(number: u32) -> Result<Self, DecodeError> {
        Self::from_u32(number).ok_or_else(|| DecodeError::new(format_args!("{number:#x} is no Unicode scalar value")))
    }
}

impl Represented for usize {
    type Representation = u64;
    const LOGIC: Option<&'static str> = None;

    fn represent(&self) -> u64 {
        *self as u64
    }

    fn from_representation(number: u64) -> Result<Self, DecodeError> {
        Self::try_from(number).map_err(|_| DecodeError::new(format_args!("{number} is not in usize")))
    }
}

impl Represented for isize {
    type Representation = i64;
    const LOGIC: Option<&'static str> = None;

    fn represent(&self) -> i64 {
        *self as i64
    }

    fn from_representation(number: i64) -> Result<Self, DecodeError> {
        Self::try_from(number).map_err(|_| DecodeError::new(format_args!("{number} is not in isize")))
    }
}

represented!(Duration, SystemTime, char, usize, isize);

// A path that is not UTF-8 is no text: what is wrong in it is passed as U+FFFD, since lowering cannot fail.
// SAFETY: zeros are no text; only the two fields are written.
unsafe impl Lower for PathBuf {
    type C = Str;
    const SHAPE: Shape = Shape::As(Logic::Name("path"), &<str as Lower>::SHAPE);

    unsafe fn lower(&self, place: *mut Str, scratch: &Scratch) {
        let text = self.to_str().unwrap_or_else(|| scratch.text(&self.to_string_lossy()));
        // SAFETY: the caller's contract; the text is borrowed from the path, or in `scratch`.
        unsafe { text.lower(place, scratch) };
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        writer.text(&self.to_string_lossy());
    }

    fn payload(&self, take: impl FnMut(&[u8])) {
        self.to_string_lossy().payload(take);
    }
}

// SAFETY: as text.
unsafe impl Lift for PathBuf {
    type Arg = Str;

    unsafe fn lift(place: *const Str, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { String::lift(place, reader) }.map(Self::from)
    }

    unsafe fn lift_arg(arg: Str, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { String::lift_arg(arg, reader) }.map(Self::from)
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        String::decode(reader).map(Self::from)
    }

    unsafe fn lift_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { String::lift_payload(bytes, reader) }.map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_passed_as_the_outermost_that_does() {
        assert_eq!(Duration::MAX.represent(), u64::MAX);
        let far = Duration::from_secs(1 << 40);
        assert_eq!((UNIX_EPOCH + far).represent(), i64::MAX);
        assert_eq!((UNIX_EPOCH - far).represent(), i64::MIN);
    }

    #[test]
    fn numbers_come_back() {
        for nanoseconds in [i64::MIN + 1, -1_000, 0, 1_000] {
            // A clock of Windows counts in steps of 100 ns.
            let whole = nanoseconds / 100 * 100;
            assert_eq!(SystemTime::from_representation(whole).map(|time| time.represent()), Ok(whole));
        }
        assert_eq!(Duration::from_representation(u64::MAX).map(|duration| duration.represent()), Ok(u64::MAX));
        assert_eq!(isize::from_representation(-1), Ok(-1));
        assert!(char::from_representation(0xd800).is_err() && char::from_representation(0x11_0000).is_err());
    }
}
