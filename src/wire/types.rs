//! The types that an author's types are made of.

use super::cbor::{self, Reader as CborReader, Writer as CborWriter};
use super::native::{self, Entry, List, Optional, Reader as NativeReader, Scratch, Str};
use super::{Lift, Lower};
use crate::error::DecodeError;
use ffihost_schema::write::Shape;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// What integers and floats have in common: each is its own C type, and so is a list of them.
macro_rules! plain {
    ($type:ty, $shape:ident) => {
        // SAFETY: it is its own C type, and zero is one.
        unsafe impl Lower for $type {
            type C = Self;
            const SHAPE: Shape = Shape::$shape;

            #[inline]
            unsafe fn lower(&self, place: *mut Self, _: &Scratch) {
                // SAFETY: the caller's contract.
                unsafe { place.write(*self) };
            }

            #[inline]
            fn encode(&self, writer: &mut CborWriter<'_>) {
                encode::$shape(*self, writer);
            }

            unsafe fn lower_list(list: &[Self], place: *mut List<Self>, _: &Scratch) {
                // SAFETY: the caller's contract.
                unsafe { native::lower_plain_list(list, place) };
            }
        }

        // SAFETY: every bit pattern is one.
        unsafe impl Lift for $type {
            type Arg = Self;

            #[inline]
            unsafe fn lift(place: *const Self, _: &mut NativeReader) -> Result<Self, DecodeError> {
                // SAFETY: the caller's contract.
                Ok(unsafe { place.read_unaligned() })
            }

            #[inline]
            unsafe fn lift_arg(arg: Self, _: &mut NativeReader) -> Result<Self, DecodeError> {
                Ok(arg)
            }

            #[inline]
            fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
                decode::$shape(reader)
            }

            unsafe fn lift_list(list: List<Self>, reader: &mut NativeReader) -> Result<Vec<Self>, DecodeError> {
                // SAFETY: the caller's contract; every bit pattern is one.
                unsafe { native::lift_plain_list(list, reader) }
            }
        }
    };
}

plain!(i8, I8);
plain!(i16, I16);
plain!(i32, I32);
plain!(i64, I64);
plain!(u16, U16);
plain!(u32, U32);
plain!(u64, U64);
plain!(f32, F32);
plain!(f64, F64);

/// Numbers to CBOR, each by the name of its shape.
#[expect(non_snake_case, reason = "by the name of its shape")]
mod encode {
    use super::CborWriter;

    macro_rules! integers {
        ($($shape:ident($type:ty) => $how:ident),*) => {$(
            pub(super) fn $shape(value: $type, writer: &mut CborWriter<'_>) {
                writer.$how(value.into());
            }
        )*};
    }

    integers!(I8(i8) => signed, I16(i16) => signed, I32(i32) => signed, I64(i64) => signed);
    integers!(U16(u16) => unsigned, U32(u32) => unsigned, U64(u64) => unsigned);
    integers!(F32(f32) => float, F64(f64) => float);
}

/// Numbers from CBOR.
#[expect(non_snake_case, reason = "by the name of its shape")]
mod decode {
    use super::{CborReader, DecodeError};

    macro_rules! integers {
        ($($shape:ident($type:ty) => $how:ident),*) => {$(
            pub(super) fn $shape(reader: &mut CborReader<'_>) -> Result<$type, DecodeError> {
                let value = reader.$how()?;
                let out_of_range = |_| DecodeError::new(format_args!("{value} is not in {}", stringify!($type)));
                <$type>::try_from(value).map_err(out_of_range)
            }
        )*};
    }

    integers!(I8(i8) => signed, I16(i16) => signed, I32(i32) => signed);
    integers!(U8(u8) => unsigned, U16(u16) => unsigned, U32(u32) => unsigned);

    pub(super) fn I64(reader: &mut CborReader<'_>) -> Result<i64, DecodeError> {
        Ok(reader.signed()?)
    }

    pub(super) fn U64(reader: &mut CborReader<'_>) -> Result<u64, DecodeError> {
        Ok(reader.unsigned()?)
    }

    pub(super) fn F64(reader: &mut CborReader<'_>) -> Result<f64, DecodeError> {
        Ok(reader.float()?)
    }

    #[expect(clippy::cast_possible_truncation, reason = "what a float cannot hold is rounded, as everywhere")]
    pub(super) fn F32(reader: &mut CborReader<'_>) -> Result<f32, DecodeError> {
        let wide = reader.float()?;
        let value = wide as f32;
        if value.is_infinite() && wide.is_finite() {
            return Err(DecodeError::new(format_args!("{wide:e} is not in f32")));
        }
        Ok(value)
    }
}

// A number like the others, but a list of them is bytes.
// SAFETY: it is its own C type, and zero is one.
unsafe impl Lower for u8 {
    type C = Self;
    const SHAPE: Shape = Shape::U8;
    const LIST_SHAPE: Shape = Shape::Bytes;

    #[inline]
    unsafe fn lower(&self, place: *mut Self, _: &Scratch) {
        // SAFETY: the caller's contract.
        unsafe { place.write(*self) };
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        writer.unsigned((*self).into());
    }

    #[inline]
    unsafe fn lower_list(list: &[Self], place: *mut List<Self>, _: &Scratch) {
        // SAFETY: the caller's contract.
        unsafe { native::lower_plain_list(list, place) };
    }

    fn encode_list(list: &[Self], writer: &mut CborWriter<'_>) {
        writer.bytes(list);
    }

    #[inline]
    fn list_payload(list: &[Self], mut take: impl FnMut(&[u8])) {
        take(list);
    }
}

// SAFETY: every bit pattern is one.
unsafe impl Lift for u8 {
    type Arg = Self;

    #[inline]
    unsafe fn lift(place: *const Self, _: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        Ok(unsafe { place.read() })
    }

    #[inline]
    unsafe fn lift_arg(arg: Self, _: &mut NativeReader) -> Result<Self, DecodeError> {
        Ok(arg)
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        decode::U8(reader)
    }

    unsafe fn lift_list(list: List<Self>, reader: &mut NativeReader) -> Result<Vec<Self>, DecodeError> {
        // SAFETY: the caller's contract; every bit pattern is one.
        unsafe { native::lift_plain_list(list, reader) }
    }

    fn decode_list(reader: &mut CborReader<'_>) -> Result<Vec<Self>, DecodeError> {
        Ok(reader.bytes()?)
    }

    unsafe fn lift_list_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Vec<Self>, DecodeError> {
        reader.charge(bytes.len(), 1)?;
        Ok(bytes.to_vec())
    }
}

// Its C type is a byte here, so that one which is neither 0 nor 1 can be looked at.
// SAFETY: zero is false.
unsafe impl Lower for bool {
    type C = u8;
    const SHAPE: Shape = Shape::Bool;

    #[inline]
    unsafe fn lower(&self, place: *mut u8, _: &Scratch) {
        // SAFETY: the caller's contract.
        unsafe { place.write(u8::from(*self)) };
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        writer.bool(*self);
    }
}

// SAFETY: neither 0 nor 1 is an error.
unsafe impl Lift for bool {
    type Arg = u8;

    #[inline]
    unsafe fn lift(place: *const u8, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { Self::lift_arg(place.read(), reader) }
    }

    #[inline]
    unsafe fn lift_arg(arg: u8, _: &mut NativeReader) -> Result<Self, DecodeError> {
        match arg {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(DecodeError::new(format_args!("a bool is 0 or 1, not {other}"))),
        }
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.bool()?)
    }
}

// SAFETY: zeros are no text; only the two fields are written.
unsafe impl Lower for str {
    type C = Str;
    const SHAPE: Shape = Shape::String;

    #[inline]
    unsafe fn lower(&self, place: *mut Str, _: &Scratch) {
        // SAFETY: the caller's contract.
        unsafe { place.write(Str { data: self.as_ptr(), len: self.len() }) };
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        writer.text(self);
    }

    #[inline]
    fn payload(&self, mut take: impl FnMut(&[u8])) {
        take(self.as_bytes());
    }
}

// SAFETY: pointer and length are checked, and so is what they say.
unsafe impl Lift for String {
    type Arg = Str;

    #[inline]
    unsafe fn lift(place: *const Str, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { Self::lift_arg(place.read_unaligned(), reader) }
    }

    #[inline]
    unsafe fn lift_arg(arg: Str, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { reader.text(arg) }.map(str::to_owned)
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.text()?)
    }

    #[inline]
    unsafe fn lift_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Self, DecodeError> {
        reader.charge(bytes.len(), 1)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(DecodeError::not_utf8)
    }
}

// SAFETY: zeros are no list; only the two fields are written.
unsafe impl<T: Lower> Lower for [T] {
    type C = List<T::C>;
    const SHAPE: Shape = T::LIST_SHAPE;

    #[inline]
    unsafe fn lower(&self, place: *mut Self::C, scratch: &Scratch) {
        // SAFETY: the caller's contract.
        unsafe { T::lower_list(self, place, scratch) };
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        T::encode_list(self, writer);
    }

    #[inline]
    fn payload(&self, take: impl FnMut(&[u8])) {
        T::list_payload(self, take);
    }
}

// SAFETY: pointer and length are checked, and each value.
unsafe impl<T: Lift> Lift for Vec<T> {
    type Arg = List<T::C>;

    #[inline]
    unsafe fn lift(place: *const Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { T::lift_list(place.read_unaligned(), reader) }
    }

    #[inline]
    unsafe fn lift_arg(arg: Self::Arg, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { T::lift_list(arg, reader) }
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        T::decode_list(reader)
    }

    #[inline]
    unsafe fn lift_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { T::lift_list_payload(bytes, reader) }
    }
}

/// What goes to the host as what it refers to does.
macro_rules! referring {
    ([$($parameters:tt)*] $type:ty => $target:ty) => {
        // SAFETY: it is what it refers to.
        unsafe impl<$($parameters)*> Lower for $type {
            type C = <$target as Lower>::C;
            const SHAPE: Shape = <$target as Lower>::SHAPE;
            const POINTS: bool = <$target as Lower>::POINTS;

            #[inline]
            unsafe fn lower(&self, place: *mut Self::C, scratch: &Scratch) {
                // SAFETY: the caller's contract.
                unsafe { <$target as Lower>::lower(self, place, scratch) };
            }

            fn encode(&self, writer: &mut CborWriter<'_>) {
                <$target as Lower>::encode(self, writer);
            }

            #[inline]
            fn payload(&self, take: impl FnMut(&[u8])) {
                <$target as Lower>::payload(self, take);
            }
        }
    };
}

referring!([] String => str);
referring!([T: Lower] Vec<T> => [T]);
referring!([T: Lower + ?Sized] &T => T);

// SAFETY: zeros are nothing; only fields are written.
unsafe impl<T: Lower> Lower for Option<T> {
    type C = Optional<T::C>;
    const SHAPE: Shape = Shape::Option(&T::SHAPE);
    const POINTS: bool = T::POINTS;

    #[inline]
    unsafe fn lower(&self, place: *mut Self::C, scratch: &Scratch) {
        if let Some(value) = self {
            // SAFETY: the caller's contract.
            unsafe {
                (&raw mut (*place).present).write(1);
                value.lower(&raw mut (*place).value, scratch);
            }
        }
    }

    fn encode(&self, writer: &mut CborWriter<'_>) {
        match self {
            Some(value) => value.encode(writer),
            None => writer.null(),
        }
    }
}

// SAFETY: the flag is checked, and the value if there is one.
unsafe impl<T: Lift> Lift for Option<T> {
    type Arg = *const Optional<T::C>;

    #[inline]
    unsafe fn lift(place: *const Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe {
            match bool::lift(&raw const (*place).present, reader)? {
                true => T::lift(&raw const (*place).value, reader).map(Some),
                false => Ok(None),
            }
        }
    }

    #[inline]
    unsafe fn lift_arg(arg: Self::Arg, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        if arg.is_null() {
            return Ok(None);
        }
        // SAFETY: not null; the caller's contract.
        unsafe { Self::lift(arg, reader) }
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        reader.optional(T::decode)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Lowers the entries of a map into an array.
///
/// # Safety
///
/// `place` may be written, and is aligned.
unsafe fn lower_entries<'a, T: Lower + 'a>(
    entries: impl ExactSizeIterator<Item = (&'a String, &'a T)>,
    place: *mut List<Entry<T::C>>,
    scratch: &Scratch,
) {
    let len = entries.len();
    let array = scratch.array::<Entry<T::C>>(len);
    for (index, (key, value)) in entries.enumerate() {
        // SAFETY: the array is as long as the map, and all zeros.
        unsafe {
            let entry = array.add(index);
            key.lower(&raw mut (*entry).key, scratch);
            value.lower(&raw mut (*entry).value, scratch);
        }
    }
    // SAFETY: the caller's contract.
    unsafe { place.write(List { data: array, len }) };
}

fn encode_entries<'a, T: Lower + 'a>(
    entries: impl ExactSizeIterator<Item = (&'a String, &'a T)>,
    writer: &mut CborWriter<'_>,
) {
    writer.map(entries.len());
    for (key, value) in entries {
        cbor::entry(writer, key, value);
    }
}

/// Reads the entries of a map, and hands each over; false for a key that there is already.
///
/// # Safety
///
/// A pointer that is not NULL points to as many entries as the length says.
unsafe fn lift_entries<T: Lift>(
    list: List<Entry<T::C>>,
    reader: &mut NativeReader,
    mut insert: impl FnMut(String, T) -> bool,
) -> Result<(), DecodeError> {
    native::check_list::<(String, T)>(list.data.is_null(), list.len, reader)?;
    reader.deeper(|reader| {
        for index in 0..list.len {
            // SAFETY: the caller's contract.
            let (key, value) = unsafe {
                let entry = list.data.add(index);
                let key = String::lift(&raw const (*entry).key, reader).map_err(|error| error.at_index(index))?;
                let value = T::lift(&raw const (*entry).value, reader).map_err(|error| error.at(&key))?;
                (key, value)
            };
            if !insert(key, value) {
                return Err(DecodeError::new("a key occurs twice").at_index(index));
            }
        }
        Ok(())
    })
}

fn decode_entries<T: Lift>(
    reader: &mut CborReader<'_>,
    mut insert: impl FnMut(String, T) -> bool,
) -> Result<(), DecodeError> {
    reader.deeper(|reader| {
        reader.map(|key, reader| {
            reader.charge(size_of::<(String, T)>() + key.len())?;
            let value = T::decode(reader).map_err(|error| error.at(key))?;
            if insert(key.to_owned(), value) { Ok(()) } else { Err(DecodeError::new("the key occurs twice").at(key)) }
        })
    })
}

macro_rules! map {
    ($map:ty, [$($lower:tt)*], [$($lift:tt)*]) => {
        // SAFETY: zeros are no list; only the two fields are written.
        unsafe impl<$($lower)*> Lower for $map {
            type C = List<Entry<T::C>>;
            const SHAPE: Shape = Shape::Map(&T::SHAPE);

            unsafe fn lower(&self, place: *mut Self::C, scratch: &Scratch) {
                // SAFETY: the caller's contract.
                unsafe { lower_entries(self.iter(), place, scratch) };
            }

            fn encode(&self, writer: &mut CborWriter<'_>) {
                encode_entries(self.iter(), writer);
            }
        }

        // SAFETY: pointer and length are checked, and each entry.
        unsafe impl<$($lift)*> Lift for $map {
            type Arg = Self::C;

            unsafe fn lift(place: *const Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
                // SAFETY: the caller's contract.
                unsafe { Self::lift_arg(place.read_unaligned(), reader) }
            }

            unsafe fn lift_arg(arg: Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
                let mut map = Self::default();
                // SAFETY: the caller's contract.
                unsafe { lift_entries(arg, reader, |key, value| map.insert(key, value).is_none())? };
                Ok(map)
            }

            fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
                let mut map = Self::default();
                decode_entries(reader, |key, value| map.insert(key, value).is_none())?;
                Ok(map)
            }
        }
    };
}

map!(BTreeMap<String, T>, [T: Lower], [T: Lift]);
map!(HashMap<String, T, S>, [T: Lower, S], [T: Lift, S: BuildHasher + Default + Send + 'static]);

// Nothing: only as a result.
// SAFETY: there is nothing to write.
unsafe impl Lower for () {
    type C = ();
    const SHAPE: Shape = Shape::Unit;

    unsafe fn lower(&self, _: *mut (), _: &Scratch) {}

    fn encode(&self, writer: &mut CborWriter<'_>) {
        writer.null();
    }

    #[inline]
    fn payload(&self, mut take: impl FnMut(&[u8])) {
        take(&[]);
    }
}

// SAFETY: there is nothing to read.
unsafe impl Lift for () {
    type Arg = ();

    unsafe fn lift(_: *const (), _: &mut NativeReader) -> Result<Self, DecodeError> {
        Ok(())
    }

    unsafe fn lift_arg((): (), _: &mut NativeReader) -> Result<Self, DecodeError> {
        Ok(())
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.null()?)
    }

    unsafe fn lift_payload(bytes: &[u8], _: &mut NativeReader) -> Result<Self, DecodeError> {
        match bytes.len() {
            0 => Ok(()),
            length => Err(DecodeError::new(format_args!("expected no bytes, there are {length}"))),
        }
    }
}
