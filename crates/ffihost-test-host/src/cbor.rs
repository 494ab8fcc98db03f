//! CBOR, as a host writes and reads it.

use crate::callback::text;
use ciborium::Value;
use std::ffi::c_int;

/// A value.
pub fn parse(bytes: &[u8]) -> Value {
    let mut left = bytes;
    let value = ciborium::from_reader(&mut left).expect("the library writes CBOR");
    assert!(left.is_empty(), "one value");
    value
}

/// The bytes of a value.
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a Vec takes every byte");
    bytes
}

/// A map with these keys.
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// Reads a payload that is CBOR, or text for people.
pub fn payload(ret: c_int, payload: &[u8]) -> Value {
    if ret <= 1 { parse(payload) } else { Value::Text(text(ret, payload)) }
}
