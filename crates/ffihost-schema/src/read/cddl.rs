//! The CBOR surface as a CDDL schema, RFC 8610.
//!
//! Types keep their names. Messages are named after their items, with dots, which no Rust name has: `request.login.args`.

use super::model::*;
use std::fmt::{self, Write};

/// The names that every schema has already: RFC 8610, appendix D.
const PRELUDE: &str = "any uint nint int bstr bytes tstr text tdate time number biguint bignint bigint integer unsigned decfrac \
    bigfloat eb64url eb64legacy eb16 uri b64url b64legacy regexp float16 float32 float64 float false true nil null \
    undefined";

/// Writes down what crosses in CBOR: arguments, results and errors of requests and host functions, events, constants and
/// types, with their docs. The same library always gives the same text.
pub fn cddl(library: &Library) -> String {
    let mut schema = Schema { out: String::new() };
    // Writing to a String does not fail.
    let _ = schema.library(library);
    schema.out
}

struct Schema {
    out: String,
}

impl Schema {
    fn library(&mut self, library: &Library) -> fmt::Result {
        writeln!(self.out, "; {} {}, hash {:#018x}", library.name, one_line(&library.version), library.hash)?;
        self.docs("", &library.docs)?;
        writeln!(
            self.out,
            ";\n; Readers ignore keys that they do not know, so maps may hold more than is written here."
        )?;
        self.messages(library)?;
        if library.constructor.formats.cbor {
            self.constructor(&library.constructor)?;
        }
        for item in library.requests.iter().filter(|item| item.formats.cbor) {
            self.request(item)?;
        }
        for item in &library.host_fns {
            let outcome = (Some(&item.result), item.error.as_ref());
            let docs = match &item.member {
                Some(Member { group, method }) => {
                    let text = format!("{group}::{method}\n{}", item.docs.text);
                    Docs { text, deprecated: item.docs.deprecated.clone() }
                }
                None => item.docs.clone(),
            };
            self.function(&format!("host_fn.{}", rule(&item.name)), &docs, &item.params, outcome)?;
        }
        for item in &library.events {
            self.function(&format!("event.{}", rule(&item.name)), &item.docs, &item.params, (None, None))?;
        }
        library.structs.iter().try_for_each(|item| self.structure(item))?;
        library.enums.iter().try_for_each(|item| self.enumeration(item))?;
        library.newtypes.iter().try_for_each(|item| self.newtype(item))?;
        library.handles.iter().try_for_each(|item| self.handle(item))?;
        library.constants.iter().try_for_each(|item| self.constant(item))
    }

    /// The first rule is what a schema is about: here, anything that is passed.
    fn messages(&mut self, library: &Library) -> fmt::Result {
        let mut rules = Vec::new();
        let mut push = |start: String, result: bool, error: bool| {
            rules.push(format!("{start}.args"));
            rules.extend(result.then(|| format!("{start}.result")));
            rules.extend(error.then(|| format!("{start}.error")));
        };
        if library.constructor.formats.cbor {
            push("constructor".to_owned(), false, library.constructor.error.is_some());
        }
        for item in library.requests.iter().filter(|item| item.formats.cbor) {
            push(format!("request.{}", rule(&item.name)), true, item.error.is_some());
        }
        for item in &library.host_fns {
            push(format!("host_fn.{}", rule(&item.name)), true, item.error.is_some());
        }
        for item in &library.events {
            push(format!("event.{}", rule(&item.name)), false, false);
        }
        match rules.is_empty() {
            true => Ok(()),
            false => writeln!(self.out, "\nmessage.any =\n    {}", rules.join(" /\n    ")),
        }
    }

    fn constructor(&mut self, item: &Constructor) -> fmt::Result {
        self.function("constructor", &item.docs, &item.params, (None, item.error.as_ref()))
    }

    fn request(&mut self, item: &Request) -> fmt::Result {
        let mut params = item.params.clone();
        if let Receiver::Handle(handle) = &item.receiver {
            let docs = "What it is a function of.".into();
            params.insert(0, Field { name: item.receiver_name.clone(), docs, ty: Type::Handle(handle.clone()) });
        }
        let outcome = (Some(&item.result), item.error.as_ref());
        self.function(&format!("request.{}", rule(&item.name)), &item.docs, &params, outcome)
    }

    fn function(
        &mut self,
        name: &str,
        docs: &Docs,
        params: &[Field],
        (result, error): (Option<&Type>, Option<&Type>),
    ) -> fmt::Result {
        self.start(docs)?;
        writeln!(self.out, "{name}.args = {{")?;
        self.fields("    ", params)?;
        writeln!(self.out, "}}")?;
        if let Some(result) = result {
            writeln!(self.out, "{name}.result = {}", cddl_type(result))?;
        }
        if let Some(error) = error {
            writeln!(self.out, "{name}.error = {}", cddl_type(error))?;
        }
        Ok(())
    }

    fn structure(&mut self, item: &Struct) -> fmt::Result {
        self.start(&item.docs)?;
        writeln!(self.out, "{} = {{", rule(&item.name))?;
        self.fields("    ", &item.fields)?;
        writeln!(self.out, "}}")
    }

    fn enumeration(&mut self, item: &Enum) -> fmt::Result {
        self.start(&item.docs)?;
        writeln!(self.out, "{} =", rule(&item.name))?;
        for (index, variant) in item.variants.iter().enumerate() {
            let slash = if index + 1 == item.variants.len() { "" } else { " /" };
            self.docs("    ", &variant.docs)?;
            match &variant.payload {
                Payload::Unit => writeln!(self.out, "    {}{slash}", quoted(&variant.name))?,
                Payload::One(ty) => {
                    writeln!(self.out, "    {{ {}: {} }}{slash}", quoted(&variant.name), cddl_type(ty))?;
                }
                Payload::Fields(fields) => {
                    writeln!(self.out, "    {{ {}: {{", quoted(&variant.name))?;
                    self.fields("        ", fields)?;
                    writeln!(self.out, "    }} }}{slash}")?;
                }
            }
        }
        Ok(())
    }

    fn newtype(&mut self, item: &Newtype) -> fmt::Result {
        self.start(&item.docs)?;
        writeln!(self.out, "{} = {}", rule(&item.name), cddl_type(&item.ty))
    }

    fn handle(&mut self, item: &Handle) -> fmt::Result {
        self.start(&item.docs)?;
        writeln!(self.out, "; A live object of the library's; 0 is none.\n{} = uint", rule(&item.name))
    }

    fn constant(&mut self, item: &Constant) -> fmt::Result {
        self.start(&item.docs)?;
        let name = rule(&item.name);
        match &item.value {
            // CDDL has no words for these.
            Value::Float(value) if !value.is_finite() => writeln!(self.out, "; constant.{name} is {value}"),
            Value::Text(value) => writeln!(self.out, "constant.{name} = {}", quoted(value)),
            value => writeln!(self.out, "constant.{name} = {value}"),
        }
    }

    fn fields(&mut self, indent: &str, fields: &[Field]) -> fmt::Result {
        for Field { name, docs, ty } in fields {
            self.docs(indent, docs)?;
            let optional = if matches!(ty, Type::Option(_)) { "? " } else { "" };
            writeln!(self.out, "{indent}{optional}{}: {},", quoted(name), cddl_type(ty))?;
        }
        writeln!(self.out, "{indent}* text => any,")
    }

    fn start(&mut self, docs: &Docs) -> fmt::Result {
        writeln!(self.out)?;
        self.docs("", docs)
    }

    /// Docs as comments: no line of them gets out of its comment.
    fn docs(&mut self, indent: &str, docs: &Docs) -> fmt::Result {
        let deprecated = docs.deprecated.as_ref().map(ToString::to_string).unwrap_or_default();
        for line in docs.lines().chain(deprecated.lines()) {
            writeln!(self.out, "{}", format!("{indent}; {}", one_line(line)).trim_end())?;
        }
        Ok(())
    }
}

fn one_line(text: &str) -> String {
    text.replace(|char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'), " ")
}

fn cddl_type(ty: &Type) -> String {
    match ty {
        Type::Unit => "null".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::U64 => "uint".to_owned(),
        Type::F32 | Type::F64 => "float / int".to_owned(),
        Type::String => "text".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Option(inner) => format!("{} / null", cddl_type(inner)),
        Type::List(inner) => format!("[* {}]", grouped(inner)),
        Type::Map(inner) => format!("{{ * text => {} }}", grouped(inner)),
        Type::Named(name) | Type::Handle(name) | Type::As(Logic::Newtype(name), _) => rule(name),
        Type::As(Logic::Array(len), inner) => match &**inner {
            Type::Bytes => format!("bytes .size {len}"),
            Type::List(inner) => format!("[{len}*{len} {}]", grouped(inner)),
            inner => cddl_type(inner),
        },
        Type::As(_, inner) => cddl_type(inner),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 => {
            ty.range().map(|(least, greatest)| format!("{least}..{greatest}")).unwrap_or_default()
        }
    }
}

/// A type where a choice would go too far.
fn grouped(ty: &Type) -> String {
    match ty {
        Type::Option(_) | Type::F32 | Type::F64 => format!("({})", cddl_type(ty)),
        Type::As(Logic::Name(_), inner) => grouped(inner),
        _ => cddl_type(ty),
    }
}

/// A name as a CDDL identifier. `$` is a letter there and none in Rust, so no two names become one.
fn rule(name: &str) -> String {
    if PRELUDE.split(' ').any(|word| word == name) { format!("{name}$") } else { name.to_owned() }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            char if char.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        assert_eq!(rule("Login2"), "Login2");
        assert_eq!(rule("text"), "text$");
    }

    #[test]
    fn texts_stay_where_they_are() {
        assert_eq!(quoted("a\"\\\n\u{1}"), r#""a\"\\\n\u0001""#);
        assert_eq!(one_line("a\rb"), "a b");
    }
}
