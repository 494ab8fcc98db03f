//! CBOR by way of another decoder: `docs/abi.md` a second time, upon `ciborium`'s values.

use ciborium::Value;
use my_timer::{EchoRequest, EchoResponse, Plan, PlanEntry, Repeat, Schedule, TimerError};
use std::collections::BTreeSet;

/// What another decoder makes of some bytes.
#[derive(Debug)]
pub(super) enum Reference {
    /// One whole value.
    Whole(Value),
    /// A value, and something after it.
    More,
    /// It does not say: this decoder reads more strictly than the library does what nobody asks for, or otherwise.
    Unsure,
}

/// As deep as both decoders go at least.
const DEPTH: usize = 100;

pub(super) fn reference(mut bytes: &[u8]) -> Reference {
    if bytes.is_empty() {
        return Reference::Whole(Value::Map(Vec::new()));
    }
    if has_bignum(bytes) || is_ill_formed(bytes) {
        return Reference::Unsure;
    }
    match ciborium::from_reader::<Value, _>(&mut bytes) {
        Ok(value) if depth(&value) > DEPTH => Reference::Unsure,
        Ok(value) if bytes.is_empty() => Reference::Whole(value),
        Ok(_) => Reference::More,
        Err(_) => Reference::Unsure,
    }
}

/// Whether there may be a tag that makes numbers of byte strings, which `ciborium` follows and the library looks through.
fn has_bignum(bytes: &[u8]) -> bool {
    let starts =
        |start: &[u8]| bytes.windows(start.len() + 1).any(|part| part.starts_with(start) && part[start.len()] | 1 == 3);
    bytes.iter().any(|byte| byte | 1 == 0xc3)
        || starts(&[0xd8])
        || starts(&[0xd9, 0])
        || starts(&[0xda, 0, 0, 0])
        || starts(&[0xdb, 0, 0, 0, 0, 0, 0, 0])
}

/// Whether there may be what `ciborium` takes and RFC 8949 forbids: a simple value below 32 in two bytes, or text whose parts are not
/// text each.
fn is_ill_formed(bytes: &[u8]) -> bool {
    bytes.contains(&0x7f) || bytes.windows(2).any(|pair| pair[0] == 0xf8 && pair[1] < 32)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Tag(_, value) => 1 + depth(value),
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => {
            1 + entries.iter().flat_map(|(key, value)| [depth(key), depth(value)]).max().unwrap_or(0)
        }
        _ => 1,
    }
}

fn plain(mut value: &Value) -> &Value {
    while let Value::Tag(_, inner) = value {
        value = inner;
    }
    value
}

/// The values of these keys, of which each occurs once at most.
fn fields<'a, const N: usize>(value: &'a Value, keys: [&str; N]) -> Option<[Option<&'a Value>; N]> {
    let Value::Map(entries) = plain(value) else { return None };
    let (mut found, mut seen) = ([None; N], BTreeSet::new());
    for (key, value) in entries {
        let key = plain(key).as_text()?;
        if !seen.insert(key) {
            return None;
        }
        if let Some(index) = keys.iter().position(|known| *known == key) {
            found[index] = Some(value);
        }
    }
    Some(found)
}

pub(super) fn text(value: &Value) -> Option<String> {
    plain(value).as_text().map(str::to_owned)
}

pub(super) fn number<T: TryFrom<i128>>(value: &Value) -> Option<T> {
    T::try_from(plain(value).as_integer()?.into()).ok()
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    plain(value).as_array()?.iter().map(read).collect()
}

fn optional<T>(value: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(value) if plain(value).is_null() => Some(None),
        Some(value) => read(value).map(Some),
    }
}

/// The one value of a map, whatever else is in it.
pub(super) fn only<T>(value: &Value, key: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let [value] = fields(value, [key])?;
    read(value?)
}

/// The arguments of a function without any.
pub(super) fn nothing(value: &Value) -> Option<()> {
    fields(value, []).map(|[]| ())
}

pub(super) fn delays(value: &Value) -> Option<Vec<u32>> {
    list(value, number)
}

pub(super) fn echo_request(value: &Value) -> Option<EchoRequest> {
    let [message, delay_ms] = fields(value, ["message", "delay_ms"])?;
    Some(EchoRequest { message: text(message?)?, delay_ms: number(delay_ms?)? })
}

pub(super) fn schedule(value: &Value) -> Option<Schedule> {
    let [echoes, tags, note, repeat] = fields(value, ["echoes", "tags", "note", "repeat"])?;
    Some(Schedule {
        echoes: list(echoes?, echo_request)?,
        tags: list(tags?, text)?,
        note: optional(note, text)?,
        repeat: optional(repeat, self::repeat)?,
    })
}

/// The name of a variant and its payload.
fn variant(value: &Value) -> Option<(&str, Option<&Value>)> {
    match plain(value) {
        Value::Text(name) => Some((name, None)),
        Value::Map(entries) => match &**entries {
            [(name, value)] => Some((plain(name).as_text()?, Some(value))),
            _ => None,
        },
        _ => None,
    }
}

fn repeat(value: &Value) -> Option<Repeat> {
    match variant(value)? {
        ("Times", Some(times)) => number(times).map(Repeat::Times),
        ("Within", Some(fields)) => Some(Repeat::Within { total_ms: only(fields, "total_ms", number)? }),
        _ => None,
    }
}

pub(super) fn echo_response(value: &Value) -> Option<EchoResponse> {
    let [echoed, timer] = fields(value, ["echoed", "timer"])?;
    Some(EchoResponse { echoed: text(echoed?)?, timer: text(timer?)? })
}

pub(super) fn plan(value: &Value) -> Option<Plan> {
    let [entries, total_ms, title] = fields(value, ["entries", "total_ms", "title"])?;
    Some(Plan { entries: list(entries?, entry)?, total_ms: number(total_ms?)?, title: text(title?)? })
}

fn entry(value: &Value) -> Option<PlanEntry> {
    let [at_ms, message] = fields(value, ["at_ms", "message"])?;
    Some(PlanEntry { at_ms: number(at_ms?)?, message: text(message?)? })
}

pub(super) fn error(value: &Value) -> Option<TimerError> {
    Some(match variant(value)? {
        ("Empty", None) => TimerError::Empty,
        ("TooLong", Some(fields)) => TimerError::TooLong { delay_ms: only(fields, "delay_ms", number)? },
        ("TooOften", Some(fields)) => TimerError::TooOften { times: only(fields, "times", number)? },
        ("NoClock", Some(why)) => TimerError::NoClock(text(why)?),
        _ => return None,
    })
}
