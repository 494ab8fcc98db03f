//! CBOR: values of types that cross, written and read by `ffihost-cbor`.

use super::{Lift, Lower};
use crate::error::DecodeError;

pub use ffihost_cbor::{Reader, Writer};

/// Writes a key of a map, and its value.
pub fn entry(writer: &mut Writer<'_>, key: &str, value: &(impl Lower + ?Sized)) {
    writer.text(key);
    value.encode(writer);
}

/// Writes an array.
pub fn write_list(writer: &mut Writer<'_>, list: &[impl Lower]) {
    writer.array(list.len());
    for value in list {
        value.encode(writer);
    }
}

/// Writes an array of values that are CBOR already.
pub(crate) fn write_encoded<T>(writer: &mut Writer<'_>, list: &[T], value: fn(&T) -> &[u8]) {
    writer.array(list.len());
    for piece in list {
        writer.encoded(value(piece));
    }
}

/// Reads an array. The list grows as values come, whatever length is declared.
///
/// # Errors
///
/// If it is something else, or one of its values is.
pub fn read_list<T: Lift>(reader: &mut Reader<'_>) -> Result<Vec<T>, DecodeError> {
    let mut values = Vec::new();
    reader.values(|reader| -> Result<(), DecodeError> {
        reader.charge(size_of::<T>().max(1))?;
        values.push(T::decode(reader)?);
        Ok(())
    })?;
    Ok(values)
}
