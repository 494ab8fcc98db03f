//! Every type, both ways.

use super::{Json, Types};
use ciborium::Value;
use ffihost_schema::{
    Constructor, Docs, Enum, Field, Formats, Handle, Layout, Library, Payload, Struct, Type, Variant,
};

fn field(name: &str, ty: Type) -> Field {
    Field { name: name.to_owned(), docs: Docs::default(), ty }
}

fn variant(name: &str, payload: Payload) -> Variant {
    Variant { name: name.to_owned(), docs: Docs::default(), payload }
}

fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn map(ty: Type) -> Type {
    Type::Map(Box::new(ty))
}

/// A library with a struct, an enum and a handle.
fn library() -> Library {
    let layout = || Layout { size: 0, align: 1, offsets: Vec::new() };
    let formats = Formats { native: true, cbor: true };
    let (name, docs) = (String::new, Docs::default);
    let fields =
        vec![field("message", Type::String), field("delay_ms", Type::U32), field("note", option(Type::String))];
    let variants = vec![
        variant("Never", Payload::Unit),
        variant("Times", Payload::One(Type::U8)),
        variant("Within", Payload::Fields(vec![field("total_ms", Type::U64), field("soft", option(Type::Bool))])),
    ];
    Library {
        name: name(),
        docs: docs(),
        version: String::new(),
        pointer_width: 64,
        target: 0x0808_0802_0408_0408,
        hash: 0,
        formats,
        serve: false,
        constructor: Constructor { docs: docs(), params: Vec::new(), error: None, formats, layout: layout() },
        structs: vec![Struct { name: "Echo".to_owned(), docs: docs(), error: false, fields, layout: layout() }],
        enums: vec![Enum { name: "Repeat".to_owned(), docs: docs(), error: false, variants, layout: None }],
        newtypes: Vec::new(),
        handles: vec![Handle { name: "Watch".to_owned(), docs: docs() }],
        requests: Vec::new(),
        host_fns: Vec::new(),
        events: Vec::new(),
        constants: Vec::new(),
    }
}

#[track_caller]
fn to_cbor(ty: &Type, json: &str) -> Result<Value, String> {
    let json: Json = json.parse().expect("JSON");
    let cbor = Types(&library()).to_cbor(ty, &json).map_err(|misfit| misfit.to_string())?;
    Ok(ciborium::from_reader(cbor.as_slice()).expect("CBOR"))
}

#[track_caller]
fn to_json(ty: &Type, cbor: &Value) -> Result<String, String> {
    let mut bytes = Vec::new();
    ciborium::into_writer(cbor, &mut bytes).expect("memory");
    Types(&library()).to_json(ty, &bytes).map(|json| json.compact()).map_err(|misfit| misfit.to_string())
}

/// The one is the other, both ways.
#[track_caller]
fn same(ty: &Type, json: &str, cbor: impl Into<Value>) {
    let cbor = cbor.into();
    assert_eq!(to_cbor(ty, json).as_ref(), Ok(&cbor), "{ty} of {json}");
    assert_eq!(to_json(ty, &cbor).as_deref(), Ok(json), "{ty} of {cbor:?}");
}

#[track_caller]
fn wrong(ty: &Type, json: &str, message: &str) {
    assert_eq!(to_cbor(ty, json), Err(message.to_owned()), "{ty} of {json}");
}

fn entries<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

#[test]
fn integers_are_exact_to_their_ends() {
    let ends: [(Type, i128, i128); 8] = [
        (Type::I8, -128, 127),
        (Type::I16, -32_768, 32_767),
        (Type::I32, i32::MIN.into(), i32::MAX.into()),
        (Type::I64, i64::MIN.into(), i64::MAX.into()),
        (Type::U8, 0, 255),
        (Type::U16, 0, 65_535),
        (Type::U32, 0, u32::MAX.into()),
        (Type::U64, 0, u64::MAX.into()),
    ];
    for (ty, least, greatest) in ends {
        for number in [least, greatest] {
            same(&ty, &number.to_string(), Value::Integer(number.try_into().expect("64 bits")));
        }
        let needed = format!("a number from {least} to {greatest} is needed, this is ");
        if ty != Type::U64 && ty != Type::I64 {
            wrong(&ty, &(greatest + 1).to_string(), &format!("{needed}{}", greatest + 1));
            let beyond = Value::Integer((greatest + 1).try_into().expect("64 bits"));
            assert_eq!(to_json(&ty, &beyond), Err(format!("CBOR that is no {ty}")));
        }
        assert!(to_cbor(&ty, &(least - 1).to_string()).is_err_and(|error| error.starts_with(&needed)), "{ty}");
        wrong(&ty, "1.5", &format!("{needed}1.5"));
        wrong(&ty, "\"1\"", &format!("{needed}\"1\""));
    }
    assert!(to_cbor(&Type::U64, "18446744073709551616").is_err());
    wrong(
        &Type::I64,
        "9223372036854775808",
        &format!("a number from {} to {} is needed, this is 9223372036854775808", i64::MIN, i64::MAX),
    );
}

#[test]
fn floats_and_what_is_none_in_json() {
    for ty in [Type::F32, Type::F64] {
        same(&ty, "0.5", 0.5);
        same(&ty, "-2.0", -2.0);
        same(&ty, "\"Infinity\"", f64::INFINITY);
        same(&ty, "\"-Infinity\"", f64::NEG_INFINITY);
        assert!(to_cbor(&ty, "\"NaN\"").is_ok_and(|value| value.as_float().is_some_and(f64::is_nan)));
        assert_eq!(to_json(&ty, &f64::NAN.into()).as_deref(), Ok("\"NaN\""));
        assert_eq!(to_cbor(&ty, "3"), Ok(3.0.into()), "a number without a point is a float too");
        assert_eq!(to_json(&ty, &3.into()).as_deref(), Ok("3.0"), "integers are taken for floats");
        wrong(&ty, "\"nan\"", "a number, \"NaN\", \"Infinity\" or \"-Infinity\" is needed, this is \"nan\"");
        wrong(&ty, "null", "a number, \"NaN\", \"Infinity\" or \"-Infinity\" is needed, this is null");
    }
    same(&Type::F64, "0.1", 0.1);
    same(&Type::F64, "1.7976931348623157e+308", f64::MAX);
    same(&Type::F32, "0.1", f64::from(0.1_f32));
    assert!(to_cbor(&Type::F32, "1e39").is_err(), "too large for it");
}

#[test]
fn what_means_more_is_shown_as_what_it_crosses_as() {
    let logical = |name: &str, ty: Type| Type::As(ffihost_schema::Logic::Name(name.to_owned()), Box::new(ty));
    same(&logical("duration", Type::U64), "1500", 1500);
    same(&logical("set", list(Type::String)), r#"["a"]"#, Value::Array(vec![Value::Text("a".to_owned())]));
    assert!(to_cbor(&logical("char", Type::U32), "-1").is_err());
}

#[test]
fn scalars() {
    same(&Type::Unit, "null", Value::Null);
    same(&Type::Bool, "true", true);
    same(&Type::Bool, "false", false);
    same(&Type::String, "\"a \\\"text\\\" – 𝄞\"", "a \"text\" – 𝄞");
    same(&Type::Bytes, "\"AP+A\"", Value::Bytes(vec![0, 255, 128]));
    same(&Type::Bytes, "\"\"", Value::Bytes(Vec::new()));
    same(&Type::Handle("Watch".to_owned()), "18446744073709551615", u64::MAX);
    wrong(&Type::Unit, "0", "null is needed, this is 0");
    wrong(&Type::Bool, "1", "true or false is needed, this is 1");
    wrong(&Type::String, "1", "a text is needed, this is 1");
    wrong(&Type::Bytes, "\"?\"", "a text in base64 is needed, this is \"?\"");
    wrong(&Type::Handle("Watch".to_owned()), "-1", "the number of a Watch is needed, this is -1");
    assert!(to_json(&Type::Bytes, &"text".into()).is_err() && to_json(&Type::String, &Value::Bytes(vec![])).is_err());
    assert_eq!(to_json(&Type::U8, &Value::Tag(1, Box::new(7.into()))).as_deref(), Ok("7"), "tags are taken");
}

#[test]
fn options_lists_and_maps() {
    same(&option(Type::U8), "null", Value::Null);
    same(&option(Type::U8), "7", 7);
    same(&list(option(Type::Bool)), "[true,null]", vec![true.into(), Value::Null]);
    let lists = entries([("b", Value::Array(vec![1.into()])), ("a", Value::Array(Vec::new()))]);
    same(&map(list(Type::U8)), r#"{"b":[1],"a":[]}"#, lists);
    wrong(&option(Type::U8), "\"\"", "a number from 0 to 255 is needed, this is \"\"");
    wrong(&list(Type::U8), "[1,256]", "[1]: a number from 0 to 255 is needed, this is 256");
    wrong(&map(Type::Bool), r#"{"a b":1}"#, "a b: true or false is needed, this is 1");
    wrong(&list(Type::U8), "{}", "a list of u8 is needed, this is {}");
    wrong(&map(Type::U8), "[]", "an object with values of u8 is needed, this is []");
}

#[test]
fn structs() {
    let echo = named("Echo");
    let whole = entries([("message", "hi".into()), ("delay_ms", 5.into()), ("note", "n".into())]);
    same(&echo, r#"{"message":"hi","delay_ms":5,"note":"n"}"#, whole);
    let without = entries([("message", "hi".into()), ("delay_ms", 5.into())]);
    assert_eq!(to_cbor(&echo, r#"{"delay_ms":5,"message":"hi"}"#), Ok(without.clone()), "an option may be left out");
    assert_eq!(to_json(&echo, &without).as_deref(), Ok(r#"{"message":"hi","delay_ms":5,"note":null}"#));
    wrong(
        &list(echo.clone()),
        r#"[{"message":"hi"}]"#,
        "[0].delay_ms: it is missing; a number from 0 to 4294967295 is needed",
    );
    wrong(&echo, r#"{"mesage":1}"#, "mesage: there is no such field in Echo: did you mean message?");
    wrong(&echo, r#"{"x":1}"#, "x: there is no such field in Echo, but message, delay_ms, note");
    wrong(&echo, "7", "an object, Echo, is needed, this is 7");
    assert_eq!(to_json(&echo, &entries([("message", "hi".into())])), Err("delay_ms: it is missing".to_owned()));
}

#[test]
fn enums() {
    let repeat = named("Repeat");
    same(&repeat, "\"Never\"", "Never");
    same(&repeat, r#"{"Times":3}"#, entries([("Times", 3.into())]));
    same(
        &repeat,
        r#"{"Within":{"total_ms":3,"soft":true}}"#,
        entries([("Within", entries([("total_ms", 3.into()), ("soft", true.into())]))]),
    );
    wrong(&repeat, "\"Nevr\"", "Repeat has no variant \"Nevr\": did you mean Never?");
    wrong(&repeat, "\"Times\"", "Times: it holds a value: {\"Times\": …} with a number from 0 to 255 is needed");
    wrong(&repeat, "\"Within\"", "Within: it has fields: {\"Within\": {…}} is needed");
    wrong(&repeat, r#"{"Never":null}"#, "Never: it holds nothing: the text \"Never\" is needed");
    wrong(
        &repeat,
        r#"{"Within":{"total":3}}"#,
        "Within.total: there is no such field in Repeat::Within: did you mean total_ms?",
    );
    let either = "a variant of Repeat (Never, Times, Within) is needed, this is";
    wrong(&repeat, "7", &format!("{either} 7"));
    wrong(&repeat, r#"{"Never":1,"Times":2}"#, &format!("{either} {{\"Never\":1,\"Times\":2}}"));
    assert_eq!(to_json(&repeat, &"Later".into()), Err("CBOR that is no Repeat".to_owned()));
}

#[test]
fn arguments() {
    let params = [field("req", named("Echo")), field("times", option(Type::U8))];
    let library = library();
    let types = Types(&library);
    let convert = |json: &str| {
        let json: Json = json.parse().expect("JSON");
        types.arguments_to_cbor(&params, &json).map_err(|misfit| misfit.to_string())
    };
    let cbor = convert(r#"{"req":{"message":"m","delay_ms":1}}"#).expect("they are right");
    let json = types.arguments_to_json(&params, &cbor).expect("they come back").compact();
    assert_eq!(json, r#"{"req":{"message":"m","delay_ms":1,"note":null},"times":null}"#);
    let soon = convert(r#"{"req":{"message":"m","delay_ms":"soon"}}"#);
    assert_eq!(soon, Err("req.delay_ms: a number from 0 to 4294967295 is needed, this is \"soon\"".to_owned()));
    assert_eq!(convert("{}"), Err("req: it is missing; an object, Echo, is needed".to_owned()));
    assert_eq!(convert(r#"{"rec":1}"#), Err("rec: there is no such argument: did you mean req?".to_owned()));
    assert_eq!(convert("[]"), Err("an object with the arguments is needed, this is []".to_owned()));
    assert_eq!(types.arguments_to_cbor(&[], &Json::empty()), Ok(vec![0xa0]));
}

#[test]
fn json_itself() {
    let parse = |text: &str| text.parse::<Json>();
    assert!(parse(r#"{"a":1,"a":2}"#).is_err_and(|error| error.to_string().contains("the key \"a\" is there twice")));
    assert!(parse("1 2").is_err() && parse("").is_err() && parse("{a:1}").is_err());
    assert!(parse(&"[".repeat(100_000)).is_err(), "depth is limited");
    let text = Json::Text("\u{9b}31m\u{1b}\u{7f}".to_owned()).compact();
    assert_eq!(text, r#""\u009b31m\u001b\u007f""#, "a terminal obeys nothing of it");
    assert_eq!(parse(&text).expect("it is still JSON"), Json::Text("\u{9b}31m\u{1b}\u{7f}".to_owned()));
    assert_eq!(parse(r#"{"b":1,"a":[]}"#).expect("JSON").pretty(), "{\n  \"b\": 1,\n  \"a\": []\n}");
    let long = Json::Text("ä".repeat(100));
    assert_eq!(long.shown().chars().count(), 61);
    assert!(super::decode(b"\xf6\xf6").is_err() && super::decode(b"").is_err() && super::decode(b"\xf6").is_ok());
}
