//! Differences: what they are, and whom they break.

use crate::files::fixture;
use ffihost_schema::ChangeKind::{Added, Changed, Note, Removed, Reordered};
use ffihost_schema::{
    ChangeKind, Docs, Effect, Field, Formats, HostFn, Layout, Library, Logic, Newtype, Payload, Receiver, Request,
    Type, Value, Variant, diff, libraries_in_file,
};

const OK: Effect = Effect::Compatible;
const BREAKS: Effect = Effect::Breaking;

fn notes() -> Library {
    libraries_in_file(&fixture("libnotes-x86_64.so")).expect("the library").remove(0).into_library()
}

/// After `change`, exactly these differences are found: kind, path, native, CBOR.
#[track_caller]
fn finds(change: impl FnOnce(&mut Library), expected: &[(ChangeKind, &str, Effect, Effect)]) {
    let (old, mut new) = (notes(), notes());
    change(&mut new);
    let changes = diff(&old, &new);
    let found: Vec<_> =
        changes.iter().map(|change| (change.kind, change.path.as_str(), change.native, change.cbor)).collect();
    assert_eq!(found, expected, "{changes:#?}");
    assert!(changes.iter().all(|change| !change.why.is_empty()));
}

fn request<'a>(library: &'a mut Library, name: &str) -> &'a mut Request {
    library.requests.iter_mut().find(|item| item.name == name).expect("the request")
}

fn host_fn<'a>(library: &'a mut Library, name: &str) -> &'a mut HostFn {
    library.host_fns.iter_mut().find(|item| item.name == name).expect("the host function")
}

#[test]
fn a_request_that_became_a_member() {
    finds(
        |library| library.requests[0].of = Some("Cursor".into()),
        &[(Changed, &format!("request `{}`", notes().requests[0].name), OK, OK)],
    );
}

/// The fields of a struct. `Note` is sent and received, `Date` only is in it, and a host function returns it.
fn fields<'a>(library: &'a mut Library, name: &str) -> &'a mut Vec<Field> {
    &mut library.structs.iter_mut().find(|item| item.name == name).expect("the struct").fields
}

/// The variants of an enum. `Order` is sent, `NotesError` both.
fn variants<'a>(library: &'a mut Library, name: &str) -> &'a mut Vec<Variant> {
    &mut library.enums.iter_mut().find(|item| item.name == name).expect("the enum").variants
}

fn field(name: &str, ty: Type) -> Field {
    Field { name: name.into(), docs: Docs::default(), ty }
}

fn variant(name: &str) -> Variant {
    Variant { name: name.into(), docs: Docs::default(), payload: Payload::Unit }
}

fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

/// A newtype, and its use as the type of a field that `ty` was that of.
fn newtype(library: &mut Library, holds: Type) -> Type {
    let name = "Text".to_owned();
    library.newtypes = vec![Newtype { name: name.clone(), docs: Docs::default(), ty: holds.clone() }];
    Type::As(Logic::Newtype(name), Box::new(holds))
}

#[test]
fn newtypes() {
    let with = |holds: Type| {
        let mut library = notes();
        let ty = newtype(&mut library, holds);
        fields(&mut library, "Note").push(field("text", ty));
        library
    };
    let changes = |old: &Library, new: &Library| {
        diff(old, new).into_iter().map(|change| (change.path, change.cbor)).collect::<Vec<_>>()
    };
    let changed = changes(&with(Type::U8), &with(Type::String));
    assert_eq!(changed, [("newtype `Text`".to_owned(), BREAKS)], "once, and not at each use");
    let mut plain = with(Type::U8);
    plain.newtypes.clear();
    fields(&mut plain, "Note").last_mut().expect("it has it").ty = Type::U8;
    let named = changes(&plain, &with(Type::U8));
    let path = |text: &str| text.to_owned();
    assert_eq!(named, [(path("struct `Note`, field `text`"), OK), (path("newtype `Text`"), OK)]);
}

#[test]
fn nothing() {
    finds(|_| {}, &[]);
}

#[test]
fn notes_are_no_changes() {
    finds(
        |new| {
            new.version = "1.0.1".into();
            new.structs[0].docs = "Another text.".into();
            new.requests[0].params[0].docs = "Another text.".into();
        },
        &[
            (Note, "library", OK, OK),
            (Note, "struct `Date`", OK, OK),
            (Note, "request `add`, parameter `note`", OK, OK),
        ],
    );
    finds(|new| new.hash += 1, &[(Note, "library", OK, OK)]);
}

#[test]
fn whole_items() {
    finds(
        |new| {
            let mut more = new.requests[0].clone();
            more.name = "zap".into();
            new.requests.push(more);
            new.requests.remove(0);
        },
        &[(Removed, "request `add`", BREAKS, BREAKS), (Added, "request `zap`", OK, OK)],
    );
    finds(|new| drop(new.host_fns.remove(0)), &[(Removed, "host function `store`", BREAKS, BREAKS)]);
    finds(|new| drop(new.events.remove(0)), &[(Removed, "event `on_added`", BREAKS, BREAKS)]);
    finds(|new| drop(new.constants.remove(0)), &[(Removed, "constant `GREETING`", OK, OK)]);
    finds(|new| drop(new.handles.remove(0)), &[(Removed, "handle `Cursor`", BREAKS, BREAKS)]);
    finds(|new| new.constants[0].value = Value::Text("x".into()), &[(Changed, "constant `GREETING`", BREAKS, BREAKS)]);
}

#[test]
fn added_host_function_may_be_missing() {
    let (old, new) = (notes(), notes());
    let mut new = new;
    let mut more = new.host_fns[0].clone();
    more.name = "zap".into();
    new.host_fns.push(more);
    let changes = diff(&old, &new);
    assert!(changes[0].why.contains("NotRegistered"), "{}", changes[0].why);
}

#[test]
fn only_hosts_of_its_formats_break() {
    finds(
        |new| new.requests.retain(|item| item.name != "tag_counts"),
        &[(Removed, "request `tag_counts`", OK, BREAKS)],
    );
    finds(
        |new| request(new, "add").formats = Formats { native: true, cbor: false },
        &[(Removed, "request `add`", OK, BREAKS)],
    );
    finds(|new| request(new, "tag_counts").formats.native = true, &[(Added, "request `tag_counts`", OK, OK)]);
}

#[test]
fn parameters_that_hosts_send() {
    finds(
        |new| request(new, "search").params.push(field("limit", Type::U32)),
        &[(Added, "request `search`, parameter `limit`", BREAKS, BREAKS)],
    );
    finds(
        |new| request(new, "search").params.push(field("limit", option(Type::U32))),
        &[(Added, "request `search`, parameter `limit`", BREAKS, OK)],
    );
    finds(
        |new| drop(request(new, "search").params.remove(0)),
        &[(Removed, "request `search`, parameter `text`", BREAKS, OK)],
    );
    finds(|new| request(new, "search").params.swap(0, 1), &[(Reordered, "request `search`", BREAKS, OK)]);
    finds(
        |new| request(new, "next").params[0].ty = Type::U64,
        &[(Changed, "request `next`, parameter `count`", BREAKS, OK)],
    );
    finds(
        |new| request(new, "next").params[0].ty = Type::U16,
        &[(Changed, "request `next`, parameter `count`", BREAKS, BREAKS)],
    );
}

#[test]
fn parameters_that_hosts_receive() {
    finds(
        |new| host_fn(new, "store").params.push(field("size", Type::U32)),
        &[(Added, "host function `store`, parameter `size`", BREAKS, OK)],
    );
    finds(
        |new| drop(host_fn(new, "store").params.remove(0)),
        &[(Removed, "host function `store`, parameter `key`", BREAKS, BREAKS)],
    );
    finds(|new| new.events[0].params[0].ty = Type::U32, &[(Changed, "event `on_added`, parameter `id`", BREAKS, OK)]);
    finds(
        |new| new.events[0].params[0].ty = option(Type::U64),
        &[(Changed, "event `on_added`, parameter `id`", BREAKS, BREAKS)],
    );
}

#[test]
fn fields_of_what_goes_both_ways() {
    finds(
        |new| fields(new, "Note").push(field("size", Type::U32)),
        &[(Added, "struct `Note`, field `size`", BREAKS, BREAKS)],
    );
    finds(
        |new| fields(new, "Note").push(field("size", option(Type::U32))),
        &[(Added, "struct `Note`, field `size`", BREAKS, OK)],
    );
    finds(|new| drop(fields(new, "Note").remove(1)), &[(Removed, "struct `Note`, field `title`", BREAKS, BREAKS)]);
    finds(|new| fields(new, "Note").swap(0, 1), &[(Reordered, "struct `Note`", BREAKS, OK)]);
    finds(|new| fields(new, "Date")[0].ty = Type::I64, &[(Changed, "struct `Date`, field `day`", BREAKS, BREAKS)]);
}

#[test]
fn variants_by_direction() {
    finds(|new| variants(new, "Order").push(variant("ById")), &[(Added, "enum `Order`, variant `ById`", OK, OK)]);
    finds(|new| variants(new, "Zone").push(variant("Mars")), &[(Added, "enum `Zone`, variant `Mars`", BREAKS, BREAKS)]);
    finds(
        |new| drop(variants(new, "Order").remove(1)),
        &[(Removed, "enum `Order`, variant `ByTitle`", BREAKS, BREAKS)],
    );
    finds(|new| variants(new, "Order").swap(0, 1), &[(Reordered, "enum `Order`", BREAKS, OK)]);
    finds(
        |new| variants(new, "Order").insert(0, variant("ById")),
        &[(Added, "enum `Order`, variant `ById`", OK, OK), (Reordered, "enum `Order`", BREAKS, OK)],
    );
}

#[test]
fn variants_with_data() {
    let holds = |ty| Variant { payload: Payload::One(ty), ..variant("Custom") };
    finds(
        |new| {
            variants(new, "Order").push(holds(Type::String));
            new.enums[1].layout = Some(Layout { size: 24, align: 8, offsets: vec![8] });
        },
        &[(Added, "enum `Order`, variant `Custom`", BREAKS, OK), (Changed, "enum `Order`", BREAKS, OK)],
    );
    finds(
        |new| variants(new, "NotesError")[1].payload = Payload::Unit,
        &[(Changed, "enum `NotesError`, variant `Storage`", BREAKS, BREAKS)],
    );
}

#[test]
fn the_form_of_a_request_is_native_alone() {
    let library = |direct| {
        let mut library = notes();
        let add = request(&mut library, "add");
        (add.asynchronous, add.result, add.direct) = (false, Type::U64, direct);
        library
    };
    for (old, new) in [(false, true), (true, false)] {
        let changes = diff(&library(old), &library(new));
        let found: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.native, change.cbor)).collect();
        assert_eq!(found, [("request `add`", BREAKS, OK)]);
    }
}

#[test]
fn requests_of_another_kind() {
    let only = |path| [(Changed, path, BREAKS, BREAKS)];
    finds(|new| request(new, "add").asynchronous = false, &only("request `add`"));
    finds(|new| request(new, "next").asynchronous = true, &only("request `next`"));
    finds(|new| request(new, "add").receiver = Receiver::Free, &only("request `add`"));
    finds(|new| request(new, "add").result = Type::String, &only("request `add`, result"));
    finds(|new| request(new, "add").result = Type::U32, &[(Changed, "request `add`, result", BREAKS, OK)]);
    finds(|new| request(new, "next").error = Some(Type::String), &[(Added, "request `next`, error", BREAKS, BREAKS)]);
    finds(|new| request(new, "add").error = None, &[(Removed, "request `add`, error", OK, OK)]);
}

#[test]
fn host_functions_of_another_kind() {
    finds(|new| host_fn(new, "store").asynchronous = false, &[(Changed, "host function `store`", BREAKS, BREAKS)]);
    finds(|new| host_fn(new, "today").asynchronous = true, &[(Changed, "host function `today`", OK, OK)]);
    finds(
        |new| host_fn(new, "today").error = Some(Type::Named("NotesError".into())),
        &[(Added, "host function `today`, error", OK, OK)],
    );
    finds(|new| host_fn(new, "store").error = None, &[(Removed, "host function `store`, error", BREAKS, BREAKS)]);
}

#[test]
fn types_of_another_kind() {
    finds(
        |new| {
            let structure = new.structs.remove(0);
            new.handles.push(ffihost_schema::Handle { name: structure.name, docs: structure.docs });
        },
        &[(Changed, "struct `Date`", BREAKS, BREAKS)],
    );
}

#[test]
fn types_that_no_old_host_uses() {
    let (mut old, mut new) = (notes(), notes());
    old.requests.retain(|item| item.name != "search");
    fields(&mut new, "Date").clear();
    let order = |library: &mut Library| variants(library, "Order").push(variant("ById"));
    order(&mut new);
    let changes = diff(&old, &new);
    let order: Vec<_> = changes.iter().filter(|change| change.path.contains("Order")).collect();
    assert!(order.iter().all(|change| change.native == OK && change.cbor == OK), "{order:#?}");
}

#[test]
fn usage_decides_what_is_compatible() {
    let (old, mut new) = (notes(), notes());
    request(&mut new, "next").params[0].ty = Type::U64;
    let change = diff(&old, &new).remove(0);
    assert!(change.is_compatible(Formats { native: false, cbor: true }));
    assert!(!change.is_compatible(Formats { native: true, cbor: false }));
    assert!(!change.is_compatible(Formats { native: true, cbor: true }));
}
