//! Random values of random types cross in both formats, both directions, and compare; hostile payloads are errors.

mod shapes;
mod typed;

use ciborium::Value;
use ffihost::wire::{Declared, DeclaredByHost, Lift, Lower, from_payload, native, to_payload};
use ffihost::{DecodeError, Format, HostError, ffi};
use ffihost_schema::{Library, Type};
use shapes::c_rules::{C, Memory};
use shapes::generated::*;
use shapes::loose::Loose;
use shapes::{Rng, Sample, normal};
use typed::{FFICallBack, OK, c_int, c_void};

ffihost::library!("my_app", Nothing, options = ffihost::Options::new().linger(typed::NEVER));

/// The state: nothing.
pub struct Nothing;

#[ffi(constructor)]
async fn create() -> Result<Nothing, String> {
    Ok(Nothing)
}

#[global_allocator]
static COUNTING: shapes::hostile::Counting = shapes::hostile::Counting;

const BUDGET: usize = 1 << 24;
const SEED: u64 = 5;

#[test]
fn the_generated_types_are_what_the_generator_writes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shapes/generated.rs");
    let generated = shapes::generator::generate(SEED);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &generated).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(path).expect("the file is there");
    assert!(committed == generated, "run again with UPDATE=1");
}

/// What C passes for a type: a pointer to it, or an integer.
trait Argument {
    /// # Safety
    ///
    /// `place` points to the C type.
    unsafe fn at(place: *const u8) -> Self;
}

impl Argument for *const u8 {
    unsafe fn at(place: *const u8) -> Self {
        place
    }
}

impl Argument for i32 {
    unsafe fn at(place: *const u8) -> Self {
        // SAFETY: the caller's contract.
        unsafe { place.cast::<Self>().read_unaligned() }
    }
}

/// Last are two pointers, whatever the form: callback and userData, or where result and error go.
type Echo<A> = extern "C" fn(A, *mut c_void, *mut c_void) -> c_int;
type EchoCbor = extern "C" fn(Option<FFICallBack>, *mut c_void, *const u8, usize) -> c_int;

/// One type, with the library around it.
struct Case<'a> {
    library: &'a Library,
    ty: Type,
    seed: u64,
}

impl Case<'_> {
    /// Whether what takes and returns it needs no callback: by what the descriptor says.
    fn is_direct(&self) -> bool {
        self.library.requests.iter().any(|item| item.result == self.ty && item.direct)
    }

    #[track_caller]
    fn same(&self, value: &impl Sample, expected: &Value, how: &str) {
        assert_eq!(normal(value.value()), *expected, "{} {how}, seed {}", self.ty, self.seed);
    }

    #[track_caller]
    fn lifted<T: Lift>(&self, format: Format, bytes: &[u8]) -> T {
        // SAFETY: what is in memory here is what it says.
        let lifted = unsafe { from_payload::<T>(format, bytes, BUDGET) };
        lifted.unwrap_or_else(|error| panic!("{} in {format:?}, seed {}: {error}", self.ty, self.seed))
    }

    /// As a result to the host, and back.
    fn result<T: Lift + Sample>(&self, value: &T, expected: &Value) {
        to_payload(value, Format::Native, &mut |bytes| {
            assert_eq!(bytes.len(), size_of::<T::C>());
            // SAFETY: the library wrote it just now.
            let seen = unsafe { C(self.library).read(&self.ty, bytes.as_ptr()) };
            assert_eq!(normal(seen), *expected, "{} as C sees it, seed {}", self.ty, self.seed);
            self.same(&self.lifted::<T>(Format::Native, bytes), expected, "native");
            let moved = [&[0xa5; 3], bytes].concat();
            self.same(&self.lifted::<T>(Format::Native, &moved[3..]), expected, "misaligned");
        });
        to_payload(value, Format::Cbor, &mut |bytes| {
            assert_eq!(normal(typed::parse(bytes)), *expected, "{} as others read it, seed {}", self.ty, self.seed);
            self.same(&self.lifted::<T>(Format::Cbor, bytes), expected, "CBOR");
        });
    }

    /// As a host writes it that has nothing in common with the library.
    fn others<T: Lift + Sample>(&self, value: &T, expected: &Value) {
        let mut memory = Memory::new(C(self.library), self.seed);
        let place = memory.put(&self.ty, &value.value());
        // SAFETY: so much is there.
        let bytes = unsafe { std::slice::from_raw_parts(place, size_of::<T::C>()) };
        self.same(&self.lifted::<T>(Format::Native, bytes), expected, "from C");
        let mut loose = Loose { c: C(self.library), rng: Rng::new(self.seed), out: Vec::new() };
        loose.write(&self.ty, &value.value());
        self.same(&self.lifted::<T>(Format::Cbor, &loose.out), expected, "from loose CBOR");
    }

    /// As an argument and a result of an export.
    fn argument<A: Argument, T: Lift + Sample>(&self, value: &T, expected: &Value, native: Echo<A>, cbor: EchoCbor) {
        let mut memory = Memory::new(C(self.library), self.seed);
        let place = memory.put(&self.ty, &value.value());
        let (library, ty) = (self.library.clone(), self.ty.clone());
        // SAFETY: the library passes the C type.
        let read = move |_, payload: &[u8]| normal(unsafe { C(&library).read(&ty, payload.as_ptr()) });
        // SAFETY: it was put there.
        let value_at = || unsafe { A::at(place) };
        let told = typed::run(read, |cb, user_data| match self.is_direct() {
            false => native(value_at(), cb.map_or(std::ptr::null_mut(), |cb| cb as *mut c_void), user_data),
            true => typed::called_back::<typed::Plain<T::C>>(cb, user_data, |result, error| {
                native(value_at(), result.cast(), error.cast())
            }),
        });
        assert_eq!(told, (OK, expected.clone()), "{} as an argument, seed {}", self.ty, self.seed);
        let req = typed::write(&typed::map([("value", value.value())]));
        let told = typed::run(typed::cbor, |cb, user_data| cbor(cb, user_data, req.as_ptr(), req.len()));
        assert_eq!((told.0, normal(told.1)), (OK, expected.clone()), "{} in CBOR, seed {}", self.ty, self.seed);
    }

    /// As a declared error, to the host and back.
    fn declared<T: DeclaredByHost + Sample>(&self, value: &T, expected: &Value) {
        for format in [Format::Native, Format::Cbor] {
            Declared::to_payload(value, format, &mut |bytes| {
                // SAFETY: the library wrote it just now.
                match unsafe { T::from_payload(format, bytes, BUDGET) } {
                    Ok(HostError::Declared(error)) => self.same(&error, expected, "as an error"),
                    Ok(other) => panic!("{} is {}", self.ty, other.map_declared(|_| "declared")),
                    Err(error) => panic!("{}: {error}", self.ty),
                }
            });
        }
    }
}

macro_rules! round_trips {
    ($ty:ident, $error:tt, $arg:ty, $native:literal, $cbor:literal) => {{
        unsafe extern "C" {
            #[link_name = $native]
            safe fn native(value: $arg, first: *mut c_void, last: *mut c_void) -> c_int;
            #[link_name = $cbor]
            safe fn cbor(cb: Option<FFICallBack>, user_data: *mut c_void, req: *const u8, len: usize) -> c_int;
        }
        let library = typed::library();
        for seed in 0..VALUES {
            let value = $ty::random(&mut Rng::new(seed));
            let (case, expected) =
                (Case { library: &library, ty: Type::Named(stringify!($ty).to_owned()), seed }, normal(value.value()));
            case.result(&value, &expected);
            case.others(&value, &expected);
            case.argument::<$arg, $ty>(&value, &expected, native, cbor);
            round_trips!(@$error case value expected);
        }
    }};
    (@true $case:ident $value:ident $expected:ident) => { $case.declared(&$value, &$expected) };
    (@false $case:ident $value:ident $expected:ident) => {};
}

/// Of each type.
const VALUES: u64 = 60;

#[test]
fn every_type_crosses_in_every_position() {
    each_type!(round_trips);
}

#[test]
fn cbor_that_was_tampered_with_is_an_error_or_a_value() {
    let (library, mut survived) = (typed::library(), 0);
    macro_rules! tamper {
        ($ty:ident, $error:tt, $arg:ty, $native:literal, $cbor:literal) => {
            survived += shapes::hostile::tamper_with::<$ty>(&library, stringify!($ty), 300);
        };
    }
    each_type!(tamper);
    assert!((500..9_000).contains(&survived), "{survived} of 18,000 are values all the same");
}

#[test]
fn layouts_are_those_of_c() {
    let library = typed::library();
    let c = C(&library);
    assert!(library.structs.len() + library.enums.len() >= 60);
    for it in &library.structs {
        let (space, offsets) = c.fields(&it.fields);
        let recorded = (it.layout.size, it.layout.align, it.layout.offsets.clone());
        assert_eq!((space.size as u64, space.align as u64, longs(&offsets)), recorded, "{}", it.name);
    }
    for it in &library.enums {
        let Some(layout) = &it.layout else { continue };
        let (space, payload) = c.of_enum(it);
        let recorded = (layout.size, layout.align, layout.offsets.clone());
        assert_eq!((space.size as u64, space.align as u64, vec![payload as u64]), recorded, "{}", it.name);
    }
    macro_rules! compare {
        ($ty:ident, $error:tt, $arg:ty, $native:literal, $cbor:literal) => {
            let space = c.space(&Type::Named(stringify!($ty).to_owned()));
            assert_eq!((space.size, space.align), (size_of::<<$ty as Lower>::C>(), align_of::<<$ty as Lower>::C>()));
            assert_eq!(size_of::<<$ty as Lift>::Arg>(), size_of::<$arg>());
        };
    }
    each_type!(compare);
}

fn longs(offsets: &[usize]) -> Vec<u64> {
    offsets.iter().map(|offset| *offset as u64).collect()
}

#[test]
fn lists_of_everything_cross_as_payloads() {
    fn crosses<T: Lift + Sample>(ty: &Type) {
        let library = typed::library();
        for seed in 0..200 {
            let value = T::random(&mut Rng::new(seed));
            let case = Case { library: &library, ty: ty.clone(), seed };
            let expected = normal(value.value());
            for format in [Format::Native, Format::Cbor] {
                to_payload(&value, format, &mut |bytes| {
                    case.same(&case.lifted::<T>(format, bytes), &expected, "whole");
                    let moved = [&[0xa5; 3], bytes].concat();
                    case.same(&case.lifted::<T>(format, &moved[3..]), &expected, "whole, and misaligned");
                });
            }
        }
    }
    let list = |of| Type::List(Box::new(of));
    crosses::<Vec<u8>>(&Type::Bytes);
    crosses::<String>(&Type::String);
    crosses::<Vec<bool>>(&list(Type::Bool));
    crosses::<Vec<f32>>(&list(Type::F32));
    crosses::<Vec<Vec<u8>>>(&list(Type::Bytes));
    crosses::<Option<Vec<i16>>>(&Type::Option(Box::new(list(Type::I16))));
    crosses::<std::collections::HashMap<String, Option<u64>>>(&Type::Map(Box::new(Type::Option(Box::new(Type::U64)))));
    crosses::<Vec<T00>>(&list(Type::Named("T00".to_owned())));
    crosses::<Option<T01>>(&Type::Option(Box::new(Type::Named("T01".to_owned()))));
}

/// A type that holds its own kind.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// More of it.
    pub children: Vec<Self>,
}

fn nested(levels: usize) -> Node {
    (0..levels).fold(Node { children: Vec::new() }, |node, _| Node { children: vec![node] })
}

fn through<T: Lift>(value: &T, format: Format) -> Result<T, DecodeError> {
    let mut lifted = None;
    // SAFETY: the library wrote it just now.
    to_payload(value, format, &mut |bytes| lifted = Some(unsafe { from_payload(format, bytes, BUDGET) }));
    lifted.expect("it is passed once")
}

#[test]
fn depth_is_limited_and_the_error_says_where() {
    for format in [Format::Native, Format::Cbor] {
        // The innermost has an empty list, which is a level, too.
        assert_eq!(through(&nested(127), format), Ok(nested(127)));
        let error = through(&nested(128), format).expect_err("it is too deep").to_string();
        assert!(error.ends_with("deeper than 128 levels"), "{error}");
        assert!(error.starts_with("`children[0].children[0].children"), "{error}");
        assert_eq!(error.matches("children").count(), 129);
    }
    let deep = [vec![0x81; 1_000_000], vec![0x00]].concat();
    // SAFETY: CBOR points to nothing.
    let unknown = unsafe { from_payload::<Node>(Format::Cbor, &[&[0xa1, 0x61, b'x'], &*deep].concat(), BUDGET) };
    assert_eq!(unknown.expect_err("too deep").to_string(), "deeper than 128 levels", "also in what is skipped");
}

#[test]
fn floats_keep_their_bits() {
    for bits in [0, 1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 1, 0x3ff0_0000_0000_0001, 0x7fef_ffff_ffff_ffff] {
        for format in [Format::Native, Format::Cbor] {
            assert_eq!(through(&f64::from_bits(bits), format).map(f64::to_bits), Ok(bits));
        }
    }
    assert_eq!(
        through(&f64::from_bits(0x7ff8_0000_0000_1234), Format::Native).map(f64::to_bits),
        Ok(0x7ff8_0000_0000_1234)
    );
    assert!(through(&f64::NAN, Format::Cbor).is_ok_and(f64::is_nan));
}

#[test]
fn a_number_that_a_float_cannot_hold_is_refused_and_infinity_is_not() {
    fn single(value: f64) -> Result<f32, String> {
        let mut decoded = None;
        to_payload(&value, Format::Cbor, &mut |bytes| {
            // SAFETY: CBOR points to nothing.
            decoded = Some(unsafe { from_payload::<f32>(Format::Cbor, bytes, BUDGET) });
        });
        decoded.expect("it is passed once").map_err(|error| error.to_string())
    }
    assert_eq!(single(1e300), Err("1e300 is not in f32".to_owned()));
    assert_eq!(single(-3.5e38), Err("-3.5e38 is not in f32".to_owned()));
    assert_eq!(single(f64::from(f32::MAX)), Ok(f32::MAX));
    assert_eq!(single(f64::NEG_INFINITY), Ok(f32::NEG_INFINITY));
    assert_eq!(single(1e-300), Ok(0.0), "what is too small is rounded");
}

#[test]
fn a_list_of_a_wrong_size_is_refused() {
    // SAFETY: nothing is read of bytes that are too few.
    let lifted = unsafe { native_list(&[0; 15]) };
    assert_eq!(lifted.expect_err("16 bytes are needed").to_string(), "expected 16 bytes, there are 15");
}

unsafe fn native_list(bytes: &[u8]) -> Result<Vec<u32>, DecodeError> {
    // SAFETY: the caller's contract.
    unsafe { Vec::<u32>::lift_payload(bytes, &mut native::Reader::new(BUDGET)) }
}
