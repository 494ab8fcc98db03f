//! Items, written as in Rust.

use ffihost_schema::{Constructor, Event, Field, Formats, HostFn, Receiver, Request, Type};

pub(crate) fn constructor(item: &Constructor) -> String {
    let outcome = outcome(&Type::Named("Self".to_owned()), item.error.as_ref());
    format!("async fn create({}){outcome}{}", params("", &item.params), only(item.formats))
}

pub(crate) fn request(item: &Request) -> String {
    let (owner, receiver) = match (&item.receiver, &item.of) {
        (Receiver::Handle(name), _) => (format!("{name}::"), "&self"),
        (Receiver::Context, Some(of)) => (format!("{of}::"), "&context"),
        (Receiver::Free, Some(of)) => (format!("{of}::"), ""),
        (Receiver::Context, None) => (String::new(), "&self"),
        (Receiver::Free, None) => (String::new(), ""),
    };
    let (params, outcome) = (params(receiver, &item.params), outcome(&item.result, item.error.as_ref()));
    format!("{}{owner}{}({params}){outcome}{}", keyword(item.asynchronous), item.member(), only(item.formats))
}

pub(crate) fn host_fn(item: &HostFn) -> String {
    let outcome = outcome(&item.result, item.error.as_ref());
    let member = item.member.as_ref().map(|member| format!("  // {}::{}", member.group, member.method));
    let declared = format!("{}{}({}){outcome}", keyword(item.asynchronous), item.name, params("", &item.params));
    declared + &member.unwrap_or_default()
}

pub(crate) fn event(item: &Event) -> String {
    format!("fn {}({})", item.name, params("", &item.params))
}

pub(crate) fn formats(formats: Formats) -> &'static str {
    match (formats.native, formats.cbor) {
        (true, true) => "native and CBOR",
        (true, false) => "native only",
        (false, true) => "CBOR only",
        (false, false) => "none",
    }
}

/// What is exported in one format only says so.
fn only(of: Formats) -> String {
    if of.native && of.cbor { String::new() } else { format!("  // {}", formats(of)) }
}

fn keyword(asynchronous: bool) -> &'static str {
    if asynchronous { "async fn " } else { "fn " }
}

fn params(receiver: &str, params: &[Field]) -> String {
    let receiver = (!receiver.is_empty()).then(|| receiver.to_owned());
    let params = params.iter().map(|Field { name, ty, .. }| format!("{name}: {ty}"));
    receiver.into_iter().chain(params).collect::<Vec<_>>().join(", ")
}

fn outcome(result: &Type, error: Option<&Type>) -> String {
    match (result, error) {
        (Type::Unit, None) => String::new(),
        (result, None) => format!(" -> {result}"),
        (result, Some(error)) => format!(" -> Result<{result}, {error}>"),
    }
}
