//! What the model decides of a small library.

use super::Model;
use super::contract::{Answer, Lifetime, Thread, Times};
use super::definitions::Definitions;
use super::items::Form;
use super::names::{Escape, Rules};
use super::ownership::Ownership;
use super::types::{Class, Named, Passing};
use ffihost_schema::*;

const BOTH: Formats = Formats { native: true, cbor: true };

fn layout() -> Layout {
    Layout { size: 0, align: 1, offsets: Vec::new() }
}

fn field(name: &str, ty: Type) -> Field {
    Field { name: name.to_owned(), docs: Docs::default(), ty }
}

fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

fn structure(name: &str, fields: Vec<Field>) -> Struct {
    Struct { name: name.to_owned(), docs: Docs::default(), error: false, fields, layout: layout() }
}

/// `Folder` has a list of itself, and an optional `Icon`, which is defined behind it.
fn library() -> Library {
    let folder = vec![
        field("children", Type::List(Box::new(named("Folder")))),
        field("icon", Type::Option(Box::new(named("Icon")))),
    ];
    let request = |name: &str, asynchronous, receiver: Receiver| Request {
        name: name.to_owned(),
        docs: Docs::default(),
        of: None,
        asynchronous,
        receiver_name: if receiver == Receiver::Handle("Cursor".to_owned()) { "cursor" } else { "" }.to_owned(),
        receiver,
        params: Vec::new(),
        result: named("Folder"),
        error: Some(Type::String),
        formats: BOTH,
        direct: false,
    };
    let host_fn = HostFn {
        member: None,
        name: "now".to_owned(),
        docs: Docs::default(),
        asynchronous: false,
        params: Vec::new(),
        result: Type::U64,
        error: None,
        layout: layout(),
    };
    let moved = Event {
        name: "moved".to_owned(),
        docs: Docs::default(),
        params: vec![field("to", named("Icon"))],
        layout: layout(),
    };
    Library {
        name: "files".to_owned(),
        docs: Docs::default(),
        version: "1.0.0".to_owned(),
        pointer_width: 64,
        target: 0x0808_0802_0408_0408,
        hash: 0,
        formats: BOTH,
        serve: false,
        constructor: Constructor {
            docs: Docs::default(),
            params: Vec::new(),
            error: None,
            formats: BOTH,
            layout: layout(),
        },
        structs: vec![structure("Folder", folder), structure("Icon", vec![field("png", Type::Bytes)])],
        enums: Vec::new(),
        newtypes: Vec::new(),
        handles: vec![Handle { name: "Cursor".to_owned(), docs: Docs::default() }],
        requests: vec![
            request("find", true, Receiver::Context),
            request("next", false, Receiver::Handle("Cursor".to_owned())),
            request("parse", true, Receiver::Free),
        ],
        host_fns: vec![host_fn],
        events: vec![moved],
        constants: Vec::new(),
    }
}

fn checked(library: Library) -> Checked {
    Checked::new(library).expect("it goes together")
}

#[test]
fn types_are_classed() {
    let library = checked(library());
    let types = Model::new(&library).types;
    let handle = Type::Handle("Cursor".to_owned());
    let list = Type::List(Box::new(Type::U8));
    let decided = [&Type::U8, &Type::String, &list, &named("Icon"), &handle]
        .map(|ty| (types.class(ty), types.passing(ty), types.ownership(ty)));
    assert_eq!(
        decided,
        [
            (Class::Scalar, Passing::Value, Ownership::Copied),
            (Class::Text, Passing::Text, Ownership::Borrowed),
            (Class::List, Passing::Slice, Ownership::Borrowed),
            (Class::Record, Passing::Pointer, Ownership::Borrowed),
            (Class::Handle, Passing::Value, Ownership::Counted),
        ]
    );
    assert!(types.has_default(&named("Folder")) && !types.has_default(&handle));
}

#[test]
fn each_type_comes_after_its_parts() {
    let library = checked(library());
    let model = Model::new(&library);
    let definitions = Definitions::new(&model).expect("the native format has all of it");
    let found: Vec<_> = definitions.all.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "the type `Vec<Folder>`",
            "the type `Option<Icon>`",
            "the struct `Folder`",
            "the struct `Icon`",
            "the arguments of the event `moved`",
        ]
    );
    assert_eq!(definitions.order, [0, 3, 1, 2, 4]);
    let names: Vec<_> = model.types.in_order().into_iter().map(Named::name).collect();
    assert_eq!(names, ["Icon", "Folder"]);
}

#[test]
fn requests_have_an_owner_a_form_and_a_contract() {
    let library = checked(library());
    let model = Model::new(&library);
    let [find, next, parse] = model.requests.as_slice() else { panic!("there are three") };
    assert_eq!((find.owner.handle(), next.owner.handle(), next.owner.param()), (None, Some("Cursor"), Some("cursor")));
    assert_eq!((find.form, next.form), (Form::Asynchronous, Form::Synchronous));
    assert_eq!((find.contract.thread, next.contract.thread), (Thread::Ffi, Thread::Caller));
    assert!(find.contract.refusals.contains(&Status::Closing) && !parse.contract.refusals.contains(&Status::Closing));
    assert!(find.contract.is_cancellable && !next.contract.is_cancellable && !parse.contract.is_cancellable);
    let outcomes: Vec<_> = find.outcomes().iter().map(|outcome| outcome.status).collect();
    assert_eq!(outcomes, [Status::Ok, Status::Err]);
    assert_eq!(model.handles[0].release.symbol, "files_cursor_release");
}

#[test]
fn declared_errors_are_known() {
    let mut library = library();
    library.requests[0].error = Some(named("Icon"));
    library.constructor.error = Some(named("Folder"));
    let library = checked(library);
    let names: Vec<_> = Model::new(&library).errors().into_iter().map(|item| item.name().to_owned()).collect();
    assert_eq!(names, ["Folder", "Icon"]);
}

#[test]
fn host_functions_and_events_have_a_contract() {
    let library = checked(library());
    let model = Model::new(&library);
    let (now, moved) = (&model.host_fns[0].contract, &model.events[0].contract);
    assert_eq!((now.times, now.lifetime), (Times::EachCall(Answer::BeforeItReturns), Lifetime::Nothing));
    assert_eq!((moved.times, moved.thread, moved.lifetime), (Times::EachEvent, Thread::Event, Lifetime::Call));
    assert_eq!(model.events[0].handler(), "on_moved");
}

#[test]
fn two_fields_of_one_name_are_refused() {
    let mut library = library();
    library.host_fns[0].params = vec![field("fn", Type::U8), field("fn_", Type::U8)];
    let library = checked(library);
    let error = Rules(&[("fn", Escape::Underscore)]).check_fields(&Model::new(&library)).expect_err("both are `fn_`");
    assert!(error.to_string().starts_with("the field `fn` of the host function `now` and the field `fn_`"), "{error}");
}

#[test]
fn the_native_format_has_no_unit() {
    let refused = |change: fn(&mut Library)| {
        let mut library = library();
        change(&mut library);
        let library = checked(library);
        let model = Model::new(&library);
        Definitions::new(&model).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let unit = refused(|library| library.events[0].params[0].ty = Type::Unit);
    assert!(unit.starts_with("the arguments of the event `moved`'s field `to` is of type `()`"), "{unit}");
}
