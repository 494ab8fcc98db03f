//! Collections that cross as a list: arrays of a fixed length, sets, and `VecDeque`.

use super::cbor::{self, Reader as CborReader, Writer as CborWriter};
use super::native::{self, List, Reader as NativeReader, Scratch};
use super::{Lift, Lower};
use crate::error::DecodeError;
use ffihost_schema::write::{Logic, Shape};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

// SAFETY: as the slice of it.
unsafe impl<T: Lower, const N: usize> Lower for [T; N] {
    type C = List<T::C>;
    const SHAPE: Shape = Shape::As(Logic::Array(N), &T::LIST_SHAPE);

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

/// The array of a list, if it is as long.
fn array<T, const N: usize>(list: Vec<T>) -> Result<[T; N], DecodeError> {
    list.try_into()
        .map_err(|list: Vec<T>| DecodeError::new(format_args!("expected {N} values, there are {}", list.len())))
}

// SAFETY: as the list of it.
unsafe impl<T: Lift, const N: usize> Lift for [T; N] {
    type Arg = List<T::C>;

    #[inline]
    unsafe fn lift(place: *const Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { Self::lift_arg(place.read_unaligned(), reader) }
    }

    #[inline]
    unsafe fn lift_arg(arg: Self::Arg, reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        array(unsafe { T::lift_list(arg, reader)? })
    }

    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        array(T::decode_list(reader)?)
    }

    unsafe fn lift_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        array(unsafe { T::lift_list_payload(bytes, reader)? })
    }
}

/// Collects values, of which none may occur twice.
fn distinct<T, C: Default>(values: Vec<T>, mut insert: impl FnMut(&mut C, T) -> bool) -> Result<C, DecodeError> {
    let mut collection = C::default();
    for (index, value) in values.into_iter().enumerate() {
        if !insert(&mut collection, value) {
            return Err(DecodeError::new("a value occurs twice").at_index(index));
        }
    }
    Ok(collection)
}

/// A collection that does not lie in memory as a list does. One of `u8` is a list of numbers, too, and not bytes.
macro_rules! collection {
    ($collection:ty, [$($lower:tt)*], [$($lift:tt)*], $shape:expr, $collect:expr) => {
        // SAFETY: zeros are no list; only the two fields are written.
        unsafe impl<$($lower)*> Lower for $collection {
            type C = List<T::C>;
            const SHAPE: Shape = $shape;

            unsafe fn lower(&self, place: *mut Self::C, scratch: &Scratch) {
                let array = scratch.array::<T::C>(self.len());
                for (index, value) in self.iter().enumerate() {
                    // SAFETY: the array is as long as the collection, and all zeros.
                    unsafe { value.lower(array.add(index), scratch) };
                }
                // SAFETY: the caller's contract.
                unsafe { place.write(List { data: array, len: self.len() }) };
            }

            fn encode(&self, writer: &mut CborWriter<'_>) {
                writer.array(self.len());
                self.iter().for_each(|value| value.encode(writer));
            }
        }

        // SAFETY: pointer and length are checked, and each value.
        unsafe impl<$($lift)*> Lift for $collection {
            type Arg = Self::C;

            unsafe fn lift(place: *const Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
                // SAFETY: the caller's contract.
                unsafe { Self::lift_arg(place.read_unaligned(), reader) }
            }

            unsafe fn lift_arg(arg: Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError> {
                // SAFETY: the caller's contract.
                $collect(unsafe { native::lift_list::<T>(arg, reader)? })
            }

            fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError> {
                $collect(cbor::read_list::<T>(reader)?)
            }
        }
    };
}

const fn set(list: &'static Shape) -> Shape {
    Shape::As(Logic::Name("set"), list)
}

collection!(VecDeque<T>, [T: Lower], [T: Lift], Shape::List(&T::SHAPE), |values| Ok(Self::from(values)));
collection!(BTreeSet<T>, [T: Lower], [T: Lift + Ord], set(&Shape::List(&T::SHAPE)), |values| distinct(
    values,
    Self::insert
));
collection!(
    HashSet<T, S>,
    [T: Lower, S],
    [T: Lift + Eq + Hash, S: BuildHasher + Default + Send + 'static],
    set(&Shape::List(&T::SHAPE)),
    |values| distinct(values, Self::insert)
);
