//! `my_app`: every type in every position, nested and recursive; requests, host functions and events of every kind. The mock
//! library of the end-to-end tests implements it.

use super::build::*;
use ffihost_schema::*;

pub(crate) fn everything() -> Checked {
    let mut library =
        library("my_app", "A library that has everything.\n\nIt is *not* for use; `/* this */` is a comment.");
    library.constructor.docs = "Opens the app.".into();
    library.constructor.params = vec![
        field("name", "what it is called", Type::String),
        field("limits", "NULL for the defaults", option(named("Limits"))),
        field("retries", "", Type::U8),
    ];
    library.constructor.error = Some(named("OpenError"));
    library.structs = structs();
    library.enums = enums();
    library.newtypes = newtypes();
    library.handles = vec![Handle { name: "Cursor".to_owned(), docs: "Walks over the profiles.".into() }];
    library.requests = requests();
    library.host_fns = host_fns();
    library.events = events();
    library.constants = constants();
    Checked::new(finish(library)).expect("it goes together")
}

fn structs() -> Vec<Struct> {
    vec![
        structure(
            "Profile",
            "Who somebody is.",
            vec![
                field("id", "unique", Type::String),
                field("age", "in years, if it is known", option(Type::U8)),
                field("role", "", named("Role")),
                field("tags", "", list(Type::String)),
                field("avatar", "A PNG.", Type::Bytes),
            ],
        ),
        structure(
            "LoginReq",
            "",
            vec![field("user_id", "whose\nsession", Type::String), field("scopes", "", list(named("Role")))],
        ),
        structure(
            "Session",
            "An open session.",
            plain([
                ("token", Type::U64),
                ("profile", named("Profile")),
                ("cursor", handle("Cursor")),
                ("expires_in", Type::F64),
            ]),
        ),
        structure("Limits", "", plain([("users", Type::U32), ("rate", Type::F32), ("strict", Type::Bool)])),
        structure(
            "Node",
            "A tree, through a list and a map.",
            plain([("label", Type::String), ("children", list(named("Node"))), ("named", map(named("Node")))]),
        ),
        structure(
            "Kitchen",
            "Every type, and what can be put together from them.\n\nA windows path: C:\\temp\\ \nends in a backslash \\",
            plain([
                ("a_bool", Type::Bool),
                ("an_i8", Type::I8),
                ("an_i16", Type::I16),
                ("an_i32", Type::I32),
                ("an_i64", Type::I64),
                ("a_u8", Type::U8),
                ("a_u16", Type::U16),
                ("a_u32", Type::U32),
                ("a_u64", Type::U64),
                ("an_f32", Type::F32),
                ("an_f64", Type::F64),
                ("a_string", Type::String),
                ("some_bytes", Type::Bytes),
                ("an_option", option(Type::F64)),
                ("an_optional_list", option(list(Type::U32))),
                ("a_list_of_options", list(option(Type::U32))),
                ("an_option_of_an_option", option(option(Type::Bool))),
                ("a_map_of_lists", map(list(Type::I64))),
                ("some_bools", list(Type::Bool)),
                ("a_list_of_lists", list(list(Type::String))),
                ("a_list_of_bytes", list(Type::Bytes)),
                ("a_list_of_maps", list(map(Type::String))),
                ("a_map_of_bytes", map(Type::Bytes)),
                ("an_optional_string", option(Type::String)),
                ("an_optional_enum", option(named("Shape"))),
                ("shapes", list(named("Shape"))),
                ("roles", map(named("Role"))),
                ("maybe_handle", option(handle("Cursor"))),
                ("handles", list(handle("Cursor"))),
                ("tree", named("Node")),
                ("expression", named("Expr")),
                ("nothing", named("Nothing")),
                ("pair", named("Pair")),
                ("user_id", new("UserId")),
                ("nickname", option(new("Nickname"))),
                ("owners", list(new("Owner"))),
                ("crowd", new("Crowd")),
                ("person", new("Person")),
                ("rank", new("Rank")),
                ("walker", new("Walker")),
                ("age", new("Age")),
            ]),
        ),
        structure("Nothing", "Holds nothing.", Vec::new()),
        structure("Pair", "", plain([("field0", Type::U8), ("field1", Type::String)])),
        structure(
            "Logical",
            "Types that mean more than they cross as.",
            vec![
                field("patience", "How long at most.", logical("duration", Type::U64)),
                field("at", "", option(logical("time", Type::I64))),
                field("letter", "", logical("char", Type::U32)),
                field("place", "", logical("path", Type::String)),
                field("digest", "", array(4, Type::Bytes)),
                field("point", "", array(2, list(Type::F64))),
                field("tags", "", logical("set", list(Type::String))),
                field("waits", "Before each try.", list(logical("duration", Type::U64))),
                field("custom", "Of an author's own.", logical("Color", Type::String)),
            ],
        ),
    ]
}

fn newtypes() -> Vec<Newtype> {
    let all = [
        ("UserId", "Whose it is.", Type::U64),
        ("Nickname", "", Type::String),
        ("Owner", "A newtype of another.", newtype("UserId", Type::U64)),
        ("Crowd", "", list(newtype("UserId", Type::U64))),
        ("Person", "", named("Profile")),
        ("Rank", "", named("Role")),
        ("Walker", "", handle("Cursor")),
        ("Age", "", logical("duration", Type::U64)),
    ];
    let one = |(name, docs, ty): (&str, &str, Type)| Newtype { name: name.to_owned(), docs: docs.into(), ty };
    all.into_iter().map(one).collect()
}

/// The newtype of that name.
fn new(name: &str) -> Type {
    let item = newtypes().into_iter().find(|item| item.name == name).expect("there is such a newtype");
    newtype(name, item.ty)
}

fn enums() -> Vec<Enum> {
    let unit = |name| variant(name, "", Payload::Unit);
    let mut login = enumeration(
        "LoginError",
        "Why a login fails.",
        vec![
            variant("UnknownUser", "There is no such user.", Payload::Unit),
            variant(
                "Locked",
                "Too many attempts.",
                Payload::Fields(vec![field("minutes", "until it opens", Type::U32)]),
            ),
            variant("Host", "The host's own failure.", Payload::One(Type::String)),
        ],
    );
    login.error = true;
    let mut profile = enumeration("ProfileError", "", vec![unit("NotFound"), unit("Offline")]);
    profile.error = true;
    let mut open = enumeration("OpenError", "", vec![variant("Name", "", Payload::One(Type::String)), unit("Full")]);
    open.error = true;
    vec![
        enumeration(
            "Role",
            "What somebody may do.",
            vec![variant("Admin", "Everything.", Payload::Unit), unit("Guest")],
        ),
        enumeration(
            "Shape",
            "A shape.",
            vec![
                unit("Nothing"),
                variant("Circle", "by its radius", Payload::One(Type::F64)),
                variant("Rect", "", Payload::Fields(plain([("width", Type::F64), ("height", Type::F64)]))),
                variant("Group", "", Payload::One(list(named("Shape")))),
                variant("Person", "", Payload::One(named("Profile"))),
            ],
        ),
        enumeration(
            "Expr",
            "",
            vec![
                variant("Number", "", Payload::One(Type::I64)),
                variant("Call", "", Payload::Fields(plain([("name", Type::String), ("args", list(named("Expr")))]))),
                variant("Let", "", Payload::One(map(named("Expr")))),
            ],
        ),
        login,
        profile,
        open,
    ]
}

fn requests() -> Vec<Request> {
    let login = request(
        "login",
        "Logs a user in.\n\nAsks the host for the profile.",
        vec![field("req", "who, and what for", named("LoginReq"))],
        named("Session"),
        Some(named("LoginError")),
    );
    let sync = |mut request: Request| {
        request.asynchronous = false;
        request
    };
    let direct = |request: Request| Request { direct: true, ..sync(request) };
    let of = |receiver: Receiver, mut request: Request| {
        request.receiver_name =
            if matches!(receiver, Receiver::Handle(_)) { "cursor".to_owned() } else { String::new() };
        request.receiver = receiver;
        request
    };
    let cursor = || Receiver::Handle("Cursor".to_owned());
    let member = |mut request: Request| {
        request.of = Some("Cursor".to_owned());
        request
    };
    let generic = |mut request: Request| {
        request.formats = Formats { native: false, cbor: true };
        request
    };
    let mut fast = request("ping", "", Vec::new(), Type::Unit, None);
    fast.formats = Formats { native: true, cbor: false };
    vec![
        login,
        generic(request(
            "inspect",
            "Only for generic callers.",
            plain([("what", Type::String)]),
            Type::String,
            Some(Type::String),
        )),
        generic(sync(of(cursor(), request("peek", "", vec![field("n", "how many", Type::U32)], Type::U32, None)))),
        generic(of(Receiver::Free, request("measure", "", Vec::new(), Type::U64, None))),
        fast,
        direct(request("greet", "Says hello.", plain([("name", Type::String)]), Type::String, Some(Type::String))),
        direct(request("sum", "", plain([("values", list(Type::F64))]), Type::F64, None)),
        direct(request("seal", "", plain([("text", Type::String)]), Type::Bytes, Some(named("ProfileError")))),
        direct(request("touch", "", Vec::new(), Type::Unit, Some(named("Role")))),
        sync(request("split", "Words.", plain([("text", Type::String)]), list(Type::String), None)),
        direct(of(
            Receiver::Free,
            request("add", "Adds.", plain([("a", Type::U32), ("b", Type::U32)]), Type::U32, None),
        )),
        of(Receiver::Free, request("digest", "", plain([("data", Type::Bytes)]), Type::Bytes, None)),
        request("role_of", "", plain([("id", Type::String)]), named("Role"), None),
        request(
            "find",
            "",
            plain([("id", option(Type::String))]),
            option(named("Profile")),
            Some(named("ProfileError")),
        ),
        request("echo", "Returns what it is given.", plain([("kitchen", named("Kitchen"))]), named("Kitchen"), None),
        request("draw", "", plain([("shapes", map(named("Shape")))]), map(named("Shape")), None),
        request("open_cursor", "", Vec::new(), handle("Cursor"), None),
        of(
            cursor(),
            request("next", "The next profiles, at most `n`.", plain([("n", Type::U32)]), list(named("Profile")), None),
        ),
        of(cursor(), direct(request("position", "", Vec::new(), Type::U64, None))),
        member(request(
            "cursor_over",
            "Over what is given.",
            plain([("names", list(Type::String))]),
            handle("Cursor"),
            Some(Type::String),
        )),
        member(generic(request("cursor_at_end", "", plain([("context", Type::U32)]), handle("Cursor"), None))),
        member(direct(request("cursor_start", "", Vec::new(), handle("Cursor"), Some(Type::String)))),
        member(direct(of(Receiver::Free, request("cursor_limit", "", plain([("of", Type::U32)]), Type::U32, None)))),
        member(of(cursor(), request("cursor_skip", "Skips `n`.", plain([("n", Type::U32)]), Type::Unit, None))),
        request("never", "Ends when it is cancelled.", Vec::new(), Type::Unit, None),
    ]
}

fn host_fns() -> Vec<HostFn> {
    let mut now = host_fn("now_ms", "The time, in milliseconds.", Vec::new(), Type::U64, None);
    now.asynchronous = false;
    let of_storage = |method: &str, host_fn: HostFn| {
        let member = Member { group: "Storage".to_owned(), method: method.to_owned() };
        HostFn { member: Some(member), ..host_fn }
    };
    vec![
        host_fn(
            "fetch_profile",
            "Finds a profile.",
            vec![field("user_id", "whose", Type::String), field("fresh", "not from a cache", Type::Bool)],
            named("Profile"),
            Some(named("ProfileError")),
        ),
        of_storage(
            "save",
            host_fn(
                "store",
                "",
                plain([("key", Type::String), ("value", option(Type::Bytes))]),
                Type::Unit,
                Some(Type::String),
            ),
        ),
        of_storage("load", host_fn("load", "", plain([("key", Type::String)]), option(Type::Bytes), None)),
        host_fn("pick", "", plain([("of", list(named("Shape")))]), named("Shape"), Some(named("LoginError"))),
        host_fn("choose", "", plain([("roles", list(named("Role")))]), named("Role"), None),
        host_fn("words", "", plain([("text", Type::String)]), list(Type::String), None),
        host_fn("label", "", plain([("cursor", handle("Cursor"))]), Type::String, None),
        now,
    ]
}

fn events() -> Vec<Event> {
    vec![
        event(
            "on_fired",
            "It fired.",
            vec![field("message", "", Type::String), field("count", "how often", Type::U32)],
        ),
        event("profile_changed", "", plain([("profile", named("Profile")), ("shape", named("Shape"))])),
        event("on_idle", "Nothing happened.", Vec::new()),
    ]
}

fn constants() -> Vec<Constant> {
    vec![
        constant("MAX_USERS", "How many there can be.", Type::U32, Value::Unsigned(100)),
        constant("SMALLEST", "", Type::I64, Value::Signed(i64::MIN)),
        constant("LARGEST", "", Type::U64, Value::Unsigned(u64::MAX)),
        constant("OFFSET", "", Type::I8, Value::Signed(-1)),
        constant("RATIO", "", Type::F32, Value::Float(f64::from(0.1_f32))),
        constant("FAR", "", Type::F64, Value::Float(f64::INFINITY)),
        constant(
            "GREETING",
            "Not a \"trigraph\": ??/",
            Type::String,
            Value::Text("hello\n\"world\" \\ ??/ ü".to_owned()),
        ),
        Constant {
            of: Some("Cursor".to_owned()),
            ..constant("CURSOR_MAX_STEP", "The most that `skip` takes.", Type::U32, Value::Unsigned(64))
        },
        constant("STRICT", "", Type::Bool, Value::Bool(true)),
    ]
}
