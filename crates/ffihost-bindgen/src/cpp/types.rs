//! How types are spelled in C++.

use super::Cpp;
use crate::model::logic::{Meaning, OwnTypes};
use ffihost_schema::{Logic, Type};

/// Types of the standard library; `ffihost.hpp` has a conversion of each.
pub(super) const OWN_TYPES: OwnTypes = OwnTypes(&[
    (Meaning::Duration, "std::chrono::nanoseconds"),
    (Meaning::Time, "ffihost::Time"),
    (Meaning::Char, "char32_t"),
]);

/// A type; one of the library's own with `prefix` in front.
pub(super) fn spelled(ty: &Type, prefix: &str) -> String {
    let name = match ty {
        Type::Unit => "void",
        Type::Bool => "bool",
        Type::F32 => "float",
        Type::F64 => "double",
        Type::String => "std::string",
        Type::Bytes => "std::vector<std::uint8_t>",
        Type::Option(inner) => return format!("std::optional<{}>", spelled(inner, prefix)),
        Type::List(inner) => return format!("std::vector<{}>", spelled(inner, prefix)),
        Type::Map(inner) => return format!("std::map<std::string, {}>", spelled(inner, prefix)),
        Type::Named(name) | Type::Handle(name) | Type::As(Logic::Newtype(name), _) => {
            return format!("{prefix}{}", Cpp::called(name));
        }
        Type::As(logic, inner) => match OWN_TYPES.get(logic, inner) {
            Some(own) => own,
            None => return spelled(inner, prefix),
        },
        Type::I8 => "std::int8_t",
        Type::I16 => "std::int16_t",
        Type::I32 => "std::int32_t",
        Type::I64 => "std::int64_t",
        Type::U8 => "std::uint8_t",
        Type::U16 => "std::uint16_t",
        Type::U32 => "std::uint32_t",
        Type::U64 => "std::uint64_t",
    };
    name.to_owned()
}
