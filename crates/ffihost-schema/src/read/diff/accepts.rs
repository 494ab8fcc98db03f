//! Which types are read from which, in CBOR.

use crate::read::model::{Logic, Type};

/// Whether every value that is written as `from` is read as `to`. Structs and enums of one name count as the same here;
/// what differs in them is a difference of its own.
pub(super) fn accepts(from: &Type, to: &Type) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        // What reads a type without a logic reads every value of its representation.
        // A newtype is just what it holds.
        (Type::As(Logic::Newtype(_), from), to) => accepts(from, to),
        (from, Type::As(Logic::Newtype(_), to)) => accepts(from, to),
        (Type::As(from_logic, from), Type::As(logic, to)) => from_logic == logic && accepts(from, to),
        (Type::As(_, from), to) if !matches!(to, Type::Option(_)) => accepts(from, to),
        // Every value of the representation is one of these.
        (from, Type::As(Logic::Name(name), to)) if matches!(&**name, "duration" | "time" | "path") => accepts(from, to),
        (_, Type::As(..)) => false,
        (Type::Unit, Type::Option(_)) => true,
        (Type::Option(from), Type::Option(to)) => accepts(from, to),
        (from, Type::Option(to)) => accepts(from, to),
        (Type::List(from), Type::List(to)) | (Type::Map(from), Type::Map(to)) => accepts(from, to),
        (Type::F32, Type::F64) => true,
        (from, Type::F32 | Type::F64) => from.range().is_some(),
        (from, to) => match (from.range(), to.range()) {
            (Some((from_least, from_greatest)), Some((least, greatest))) => {
                from_least >= least && from_greatest <= greatest
            }
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_is_read_from_narrower() {
        let option = |ty| Type::Option(Box::new(ty));
        let list = |ty| Type::List(Box::new(ty));
        let logical = |name: &str, ty| Type::As(Logic::Name(name.to_owned()), Box::new(ty));
        for (from, to, both_ways) in [
            (Type::U32, Type::U64, false),
            (Type::U32, Type::I64, false),
            (Type::U8, Type::F32, false),
            (Type::F32, Type::F64, false),
            (Type::String, option(Type::String), false),
            (Type::U8, option(Type::U16), false),
            (option(Type::U8), option(Type::U16), false),
            (list(Type::U8), list(Type::U16), false),
            (Type::Named("A".into()), Type::Named("A".into()), true),
            (logical("duration", Type::U64), Type::U64, true),
            (logical("duration", Type::U32), option(logical("duration", Type::U64)), false),
            (logical("set", list(Type::U8)), list(Type::U8), false),
        ] {
            assert!(accepts(&from, &to), "{from} to {to}");
            assert_eq!(accepts(&to, &from), both_ways, "{to} to {from}");
        }
        for (a, b) in [
            (Type::U64, Type::I64),
            (Type::String, Type::Bytes),
            (Type::Bool, Type::U8),
            (list(Type::U8), Type::Bytes),
            (logical("a", Type::U8), logical("b", Type::U8)),
        ] {
            assert!(!accepts(&a, &b) && !accepts(&b, &a), "{a} and {b}");
        }
    }
}
