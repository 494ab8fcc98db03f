//! A library that passes on what it is given: every type that crosses, in every position.

#![forbid(unsafe_code)]

use ffihost::{Handle, HostError, ffi, ffi_event, ffi_host};
use std::collections::{BTreeMap, HashMap};

ffihost::library!("every_type", Nothing);

/// The state.
#[derive(Debug)]
pub struct Nothing;

/// Every scalar, and text and bytes.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is what its type says")]
pub struct Plain {
    pub yes: bool,
    pub i8: i8,
    pub i16: i16,
    pub i32: i32,
    pub i64: i64,
    pub u8: u8,
    pub u16: u16,
    pub u32: u32,
    pub u64: u64,
    pub f32: f32,
    pub f64: f64,
    pub text: String,
    pub bytes: Vec<u8>,
}

/// An enum without data.
#[ffi]
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is a colour")]
pub enum Colour {
    Red,
    Green,
    Blue,
}

/// An enum with data.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is a shape")]
pub enum Shape {
    Point,
    Circle(f64),
    Named { name: String, colours: Vec<Colour> },
}

/// What is put together from others.
#[ffi]
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is what its type says")]
pub struct Nested {
    pub plain: Plain,
    pub colour: Colour,
    pub shape: Shape,
    pub nothing: Option<u32>,
    pub something: Option<Plain>,
    pub numbers: Vec<u16>,
    pub texts: Vec<String>,
    pub lists: Vec<Vec<u8>>,
    pub shapes: Vec<Shape>,
    pub children: Vec<Tree>,
    pub by_name: BTreeMap<String, Shape>,
    pub maybe: Option<Vec<bool>>,
    pub counter: Option<Handle<Counter>>,
}

/// A type that holds itself.
#[ffi]
#[derive(Clone, Debug)]
pub struct Tree {
    /// A number.
    pub value: i32,
    /// The trees below.
    pub children: Vec<Self>,
}

/// An error with data.
#[ffi(error)]
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it holds every type")]
pub enum Failure {
    /// The host's own failure, or a failure to reach it.
    Host(String),
    /// What could not be done.
    Refused {
        /// All of it.
        nested: Nested,
    },
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::Host(error.to_string())
    }
}

/// A live object.
#[ffi(handle)]
#[derive(Debug)]
pub struct Counter {
    value: u64,
}

/// Gets everything, and gives it back or refuses it.
#[ffi_host]
async fn through_the_host(nested: &Nested, text: &str, colour: Colour, lists: &[u64]) -> Result<Nested, Failure>;

/// Everything.
#[ffi_event]
fn on_everything(nested: Nested, text: String, colour: Colour, numbers: HashMap<String, u64>);

/// Makes nothing.
#[ffi(constructor)]
pub async fn create() -> Result<Nothing, Failure> {
    Ok(Nothing)
}

/// Gives back what it is given, by way of the host, and as an event.
#[ffi]
pub async fn pass(_nothing: &Nothing, nested: Nested) -> Result<Nested, Failure> {
    let numbers = HashMap::from([("answer".to_owned(), 42)]);
    on_everything(nested.clone(), nested.plain.text.clone(), nested.colour, numbers);
    through_the_host(&nested, &nested.plain.text, nested.colour, &[1, u64::MAX]).await
}

/// Each way that a parameter is passed, on the caller's thread.
#[ffi]
#[expect(clippy::too_many_arguments, reason = "as many as there are ways")]
#[expect(clippy::needless_pass_by_value, reason = "these are the ways")]
pub fn count(
    _nothing: &Nothing,
    yes: bool,
    i8: i8,
    f32: f32,
    text: &str,
    bytes: &[u8],
    numbers: Vec<i64>,
    option: Option<Colour>,
    map: BTreeMap<String, f64>,
    shape: Shape,
    plain: &Plain,
) -> u64 {
    let lengths = [text.len(), bytes.len(), numbers.len(), map.len(), plain.text.len()];
    let scalars = u64::from(yes) + u64::from(i8.unsigned_abs()) + f32.abs() as u64;
    let optional = option.map_or(0, |colour| 1 + colour as u64);
    let shaped = u64::from(shape == Shape::Circle(0.5));
    lengths.iter().map(|length| *length as u64).sum::<u64>() + scalars + optional + shaped
}

/// A counter.
#[ffi]
pub fn start(_nothing: &Nothing, value: u64) -> Handle<Counter> {
    Handle::new(Counter { value })
}

/// What a counter counts.
#[ffi]
pub fn value_of(counter: &Counter) -> u64 {
    counter.value
}
