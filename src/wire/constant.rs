//! Constants: their types, and their values, as the descriptor has them.

use ffihost_schema::write::{Shape, Value};

/// A type that constants may have.
///
/// # Safety
///
/// It is the type that its shape names, and `&str` for text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a constant: constants are `bool`, integers of a fixed size, floats and `&str`",
    label = "not the type of a constant"
)]
pub unsafe trait Constant {
    /// What the descriptor says of it.
    const SHAPE: Shape;
}

/// One table: types, shapes and values.
macro_rules! constants {
    ($($type:ty, $shape:ident => $value:ident as $wide:ty;)*) => {
        $(
            // SAFETY: as it says.
            unsafe impl Constant for $type {
                const SHAPE: Shape = Shape::$shape;
            }
        )*

        /// The value of a constant.
        ///
        /// # Safety
        ///
        /// There is a value there, of a type with this [shape](Constant::SHAPE).
        pub const unsafe fn value(shape: Shape, place: *const ()) -> Value {
            match shape {
                $(Shape::$shape => {
                    // SAFETY: by the caller's contract it is of this type.
                    Value::$value(unsafe { *place.cast::<$type>() } as $wide)
                })*
                _ => unreachable!(),
            }
        }
    };
}

constants! {
    bool, Bool => Bool as bool;
    u8, U8 => Unsigned as u64;
    u16, U16 => Unsigned as u64;
    u32, U32 => Unsigned as u64;
    u64, U64 => Unsigned as u64;
    i8, I8 => Signed as i64;
    i16, I16 => Signed as i64;
    i32, I32 => Signed as i64;
    i64, I64 => Signed as i64;
    f32, F32 => Float as f64;
    f64, F64 => Float as f64;
    &'static str, String => Text as &'static str;
}
