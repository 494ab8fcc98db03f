//! `details`: what an author says of items beyond their types.

use super::build::*;
use ffihost_schema::*;

fn deprecated(docs: &mut Docs) {
    docs.deprecated = Some(Deprecated {
        since: "1.2.0".to_owned(),
        note: "use the \"new\" one\nin its place: größer??/".to_owned(),
    });
}

pub(crate) fn details() -> Checked {
    let mut library = library("details", "");
    let old = || field("old", "It was once used.", Type::U32);
    library.structs = vec![
        structure("Old", "It was once used.", vec![field("inner", "", named("Inner"))]),
        structure("Inner", "", vec![old(), field("new", "", Type::String)]),
    ];
    deprecated(&mut library.structs[0].docs);
    deprecated(&mut library.structs[1].fields[0].docs);
    library.enums = vec![
        enumeration("Level", "", vec![variant("Low", "", Payload::Unit), variant("Old", "", Payload::Unit)]),
        enumeration(
            "OldShape",
            "",
            vec![variant("Old", "", Payload::Fields(vec![old()])), variant("Held", "", Payload::One(named("Old")))],
        ),
    ];
    deprecated(&mut library.enums[0].docs);
    deprecated(&mut library.enums[0].variants[1].docs);
    deprecated(&mut library.enums[1].docs);
    deprecated(&mut library.enums[1].variants[0].docs);
    if let Payload::Fields(fields) = &mut library.enums[1].variants[0].payload {
        deprecated(&mut fields[0].docs);
    }
    library.handles = vec![Handle { name: "OldFile".to_owned(), docs: Docs::default() }];
    deprecated(&mut library.handles[0].docs);
    library.requests = requests();
    library.host_fns = vec![host_fn("old_fetch", "", vec![old()], named("Old"), Some(named("OldShape")))];
    library.host_fns.iter_mut().for_each(|item| deprecated(&mut item.docs));
    library.events = vec![event("on_old", "It was once told.", vec![field("old", "", named("Old"))])];
    deprecated(&mut library.events[0].docs);
    library.constants = vec![
        constant("OLD", "It was once used.", Type::U32, Value::Unsigned(1)),
        constant("OLD_TEXT", "", Type::String, Value::Text("a".to_owned())),
    ];
    library.constants.iter_mut().for_each(|item| item.docs.deprecated = Some(Deprecated::default()));
    Checked::new(finish(library)).expect("it goes together")
}

/// One of each form.
fn requests() -> Vec<Request> {
    let params = || vec![field("old", "", named("Old")), field("level", "", named("Level"))];
    let of = |name: &str, change: &dyn Fn(&mut Request)| {
        let mut item = request(name, "It was once asked.", params(), named("Old"), Some(named("OldShape")));
        change(&mut item);
        deprecated(&mut item.docs);
        item
    };
    let free = |item: &mut Request| (item.receiver, item.asynchronous) = (Receiver::Free, false);
    let direct = |item: &mut Request| {
        free(item);
        (item.result, item.direct) = (Type::U32, true);
    };
    let of_handle = |item: &mut Request| {
        (item.receiver, item.receiver_name) = (Receiver::Handle("OldFile".to_owned()), "file".to_owned());
    };
    vec![
        of("old_ask", &|_| ()),
        of("old_direct", &direct),
        of("old_free", &free),
        of("old_later", &|item| item.receiver = Receiver::Free),
        of("old_read", &of_handle),
    ]
}
