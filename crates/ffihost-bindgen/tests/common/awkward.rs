//! `awkward`: a library whose names are those of the bindings' own classes and members, of its own other items, and of macros
//! that programs have when they include the header.

use super::build::*;
use ffihost_schema::*;

/// Types: of ffihost.hpp, of what is generated, in lower case, and macros.
const TYPES: &[&str] = &[
    "Access",
    "Args",
    "Arena",
    "Awaitable",
    "Bound",
    "Call",
    "Context",
    "Convert",
    "Error",
    "FFICallBack",
    "FFIString",
    "Future",
    "Handle",
    "None",
    "Request",
    "Result",
    "S",
    "Signature",
    "Status",
    "TRUE",
    "V",
    "Value",
    "awkward",
    "detail",
    "ffihost",
    "max",
    "profile",
    "std",
    "string",
    "uint8_t",
];

/// Fields, parameters, variants and requests: members of the bindings' classes, macros with and without arguments.
const NAMES: &[&str] = &[
    "bound_",
    "check_abi",
    "create",
    "ctx",
    "far",
    "id_",
    "interface",
    "max",
    "min",
    "near",
    "open",
    "profile",
    "raw",
    "release_",
    "sa_handler",
    "small",
    "st_atime",
    "start",
    "stdin",
    "string",
    "submit_profile",
    "variants",
    "ERROR",
    "EPERM",
];

/// Variants of an enum, as macros name them.
const VARIANTS: &[&str] = &[
    "Always",
    "Bool",
    "DELETE",
    "EPERM",
    "ERROR",
    "IN",
    "INFINITY",
    "NAN",
    "None",
    "OUT",
    "SIGINT",
    "Status",
    "Success",
    "TRUE",
    "M_PI",
    "BUFSIZ",
    "I",
    "Parts",
    "PartsVariants",
    "Value",
];

pub(crate) fn awkward() -> Checked {
    let mut library = library("awkward", "");
    let fields = || NAMES.iter().map(|name| field(name, "", named("profile"))).collect::<Vec<_>>();
    library.constructor.params = fields();
    library.structs = TYPES.iter().map(|name| structure(name, "", plain([("max", Type::U8)]))).collect();
    library.structs.retain(|item| item.name != "Handle" && item.name != "max");
    // A field is called as its type is.
    library.structs.push(structure(
        "Holder",
        "",
        TYPES.iter().map(|name| field(name, "", list(named(name)))).collect(),
    ));
    for field in &mut library.structs.last_mut().expect("it was pushed").fields {
        match field.name.as_str() {
            "Handle" => field.ty = handle("Handle"),
            "max" => field.ty = handle("max"),
            _ => {}
        }
    }
    library.structs.push(structure("Plain", "", fields()));
    let payload = |at: usize| match at % 3 {
        0 => Payload::Unit,
        1 => Payload::One(Type::Bool),
        _ => Payload::Fields(vec![field("profile", "", named("profile")), field("st_mtime", "", Type::F64)]),
    };
    let variants = VARIANTS.iter().enumerate();
    library.enums = vec![
        enumeration("Plainly", "", variants.clone().map(|(_, name)| variant(name, "", Payload::Unit)).collect()),
        enumeration("Parts", "", variants.map(|(at, name)| variant(name, "", payload(at))).collect()),
    ];
    library.handles = ["Handle", "max"].map(|name| Handle { name: name.to_owned(), docs: Docs::default() }).into();
    let own = |name: &&str| !["create", "open", "id_", "bound_", "release_"].contains(name);
    for name in NAMES.iter().filter(|name| own(name)) {
        library.requests.push(request(name, "", fields(), named("profile"), Some(named("Error"))));
    }
    for (name, receiver) in [("id_", "Handle"), ("bound_", "max"), ("release_", "Handle")] {
        let mut method = request(name, "", fields(), named("profile"), Some(named("Parts")));
        (method.receiver, method.receiver_name) = (Receiver::Handle(receiver.to_owned()), "context".to_owned());
        library.requests.push(method);
    }
    let mut free = request("free_one", "", fields(), named("Context"), None);
    (free.receiver, free.asynchronous) = (Receiver::Free, false);
    library.requests.push(free);
    library.host_fns = vec![
        host_fn("profile", "", fields(), named("profile"), Some(named("Error"))),
        host_fn("awkward", "", fields(), option(named("Context")), None),
    ];
    library.events = vec![event("context", "", fields())];
    let long = "a long text, ".repeat(1_000);
    library.constants = vec![constant("LONG", "", Type::String, Value::Text(long))];
    Checked::new(finish(library)).expect("it goes together")
}
