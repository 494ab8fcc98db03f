//! What the fuzz target `wire` does with its bytes; `fuzz/replay/replay.rs` does the same with the corpus.
//!
//! The first byte chooses a type, the second a budget; the rest is CBOR. It is an error or a value, and no panic. It takes no
//! more memory than the budget and the bytes allow. A value is encoded to CBOR that another decoder takes and that is decoded
//! to the same value; natively it is passed to itself, too.

mod memory;

use ciborium::Value;
use ffihost::wire::{Lift, from_payload, to_payload};
use ffihost::{Format, ffi};
use std::collections::{BTreeMap, HashMap};

/// What the library needs, and nobody makes.
pub(crate) struct State;

/// Never called.
#[ffi(constructor)]
async fn create() -> Result<State, String> {
    Ok(State)
}

/// One that contains itself, in each way that there is.
#[ffi]
pub(crate) struct Tree {
    pub(crate) leaf: Option<Leaf>,
    pub(crate) children: Vec<Tree>,
    pub(crate) named: BTreeMap<String, Tree>,
}

#[ffi]
pub(crate) enum Leaf {
    Nothing,
    One(i64),
    Bytes(Vec<u8>),
    Two { left: f64, right: Vec<Leaf> },
    Deep(HashMap<String, Vec<Option<Leaf>>>),
}

#[ffi]
pub(crate) enum Color {
    Red,
    Green,
}

#[ffi]
pub(crate) struct Everything {
    pub(crate) flag: bool,
    pub(crate) small: Vec<i8>,
    pub(crate) half: u16,
    pub(crate) short: i16,
    pub(crate) word: i32,
    pub(crate) single: f32,
    pub(crate) double: f64,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) color: Option<Color>,
    pub(crate) counts: HashMap<String, u64>,
}

/// The smallest and the largest budget, in powers of two.
const BUDGETS: std::ops::Range<u32> = 4..20;

/// Reads the bytes as a value of the type that the first one says.
pub(crate) fn run(bytes: &[u8]) {
    let [which, budget, bytes @ ..] = bytes else { return };
    let budget = 1 << (BUDGETS.start + u32::from(*budget) % (BUDGETS.end - BUDGETS.start));
    match which % 8 {
        0 => take::<Tree>(bytes, budget),
        1 => take::<Leaf>(bytes, budget),
        2 => take::<Everything>(bytes, budget),
        3 => take::<Option<BTreeMap<String, Vec<Option<String>>>>>(bytes, budget),
        4 => take::<Vec<Vec<u8>>>(bytes, budget),
        5 => take::<HashMap<String, HashMap<String, f32>>>(bytes, budget),
        6 => take::<Vec<Color>>(bytes, budget),
        _ => take::<Vec<Everything>>(bytes, budget),
    }
}

/// What a budget and some bytes allow: a list that grows is there twice, a map is not full, and an error tells of a path.
fn allowed(budget: usize, bytes: &[u8]) -> usize {
    6 * budget + 8 * bytes.len() + (16 << 10)
}

fn take<T: Lift>(bytes: &[u8], budget: usize) {
    // SAFETY: CBOR points to nothing.
    let (value, peak) = memory::peak(|| unsafe { from_payload::<T>(Format::Cbor, bytes, budget) });
    assert!(peak <= allowed(budget, bytes), "{peak} bytes for a budget of {budget} and {} bytes", bytes.len());
    let Ok(value) = value else { return };
    let encoded = encode(&value);
    // SAFETY: as above. What it takes may be more, because keys that were left out are there now.
    let again = unsafe { from_payload::<T>(Format::Cbor, &encoded, usize::MAX) }.expect("it was encoded just now");
    let normal = normal(&encoded);
    assert_eq!(self::normal(&encode(&again)), normal, "decoded otherwise than encoded");
    let mut passed = None;
    to_payload(&value, Format::Native, &mut |payload| {
        // SAFETY: it points into the value.
        passed = Some(unsafe { from_payload::<T>(Format::Native, payload, usize::MAX >> 1) });
    });
    let passed = passed.expect("it is passed").expect("it is a value");
    assert_eq!(self::normal(&encode(&passed)), normal, "passed otherwise than encoded");
}

fn encode(value: &impl Lift) -> Vec<u8> {
    let mut encoded = Vec::new();
    to_payload(value, Format::Cbor, &mut |payload| encoded.extend_from_slice(payload));
    encoded
}

/// A value as text, with its maps in order: a hash map has none.
fn normal(mut encoded: &[u8]) -> String {
    let mut value: Value = ciborium::from_reader(&mut encoded).expect("it is CBOR");
    assert!(encoded.is_empty(), "something follows it");
    sort(&mut value);
    format!("{value:?}")
}

fn sort(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(sort),
        Value::Map(entries) => {
            entries.iter_mut().for_each(|(_, value)| sort(value));
            entries.sort_by(|(a, _), (b, _)| a.as_text().cmp(&b.as_text()));
        }
        _ => {}
    }
}
