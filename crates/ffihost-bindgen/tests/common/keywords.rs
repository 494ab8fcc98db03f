//! `union`: a library whose names are the keywords of everything, and what generated code calls its own things.

use super::build::*;
use ffihost_schema::*;

/// Keywords of C and C++, and what signatures and generated code have themselves.
const HERE: &[&str] = &[
    "alignas",
    "and",
    "asm",
    "auto",
    "bool",
    "catch",
    "char",
    "class",
    "co_await",
    "concept",
    "const_cast",
    "default",
    "delete",
    "double",
    "errno",
    "explicit",
    "export",
    "float",
    "inline",
    "int",
    "namespace",
    "new",
    "noexcept",
    "nullptr",
    "operator",
    "private",
    "register",
    "restrict",
    "short",
    "signed",
    "sizeof",
    "stdin",
    "switch",
    "template",
    "this",
    "throw",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "xor",
    "arena",
    "args",
    "buf",
    "call",
    "cb",
    "cpp",
    "ctx",
    "data",
    "detail",
    "done",
    "error",
    "ffihost",
    "from",
    "held",
    "id",
    "kept",
    "len",
    "lend",
    "library",
    "listener",
    "msg",
    "options",
    "out",
    "payload",
    "present",
    "raw",
    "release",
    "req",
    "reqLen",
    "responder",
    "result",
    "ret",
    "size",
    "std",
    "tag",
    "take",
    "text",
    "to",
    "token",
    "user_data",
    "value",
];

/// Keywords of Go, Swift, Kotlin, Python, JavaScript and Rust.
const ELSEWHERE: &[&str] = &[
    "arguments",
    "associatedtype",
    "await",
    "chan",
    "debugger",
    "def",
    "defer",
    "deinit",
    "del",
    "dyn",
    "elif",
    "eval",
    "except",
    "extension",
    "fallthrough",
    "fileprivate",
    "fn",
    "fun",
    "func",
    "function",
    "global",
    "go",
    "guard",
    "impl",
    "import",
    "in",
    "init",
    "inout",
    "instanceof",
    "interface",
    "is",
    "lambda",
    "let",
    "map",
    "match",
    "mod",
    "move",
    "mut",
    "nonlocal",
    "object",
    "package",
    "pass",
    "protocol",
    "pub",
    "raise",
    "range",
    "ref",
    "rethrows",
    "sealed",
    "select",
    "subscript",
    "super",
    "trait",
    "type",
    "typealias",
    "typeof",
    "unsafe",
    "val",
    "var",
    "when",
    "where",
    "with",
    "yield",
];

/// Words that cannot be the name of a request, because every library exports that.
const EXPORTED: &[&str] = &["release"];

pub(crate) fn keywords() -> Checked {
    let mut library = library("union", "Every name is a keyword.");
    let words = || HERE.iter().copied();
    let all = || words().chain(ELSEWHERE.iter().copied());
    let fields = || words().map(|word| field(word, "", Type::U8)).collect::<Vec<_>>();
    let few = || {
        plain([
            ("ctx", Type::String),
            ("ctx_", Type::Bool),
            ("cb", Type::U8),
            ("userData", named("Class")),
            ("class", list(Type::U8)),
        ])
    };
    library.constructor.params = fields();
    let all_fields = all().map(|word| field(word, "", Type::U8)).collect();
    library.structs = vec![structure("Class", "", all_fields)];
    let variants = |payload: fn(usize) -> Payload| {
        words().enumerate().map(|(at, word)| variant(&heck(word), "", payload(at))).collect::<Vec<_>>()
    };
    library.enums = vec![
        enumeration("Enum", "", all().map(|word| variant(&heck(word), "", Payload::Unit)).collect()),
        enumeration("Template", "", variants(|at| if at % 4 == 0 { Payload::One(Type::U8) } else { Payload::Unit })),
        enumeration(
            "Struct",
            "",
            vec![
                variant("Struct", "", Payload::Fields(plain([("struct", Type::U8), ("value", Type::String)]))),
                variant("Value", "", Payload::One(Type::String)),
            ],
        ),
    ];
    library.handles = vec![Handle { name: "Delete".to_owned(), docs: Docs::default() }];
    // Each in turn with parameters or without, asynchronous or not: all of everything would be a large header.
    let requests = words().filter(|word| !EXPORTED.contains(word)).enumerate();
    library.requests = requests
        .map(|(at, word)| {
            let params = if at % 8 == 0 { few() } else { Vec::new() };
            let mut request = request(word, "", params, Type::Unit, Some(named("Template")));
            request.asynchronous = at % 8 == 0;
            request
        })
        .collect();
    library.requests.push(request("open", "", fields(), named("Class"), None));
    library.requests.push(request("check_abi", "", Vec::new(), Type::String, None));
    library.requests.push(request("on_int", "", Vec::new(), Type::Unit, None));
    let mut free = request("free", "", fields(), Type::Unit, None);
    free.receiver = Receiver::Free;
    library.requests.push(free);
    for name in ["id_of", "close_it", "drop"] {
        let mut method = request(name, "", few(), Type::Bool, None);
        method.receiver = Receiver::Handle("Delete".to_owned());
        method.receiver_name = "delete".to_owned();
        library.requests.push(method);
    }
    library.host_fns = words().step_by(8).map(|word| host_fn(word, "", few(), Type::Bool, None)).collect();
    library.host_fns.push(host_fn("int", "", fields(), Type::Unit, None));
    library.events = words().step_by(8).map(|word| event(&format!("{word}_event"), "", few())).collect();
    library.events.push(event("on_int", "", Vec::new()));
    library.constants = all().map(|word| constant(&word.to_uppercase(), "", Type::U8, Value::Unsigned(1))).collect();
    Checked::new(finish(library)).expect("it goes together")
}

/// In upper camel case, near enough.
fn heck(word: &str) -> String {
    let mut name = String::new();
    for part in word.split('_').filter(|part| !part.is_empty()) {
        let mut chars = part.chars();
        name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name
}
