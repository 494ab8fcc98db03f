//! Random types, random values of them, and what `docs/abi.md` says that each value is: written down here once more, without
//! the library's code, so that the two can be compared.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

pub mod c_rules;
#[rustfmt::skip]
pub mod generated;
pub mod generator;
pub mod hostile;
pub mod loose;

use ciborium::Value;
use std::collections::{BTreeMap, HashMap};

/// Random numbers, the same for the same seed: splitmix64.
pub struct Rng {
    state: u64,
    /// How many levels of lists, maps and options may still be put into each other.
    pub depth: u32,
}

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, depth: 5 }
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number that is smaller than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.bits() % end as u64).expect("it is below a usize")
    }

    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// So many values, each a level deeper; none at the bottom.
    fn some<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        if self.depth == 0 {
            return Vec::new();
        }
        self.depth -= 1;
        let len = self.pick(&[0, 1, 1, 2, 3, 5]);
        let values = (0..len).map(|_| one(self)).collect();
        self.depth += 1;
        values
    }
}

/// A type of which there are random values.
pub trait Sample: Sized {
    fn random(rng: &mut Rng) -> Self;

    /// The value as CBOR, by `docs/abi.md`.
    fn value(&self) -> Value;
}

macro_rules! integers {
    ($($ty:ident),*) => {$(
        impl Sample for $ty {
            fn random(rng: &mut Rng) -> Self {
                let edge = rng.pick(&[23_u64, 24, 127, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296]);
                #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "whatever remains is random")]
                let (edge, random) = (edge as Self, rng.bits() as Self);
                rng.pick(&[$ty::MIN, $ty::MAX, 0, 1, edge, random, random])
            }

            fn value(&self) -> Value {
                Value::Integer((*self).into())
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($ty:ident from $bits:ident),*) => {$(
        impl Sample for $ty {
            fn random(rng: &mut Rng) -> Self {
                let edges = [0.0, -0.0, 1.0, -17.0, 0.1, $ty::MAX, $ty::MIN_POSITIVE, $ty::from_bits(1), $ty::INFINITY, $ty::NAN];
                #[allow(clippy::cast_possible_truncation, reason = "whatever remains is random")]
                let random = $ty::from_bits(rng.bits() as $bits);
                if rng.one_in(2) { rng.pick(&edges) } else { random }
            }

            fn value(&self) -> Value {
                Value::Float((*self).into())
            }
        }
    )*};
}

floats!(f32 from u32, f64 from u64);

impl Sample for bool {
    fn random(rng: &mut Rng) -> Self {
        rng.one_in(2)
    }

    fn value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Sample for String {
    fn random(rng: &mut Rng) -> Self {
        let len = rng.pick(&[0, 1, 3, 8, 23, 24, 70]);
        (0..len).map(|_| rng.pick(&['a', 'Z', '0', ' ', '"', '\0', '\u{7f}', 'ß', '€', '🦀'])).collect()
    }

    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl<T: Sample> Sample for Option<T> {
    fn random(rng: &mut Rng) -> Self {
        rng.some(T::random).pop()
    }

    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::value)
    }
}

/// Bytes are a type of their own to hosts; in Rust they are a list like any other.
pub fn bytes(rng: &mut Rng) -> Vec<u8> {
    let len = rng.pick(&[0, 1, 5, 24, 300]);
    (0..len).map(|_| rng.bits().to_le_bytes()[0]).collect()
}

impl<T: Sample + 'static> Sample for Vec<T> {
    fn random(rng: &mut Rng) -> Self {
        let any: &mut dyn std::any::Any = &mut Some(Self::new());
        match any.downcast_mut::<Option<Vec<u8>>>() {
            Some(place) => *place = Some(bytes(rng)),
            None => return rng.some(T::random),
        }
        any.downcast_mut::<Option<Self>>().and_then(Option::take).expect("it is what was put in")
    }

    fn value(&self) -> Value {
        let any: &dyn std::any::Any = self;
        match any.downcast_ref::<Vec<u8>>() {
            Some(bytes) => Value::Bytes(bytes.clone()),
            None => Value::Array(self.iter().map(T::value).collect()),
        }
    }
}

macro_rules! maps {
    ($($map:ident),*) => {$(
        impl<T: Sample> Sample for $map<String, T> {
            fn random(rng: &mut Rng) -> Self {
                rng.some(|rng| (String::random(rng), T::random(rng))).into_iter().collect()
            }

            fn value(&self) -> Value {
                Value::Map(self.iter().map(|(key, value)| (Value::Text(key.clone()), value.value())).collect())
            }
        }
    )*};
}

maps!(BTreeMap, HashMap);

/// A map with these keys: a struct.
pub fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (Value::Text(name.to_owned()), value)).collect())
}

/// The same for values that are the same: keys in order, floats by their bits, all that are no number alike.
pub fn normal(value: Value) -> Value {
    match value {
        Value::Float(float) if float.is_nan() => Value::Text("NaN".to_owned()),
        Value::Float(float) => Value::Tag(0, Box::new(Value::Integer(float.to_bits().into()))),
        Value::Array(values) => Value::Array(values.into_iter().map(normal).collect()),
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, normal(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.as_text().cmp(&b.as_text()));
            Value::Map(entries)
        }
        other => other,
    }
}
