//! Literals of C and its relatives.

use ffihost_schema::{Deprecated, Type, Value};

/// A constant's value as C and C++ write it. It is of that type, which was checked.
pub(crate) fn value(ty: &Type, value: &Value) -> String {
    match (ty, value) {
        (_, Value::Bool(value)) => value.to_string(),
        (_, Value::Text(text)) => string(text),
        #[expect(clippy::cast_possible_truncation, reason = "it was an f32 in the library")]
        (Type::F32, Value::Float(value)) => float(*value, "", format!("{:?}f", *value as f32)),
        (_, Value::Float(value)) => float(*value, "(double)", format!("{value:?}")),
        (_, Value::Signed(value)) => integer(ty, (*value).into()),
        (_, Value::Unsigned(value)) => integer(ty, (*value).into()),
    }
}

/// An integer whose literal is of its type, or promoted to `int` as its type is. The smallest of a type cannot be written
/// as a negated literal: the literal itself would be too large.
fn integer(ty: &Type, value: i128) -> String {
    let (kind, bits) = match ty {
        Type::I32 => ("INT", 32),
        Type::I64 => ("INT", 64),
        Type::U32 => ("UINT", 32),
        Type::U64 => ("UINT", 64),
        _ if value < 0 => return format!("({value})"),
        _ => return value.to_string(),
    };
    let smallest = ty.range().is_some_and(|(smallest, _)| value == smallest);
    match value {
        value if value < 0 && smallest => format!("(-{kind}{bits}_C({}) - 1)", (value + 1).unsigned_abs()),
        value if value < 0 => format!("(-{kind}{bits}_C({}))", value.unsigned_abs()),
        value => format!("{kind}{bits}_C({value})"),
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

/// A string literal of C and C++: UTF-8 as it is, no escape that could run into the next character, no trigraph.
pub(crate) fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            '?' => literal.push_str("\\?"),
            c if is_invisible(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    literal.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// What a compiler says of something deprecated. No escape of a byte is in it: compilers take none in what they only print.
pub(crate) fn deprecation(Deprecated { since, note }: &Deprecated) -> String {
    let words = match (since.is_empty(), note.is_empty()) {
        (true, true) => "it should not be used any more".to_owned(),
        (true, false) => note.clone(),
        (false, true) => format!("since {since}"),
        (false, false) => format!("since {since}: {note}"),
    };
    let words: String = words.chars().map(|c| if is_invisible(c) { ' ' } else { c }).take(LONGEST_MESSAGE).collect();
    string(words.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
}

/// How many letters of it are told: it is one line of a compiler.
const LONGEST_MESSAGE: usize = 500;

/// The longest text that every compiler takes as one literal.
pub(crate) const LONGEST: usize = 4095;

/// The elements of an array of `char` with a NUL at its end, for a text that is too long for a literal.
pub(crate) fn characters(text: &str) -> String {
    let mut elements = String::new();
    for (at, byte) in text.bytes().chain([0]).enumerate() {
        elements.push_str(if at % 12 == 0 { "\n    " } else { " " });
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => elements.push_str(&format!("'{}',", char::from(byte))),
            _ => elements.push_str(&format!("'\\{byte:03o}',")),
        }
    }
    elements
}

/// Whether a character cannot be seen, or changes how others are seen: source that reads otherwise than it compiles.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_says_what_it_said() {
        assert_eq!(string("a\"b\\c\n1\u{0}2 ??/ ü"), "\"a\\\"b\\\\c\\n1\\0002 \\?\\?/ ü\"");
        assert_eq!(string("\u{202e}"), "\"\\342\\200\\256\"");
    }

    #[test]
    fn a_long_text_is_an_array() {
        assert_eq!(characters("a'ü"), "\n    'a', '\\047', '\\303', '\\274', '\\000',");
    }

    #[test]
    fn every_value_is_written_as_one_of_its_type() {
        let shown = |ty: Type, value: Value| super::value(&ty, &value);
        assert_eq!(shown(Type::I8, Value::Signed(-128)), "(-128)");
        assert_eq!(shown(Type::I32, Value::Signed(i32::MIN.into())), "(-INT32_C(2147483647) - 1)");
        assert_eq!(shown(Type::I64, Value::Signed(i64::MIN)), "(-INT64_C(9223372036854775807) - 1)");
        assert_eq!(shown(Type::I64, Value::Signed(-5)), "(-INT64_C(5))");
        assert_eq!(shown(Type::U64, Value::Unsigned(u64::MAX)), "UINT64_C(18446744073709551615)");
        assert_eq!(shown(Type::F32, Value::Float(f64::from(0.1_f32))), "0.1f");
        assert_eq!(shown(Type::F64, Value::Float(-1e300)), "(-1e300)");
        assert_eq!(shown(Type::F64, Value::Float(f64::NAN)), "((double)NAN)");
    }
}
