//! Makes up types: `generated.rs` is what this writes.

use super::Rng;
use std::fmt::Write;

/// So many types.
const TYPES: usize = 60;

/// Names that mean something in a language that bindings are for, or in what the macros emit.
const FIELDS: &[&str] = &[
    "r#type",
    "r#match",
    "r#fn",
    "r#struct",
    "r#async",
    "r#dyn",
    "class",
    "int",
    "double",
    "register",
    "operator",
    "namespace",
    "template",
    "func",
    "chan",
    "var",
    "fun",
    "object",
    "val",
    "def",
    "lambda",
    "pass",
    "guard",
    "inout",
    "protocol",
    "ctx",
    "user_data",
    "userData",
    "token",
    "ret",
    "reader",
    "writer",
    "args",
    "req",
    "len",
    "cb",
    "self_",
    "place",
    "scratch",
    "value",
    "key",
    "tag",
    "payload",
    "present",
    "data",
    "name",
    "error",
    "v0",
    "slot0",
    "a0",
];

/// The same for variants.
const VARIANTS: &[&str] = &[
    "Ok", "Err", "Some", "None", "Self_", "Result", "Option", "String", "Vec", "Box", "Class", "Default", "Any",
    "Type", "Int", "NULL", "True", "Payload", "Tag", "Lower", "Lift", "Object", "A", "B",
];

const SCALARS: &[&str] =
    &["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "String", "Vec<u8>", "String"];

/// The file, for a seed.
pub fn generate(seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut out = String::from(
        "//! Written by `generator.rs`; `UPDATE=1 cargo test --test typed_values` writes it anew.\n\
         #![allow(non_snake_case, clippy::all, reason = \"nobody wrote this\")]\n\n\
         use super::{Rng, Sample, fields};\n\
         use ciborium::Value;\n\
         use ffihost::ffi;\n\
         use std::collections::{BTreeMap, HashMap};\n",
    );
    let mut cases = String::new();
    for index in 0..TYPES {
        let (name, error) = (format!("T{index:02}"), index % 3 == 0);
        let attribute = if error { "#[ffi(error)]" } else { "#[ffi]" };
        let _ = writeln!(out, "\n{attribute}\n#[derive(Clone, Debug)]");
        let by_value = match rng.below(5) {
            0 => {
                plain_enum(&mut rng, &name, &mut out);
                "i32"
            }
            1 | 2 => {
                data_enum(&mut rng, index, &name, &mut out);
                "*const u8"
            }
            _ => {
                structure(&mut rng, index, &name, &mut out);
                "*const u8"
            }
        };
        let echo = format!("echo_t{index:02}");
        let _ = writeln!(out, "\n#[ffi]\npub fn {echo}(value: {name}) -> {name} {{\n    value\n}}");
        let _ =
            writeln!(cases, "        $case!({name}, {error}, {by_value}, \"my_app_{echo}\", \"my_app_{echo}_cbor\");");
    }
    let _ = write!(
        out,
        "\nmacro_rules! each_type {{\n    ($case:ident) => {{\n{cases}    }};\n}}\npub(crate) use each_type;\n"
    );
    out
}

/// A type of at most that depth; `index` is that of the type that it is a part of.
fn part(rng: &mut Rng, depth: u32, index: usize, in_list: bool) -> String {
    match rng.below(if depth == 0 { 4 } else { 9 }) {
        0..3 => rng.pick(SCALARS).to_owned(),
        // By value only what is defined before; a list may hold anything, itself too.
        3 if in_list => format!("T{:02}", rng.below(TYPES)),
        3 if index > 0 => format!("T{:02}", rng.below(index)),
        3 => "String".to_owned(),
        4 | 5 => match part(rng, depth - 1, index, in_list) {
            optional if optional.starts_with("Option") => optional,
            other => format!("Option<{other}>"),
        },
        6 | 7 => format!("Vec<{}>", part(rng, depth - 1, index, true)),
        _ => {
            let map = rng.pick(&["BTreeMap", "HashMap"]);
            format!("{map}<String, {}>", part(rng, depth - 1, index, true))
        }
    }
}

/// Names and types of a few fields.
fn parts(rng: &mut Rng, index: usize) -> Vec<(&'static str, String)> {
    names(rng, FIELDS, 6).into_iter().map(|name| (name, part(rng, 4, index, false))).collect()
}

/// At least one, each once.
fn names(rng: &mut Rng, of: &'static [&'static str], most: usize) -> Vec<&'static str> {
    let mut names = Vec::new();
    for _ in 0..=rng.below(most) {
        let name = rng.pick(of);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// `"type" => …`, of an identifier.
fn text(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

fn structure(rng: &mut Rng, index: usize, name: &str, out: &mut String) {
    let parts = parts(rng, index);
    let _ = writeln!(out, "pub struct {name} {{");
    for (field, ty) in &parts {
        let _ = writeln!(out, "    pub {field}: {ty},");
    }
    let random: Vec<_> = parts.iter().map(|(field, _)| format!("{field}: Sample::random(rng)")).collect();
    let value: Vec<_> = parts.iter().map(|(field, _)| format!("(\"{}\", self.{field}.value())", text(field))).collect();
    sample(out, name, &format!("Self {{ {} }}", random.join(", ")), &format!("fields([{}])", value.join(", ")));
}

fn plain_enum(rng: &mut Rng, name: &str, out: &mut String) {
    let variants = names(rng, VARIANTS, 7);
    let _ = writeln!(out, "pub enum {name} {{");
    for variant in &variants {
        let _ = writeln!(out, "    {variant},");
    }
    let random: Vec<_> = variants.iter().map(|variant| format!("Self::{variant}")).collect();
    let value: Vec<_> = variants.iter().map(|it| format!("Self::{it} => Value::Text(\"{it}\".to_owned())")).collect();
    let random = format!("rng.pick(&[{}])", random.join(", "));
    sample(out, name, &random, &format!("match self {{ {} }}", value.join(", ")));
}

fn data_enum(rng: &mut Rng, index: usize, name: &str, out: &mut String) {
    let (mut random, mut value) = (Vec::new(), Vec::new());
    let variants = names(rng, VARIANTS, 6);
    let _ = writeln!(out, "pub enum {name} {{");
    for (at, variant) in variants.iter().enumerate() {
        // At least the first holds something.
        match if at == 0 { 1 + rng.below(2) } else { rng.below(3) } {
            0 => {
                let _ = writeln!(out, "    {variant},");
                random.push(format!("Self::{variant}"));
                value.push(format!("Self::{variant} => Value::Text(\"{variant}\".to_owned())"));
            }
            1 => {
                let _ = writeln!(out, "    {variant}({}),", part(rng, 4, index, false));
                random.push(format!("Self::{variant}(Sample::random(rng))"));
                value.push(format!("Self::{variant}(it) => fields([(\"{variant}\", it.value())])"));
            }
            _ => {
                let parts = parts(rng, index);
                let declared: Vec<_> = parts.iter().map(|(field, ty)| format!("{field}: {ty}")).collect();
                let _ = writeln!(out, "    {variant} {{ {} }},", declared.join(", "));
                let made: Vec<_> = parts.iter().map(|(field, _)| format!("{field}: Sample::random(rng)")).collect();
                random.push(format!("Self::{variant} {{ {} }}", made.join(", ")));
                let bound: Vec<_> = parts.iter().map(|(field, _)| *field).collect();
                let shown: Vec<_> =
                    parts.iter().map(|(field, _)| format!("(\"{}\", {field}.value())", text(field))).collect();
                let (bound, shown) = (bound.join(", "), shown.join(", "));
                value.push(format!("Self::{variant} {{ {bound} }} => fields([(\"{variant}\", fields([{shown}]))])"));
            }
        }
    }
    let arms: Vec<_> = random.iter().enumerate().map(|(at, made)| format!("{at} => {made}")).collect();
    let random = format!("match rng.below({}) {{ {}, _ => unreachable!() }}", arms.len(), arms.join(", "));
    sample(out, name, &random, &format!("match self {{ {} }}", value.join(", ")));
}

fn sample(out: &mut String, name: &str, random: &str, value: &str) {
    let random = format!("    fn random(rng: &mut Rng) -> Self {{\n        {random}\n    }}\n");
    let value = format!("    fn value(&self) -> Value {{\n        {value}\n    }}\n");
    let _ = writeln!(out, "}}\n\nimpl Sample for {name} {{\n{random}\n{value}}}");
}
