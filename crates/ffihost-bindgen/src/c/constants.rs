//! The constants of a library in C.

use super::Types;
use crate::Error;
use crate::docs::comment;
use crate::names::{Scope, shouty};
use crate::text::string_literal;
use ffihost_schema::{Library, Type, Value};

pub(crate) struct Constant {
    pub(crate) comment: String,
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether its value is a macro of `<math.h>`.
    pub(crate) needs_math: bool,
}

pub(crate) fn define(library: &Library, types: &Types<'_>, scope: &mut Scope) -> Result<Vec<Constant>, Error> {
    let upper = shouty(&library.name);
    for own in ["ABI_HASH", "ABI_VERSION"] {
        scope.reserve(&[&format!("{upper}_{own}")]);
    }
    let mut constants = Vec::new();
    for item in &library.constants {
        let place = format!("the constant `{}`", item.name);
        types.check(&item.ty, &place)?;
        let name = format!("{upper}_{}", shouty(&item.name));
        scope.claim(&name, &*place)?;
        let value = literal(&item.ty, &item.value).ok_or(Error::Value { place })?;
        let needs_math = matches!(item.value, Value::Float(value) if !value.is_finite());
        constants.push(Constant { comment: comment(0, &item.docs), name, value, needs_math });
    }
    Ok(constants)
}

/// A constant's value as C and C++ write it.
fn literal(ty: &Type, value: &Value) -> Option<String> {
    Some(match (ty, value) {
        (Type::Bool, Value::Bool(value)) => value.to_string(),
        (Type::String, Value::Text(text)) => string_literal(text),
        (Type::I8, _) => small(i8::try_from(integer(value)?).ok()?.into()),
        (Type::I16, _) => small(i16::try_from(integer(value)?).ok()?.into()),
        (Type::U8, _) => u8::try_from(integer(value)?).ok()?.to_string(),
        (Type::U16, _) => u16::try_from(integer(value)?).ok()?.to_string(),
        (Type::I32, _) => signed(i32::try_from(integer(value)?).ok()?.into(), i32::MIN.into(), 32),
        (Type::I64, _) => signed(i64::try_from(integer(value)?).ok()?, i64::MIN, 64),
        (Type::U32, _) => format!("UINT32_C({})", u32::try_from(integer(value)?).ok()?),
        (Type::U64, _) => format!("UINT64_C({})", u64::try_from(integer(value)?).ok()?),
        #[expect(clippy::cast_possible_truncation, reason = "it was an f32 in the library")]
        (Type::F32, Value::Float(value)) => float(*value, "", format!("{:?}f", *value as f32)),
        (Type::F64, Value::Float(value)) => float(*value, "(double)", format!("{value:?}")),
        _ => return None,
    })
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Signed(value) => Some((*value).into()),
        Value::Unsigned(value) => Some((*value).into()),
        _ => None,
    }
}

/// A number that any `int` holds.
fn small(value: i32) -> String {
    if value < 0 { format!("({value})") } else { value.to_string() }
}

/// The smallest of a type cannot be written as a negated literal: the literal itself would be too large.
fn signed(value: i64, smallest: i64, bits: u32) -> String {
    match value {
        value if value == smallest => format!("(-INT{bits}_C({}) - 1)", (value + 1).unsigned_abs()),
        value if value < 0 => format!("(-INT{bits}_C({}))", value.unsigned_abs()),
        value => format!("INT{bits}_C({value})"),
    }
}

/// What is not finite is a float in `<math.h>`, and cast to what it has to be.
fn float(value: f64, cast: &str, finite: String) -> String {
    match value {
        value if value.is_nan() => format!("({cast}NAN)"),
        f64::INFINITY => format!("({cast}INFINITY)"),
        f64::NEG_INFINITY => format!("(-{cast}INFINITY)"),
        value if value.is_sign_negative() => format!("({finite})"),
        _ => finite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_written_as_one_of_its_type() {
        let shown = |ty: Type, value: Value| literal(&ty, &value).expect("it is of that type");
        assert_eq!(shown(Type::I8, Value::Signed(-128)), "(-128)");
        assert_eq!(shown(Type::I32, Value::Signed(i32::MIN.into())), "(-INT32_C(2147483647) - 1)");
        assert_eq!(shown(Type::I64, Value::Signed(i64::MIN)), "(-INT64_C(9223372036854775807) - 1)");
        assert_eq!(shown(Type::I64, Value::Signed(-5)), "(-INT64_C(5))");
        assert_eq!(shown(Type::U64, Value::Unsigned(u64::MAX)), "UINT64_C(18446744073709551615)");
        assert_eq!(shown(Type::F32, Value::Float(f64::from(0.1_f32))), "0.1f");
        assert_eq!(shown(Type::F64, Value::Float(-1e300)), "(-1e300)");
        assert_eq!(shown(Type::F64, Value::Float(f64::NAN)), "((double)NAN)");
        assert_eq!(literal(&Type::U8, &Value::Signed(256)), None);
        assert_eq!(literal(&Type::Bool, &Value::Signed(1)), None);
    }
}
