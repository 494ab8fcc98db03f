//! What a C compiler makes of the types of `docs/abi.md`: sizes, offsets, and memory read and written by them.

use super::Rng;
use ciborium::Value;
use ffihost_schema::{Enum, Field, Library, Payload, Struct, Type};

/// Size and alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub size: usize,
    pub align: usize,
}

const POINTER: usize = size_of::<usize>();

/// The types of a library, as a C compiler sees them.
#[derive(Clone, Copy)]
pub struct C<'a>(pub &'a Library);

impl C<'_> {
    pub fn structure(&self, name: &str) -> Option<&Struct> {
        self.0.structs.iter().find(|it| it.name == name)
    }

    pub fn enumeration(&self, name: &str) -> &Enum {
        self.0.enums.iter().find(|it| it.name == name).expect("the library has it")
    }

    pub fn space(&self, ty: &Type) -> Space {
        let same = |size| Space { size, align: size };
        match ty {
            Type::Unit => Space { size: 0, align: 1 },
            Type::Bool | Type::I8 | Type::U8 => same(1),
            Type::I16 | Type::U16 => same(2),
            Type::I32 | Type::U32 | Type::F32 => same(4),
            Type::I64 | Type::U64 | Type::F64 | Type::Handle(_) => same(8),
            Type::String | Type::Bytes | Type::List(_) | Type::Map(_) => Space { size: 2 * POINTER, align: POINTER },
            Type::As(_, of) => self.space(of),
            Type::Option(of) => self.place(&[same(1), self.space(of)]).0,
            Type::Named(name) => match self.structure(name) {
                Some(it) => self.fields(&it.fields).0,
                None => self.of_enum(self.enumeration(name)).0,
            },
        }
    }

    /// A struct of these, one after the other: its space, and where each is.
    pub fn place(&self, parts: &[Space]) -> (Space, Vec<usize>) {
        let (mut end, mut align, mut offsets) = (0_usize, 1, Vec::new());
        for part in parts {
            let offset = end.next_multiple_of(part.align);
            offsets.push(offset);
            end = offset + part.size;
            align = align.max(part.align);
        }
        (Space { size: end.next_multiple_of(align), align }, offsets)
    }

    pub fn fields(&self, fields: &[Field]) -> (Space, Vec<usize>) {
        let parts: Vec<_> = fields.iter().map(|field| self.space(&field.ty)).collect();
        self.place(&parts)
    }

    /// Its space, and where the payload is if there is one.
    pub fn of_enum(&self, of: &Enum) -> (Space, usize) {
        let tag = Space { size: 4, align: 4 };
        let payloads = of.variants.iter().filter_map(|variant| match &variant.payload {
            Payload::Unit => None,
            Payload::One(ty) => Some(self.space(ty)),
            Payload::Fields(fields) => Some(self.fields(fields).0),
        });
        let union = payloads.reduce(|a, b| Space { size: a.size.max(b.size), align: a.align.max(b.align) });
        let Some(union) = union else { return (tag, 4) };
        let union = Space { size: union.size.next_multiple_of(union.align), ..union };
        let (space, offsets) = self.place(&[tag, union]);
        (space, offsets[1])
    }

    /// The value at a place, as `Sample::value` says it.
    ///
    /// # Safety
    ///
    /// There is such a value.
    pub unsafe fn read(&self, ty: &Type, place: *const u8) -> Value {
        macro_rules! number {
            ($ty:ty) => {
                place.cast::<$ty>().read_unaligned()
            };
        }
        // SAFETY: the caller's contract, all the way down.
        unsafe {
            match ty {
                Type::Bool => match *place {
                    flag @ (0 | 1) => Value::Bool(flag == 1),
                    other => panic!("{other} is no bool"),
                },
                Type::I8 => Value::from(number!(i8)),
                Type::I16 => Value::from(number!(i16)),
                Type::I32 => Value::from(number!(i32)),
                Type::I64 => Value::from(number!(i64)),
                Type::U8 => Value::from(number!(u8)),
                Type::U16 => Value::from(number!(u16)),
                Type::U32 => Value::from(number!(u32)),
                Type::U64 | Type::Handle(_) => Value::from(number!(u64)),
                Type::F32 => Value::Float(number!(f32).into()),
                Type::F64 => Value::Float(number!(f64)),
                Type::String => Value::Text(String::from_utf8(bytes_at(place).to_vec()).expect("UTF-8")),
                Type::Bytes => Value::Bytes(bytes_at(place).to_vec()),
                Type::List(of) => {
                    let ((data, len), size) = (pair_at(place), self.space(of).size);
                    Value::Array((0..len).map(|index| self.read(of, data.add(index * size))).collect())
                }
                Type::Map(of) => {
                    let ((data, len), (entry, offsets)) = (pair_at(place), self.entry(of));
                    let entry = |index| {
                        let entry = data.add(index * entry.size);
                        (self.read(&Type::String, entry), self.read(of, entry.add(offsets[1])))
                    };
                    Value::Map((0..len).map(entry).collect())
                }
                Type::As(_, of) => self.read(of, place),
                Type::Option(of) => match *place {
                    0 => Value::Null,
                    1 => self.read(of, place.add(self.place(&[FLAG, self.space(of)]).1[1])),
                    other => panic!("{other} is no bool"),
                },
                Type::Unit => Value::Null,
                Type::Named(name) => match self.structure(name) {
                    Some(it) => self.read_fields(&it.fields, place),
                    None => self.read_enum(self.enumeration(name), place),
                },
            }
        }
    }

    unsafe fn read_fields(&self, fields: &[Field], place: *const u8) -> Value {
        let offsets = self.fields(fields).1;
        // SAFETY: as for `read`.
        let read = |(field, offset): (&Field, usize)| unsafe {
            (Value::Text(field.name.clone()), self.read(&field.ty, place.add(offset)))
        };
        Value::Map(fields.iter().zip(offsets).map(read).collect())
    }

    unsafe fn read_enum(&self, of: &Enum, place: *const u8) -> Value {
        // SAFETY: as for `read`.
        unsafe {
            let tag = place.cast::<i32>().read_unaligned();
            let variant = &of.variants[usize::try_from(tag).expect("no tag is negative")];
            let payload = place.add(self.of_enum(of).1);
            let value = match &variant.payload {
                Payload::Unit => return Value::Text(variant.name.clone()),
                Payload::One(ty) => self.read(ty, payload),
                Payload::Fields(fields) => self.read_fields(fields, payload),
            };
            Value::Map(vec![(Value::Text(variant.name.clone()), value)])
        }
    }

    fn entry(&self, of: &Type) -> (Space, Vec<usize>) {
        self.place(&[self.space(&Type::String), self.space(of)])
    }
}

const FLAG: Space = Space { size: 1, align: 1 };

unsafe fn pair_at(place: *const u8) -> (*const u8, usize) {
    // SAFETY: the caller says that there is a pointer and a length.
    unsafe { (place.cast::<*const u8>().read_unaligned(), place.add(POINTER).cast::<usize>().read_unaligned()) }
}

unsafe fn bytes_at<'a>(place: *const u8) -> &'a [u8] {
    // SAFETY: as for `pair_at`, and the pointer points to so much.
    unsafe {
        match pair_at(place) {
            (_, 0) => &[],
            (data, len) => std::slice::from_raw_parts(data, len),
        }
    }
}

/// A host's memory: full of garbage where nothing was written, and aligned to nothing.
pub struct Memory<'a> {
    c: C<'a>,
    rng: Rng,
    blocks: Vec<Box<[u8]>>,
}

impl<'a> Memory<'a> {
    pub fn new(c: C<'a>, seed: u64) -> Self {
        Self { c, rng: Rng::new(seed), blocks: Vec::new() }
    }

    fn take(&mut self, size: usize) -> *mut u8 {
        let skip = self.rng.below(8);
        let mut block = vec![0xa5; size + skip + 1].into_boxed_slice();
        let place = block[skip..].as_mut_ptr();
        self.blocks.push(block);
        place
    }

    /// Puts a value somewhere, which lives as long as this does.
    pub fn put(&mut self, ty: &Type, value: &Value) -> *const u8 {
        let place = self.take(self.c.space(ty).size);
        self.write(ty, value, place);
        place
    }

    fn write(&mut self, ty: &Type, value: &Value, place: *mut u8) {
        let c = self.c;
        macro_rules! number {
            ($ty:ty, $value:expr) => {{
                let number: $ty = $value;
                // SAFETY: `put` and its like take as much as the C type needs.
                unsafe { place.cast::<$ty>().write_unaligned(number) }
            }};
        }
        let integer = |value: &Value| i128::from(value.as_integer().expect("an integer"));
        macro_rules! integer {
            ($ty:ty) => {
                number!($ty, <$ty>::try_from(integer(value)).expect("in range"))
            };
        }
        match ty {
            Type::Unit => {}
            Type::Bool => number!(u8, value.as_bool().expect("a bool").into()),
            Type::I8 => integer!(i8),
            Type::I16 => integer!(i16),
            Type::I32 => integer!(i32),
            Type::I64 => integer!(i64),
            Type::U8 => integer!(u8),
            Type::U16 => integer!(u16),
            Type::U32 => integer!(u32),
            Type::U64 | Type::Handle(_) => integer!(u64),
            #[allow(clippy::cast_possible_truncation, reason = "it was one")]
            Type::F32 => number!(f32, value.as_float().expect("a float") as f32),
            Type::F64 => number!(f64, value.as_float().expect("a float")),
            Type::String => self.write_bytes(value.as_text().expect("text").as_bytes(), place),
            Type::Bytes => self.write_bytes(value.as_bytes().expect("bytes"), place),
            Type::List(of) => {
                let (values, size) = (value.as_array().expect("an array"), c.space(of).size);
                let data = self.write_pair(values.len(), size, place);
                for (index, value) in values.iter().enumerate() {
                    self.write(of, value, data.wrapping_add(index * size));
                }
            }
            Type::Map(of) => {
                let (entries, (entry, offsets)) = (value.as_map().expect("a map"), c.entry(of));
                let data = self.write_pair(entries.len(), entry.size, place);
                for (index, (key, value)) in entries.iter().enumerate() {
                    let entry = data.wrapping_add(index * entry.size);
                    self.write(&Type::String, key, entry);
                    self.write(of, value, entry.wrapping_add(offsets[1]));
                }
            }
            Type::As(_, of) => self.write(of, value, place),
            Type::Option(of) => {
                number!(u8, u8::from(!value.is_null()));
                if !value.is_null() {
                    self.write(of, value, place.wrapping_add(c.place(&[FLAG, c.space(of)]).1[1]));
                }
            }
            Type::Named(name) => match c.structure(name) {
                Some(it) => self.write_fields(&it.fields, value, place),
                None => self.write_enum(c.enumeration(name), value, place),
            },
        }
    }

    fn write_bytes(&mut self, bytes: &[u8], place: *mut u8) {
        let data = self.write_pair(bytes.len(), 1, place);
        // SAFETY: so much was taken just now.
        unsafe { data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Room for so many of that size, and where it is. Of nothing the pointer may be anything.
    fn write_pair(&mut self, len: usize, size: usize, place: *mut u8) -> *mut u8 {
        let data = match len {
            0 => self.rng.pick(&[0, 1, usize::MAX]) as *mut u8,
            _ => self.take(len * size),
        };
        // SAFETY: as in `write`.
        unsafe {
            place.cast::<*const u8>().write_unaligned(data);
            place.add(POINTER).cast::<usize>().write_unaligned(len);
        }
        data
    }

    fn write_fields(&mut self, fields: &[Field], value: &Value, place: *mut u8) {
        let (entries, offsets) = (value.as_map().expect("a map"), self.c.fields(fields).1);
        for ((field, offset), (key, value)) in fields.iter().zip(offsets).zip(entries) {
            assert_eq!(key.as_text(), Some(&*field.name));
            self.write(&field.ty, value, place.wrapping_add(offset));
        }
    }

    fn write_enum(&mut self, of: &Enum, value: &Value, place: *mut u8) {
        let (name, value) = match value {
            Value::Map(entries) => (entries[0].0.as_text(), &entries[0].1),
            other => (other.as_text(), &Value::Null),
        };
        let tag = of.variants.iter().position(|variant| Some(&*variant.name) == name).expect("the enum has it");
        // SAFETY: as in `write`.
        unsafe { place.cast::<i32>().write_unaligned(i32::try_from(tag).expect("there are few")) };
        let payload = place.wrapping_add(self.c.of_enum(of).1);
        match &of.variants[tag].payload {
            Payload::Unit => {}
            Payload::One(ty) => self.write(ty, value, payload),
            Payload::Fields(fields) => self.write_fields(fields, value, payload),
        }
    }
}
