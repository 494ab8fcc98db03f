//! The library, its constructor, requests, host functions, events and constants.

use super::ChangeKind::{Added, Changed, Removed};
use super::compare::{Breaks, Differ};
use super::usage::Usage;
use crate::read::model::*;

const BOTH: Formats = Formats { native: true, cbor: true };

pub(super) fn library(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    if old.name != new.name {
        let why = format!("it was `{}` and is `{}`: every symbol has another name", old.name, new.name);
        differ.push(Changed, "library", Breaks::all(BOTH), why);
    }
    differ.formats("library", old.formats, new.formats);
    match (old.serve, new.serve) {
        (true, false) => differ.push(Removed, "library", Breaks::all(BOTH), "it cannot be served by itself any more"),
        (false, true) => differ.push(Added, "library", Breaks::NONE, "it can be served by itself"),
        _ => {}
    }
    if old.version != new.version {
        differ.note("library", format!("version {} became {}", old.version, new.version));
    }
    if old.pointer_width != new.pointer_width {
        let why = format!("built for {} and {} bits: sizes are not compared", old.pointer_width, new.pointer_width);
        differ.note("library", why);
    }
    differ.docs("library", &old.docs, &new.docs);
}

pub(super) fn constructor(differ: &mut Differ<'_>) {
    let (old, new) = (&differ.old.constructor, &differ.new.constructor);
    differ.docs("constructor", &old.docs, &new.docs);
    differ.formats("constructor", old.formats, new.formats);
    differ.fields("constructor", "parameter", &old.params, &new.params, Usage::sent(old.formats));
    differ.error("constructor", old.error.as_ref(), new.error.as_ref(), Usage::received(old.formats));
}

pub(super) fn requests(differ: &mut Differ<'_>) {
    let path = |item: &Request| format!("request `{}`", item.name);
    differ.items(
        (&differ.old.requests, &differ.new.requests),
        |item| &item.name,
        |differ, old, new| request(differ, &path(old), old, new),
        |differ, item| {
            differ.push(Removed, &path(item), Breaks::all(item.formats), "hosts that call it do not find it");
        },
        |differ, item| differ.push(Added, &path(item), Breaks::NONE, "no host of the old library calls it"),
    );
}

fn request<'a>(differ: &mut Differ<'a>, path: &str, old: &'a Request, new: &'a Request) {
    differ.docs(path, &old.docs, &new.docs);
    differ.formats(path, old.formats, new.formats);
    moved(differ, path, old.of.as_deref(), new.of.as_deref());
    if old.asynchronous != new.asynchronous {
        let why = match new.asynchronous {
            true => "it calls back later and on the FFI thread, where hosts expect it before the call returns",
            false => "it calls back before the call returns, where hosts expect it later and on the FFI thread",
        };
        differ.push(Changed, path, Breaks::all(old.formats), why);
    } else if old.direct != new.direct && old.formats.native && new.formats.native {
        let why = match new.direct {
            true => "it writes its result where the caller says, where hosts expect a callback",
            false => "it takes a callback, where hosts expect that it writes its result",
        };
        differ.push(Changed, path, Breaks { native: true, cbor: false }, why);
    }
    if old.receiver != new.receiver {
        let why = format!("it was a function of {} and is one of {}", owner(&old.receiver), owner(&new.receiver));
        differ.push(Changed, path, Breaks::all(old.formats), why);
    }
    differ.fields(path, "parameter", &old.params, &new.params, Usage::sent(old.formats));
    differ.ty(&format!("{path}, result"), &old.result, &new.result, Usage::received(old.formats));
    differ.error(path, old.error.as_ref(), new.error.as_ref(), Usage::received(old.formats));
}

/// Symbols and keys are as they were; where bindings put it is not.
fn moved(differ: &mut Differ<'_>, path: &str, old: Option<&str>, new: Option<&str>) {
    if old != new {
        let class = |of: Option<&str>| of.map_or("no handle".to_owned(), |of| format!("the handle `{of}`"));
        let why =
            format!("it was a member of {} and is one of {}: calls in C++ and Rust change", class(old), class(new));
        differ.push(Changed, path, Breaks::NONE, why);
    }
}

fn owner(receiver: &Receiver) -> String {
    match receiver {
        Receiver::Free => "no context".to_owned(),
        Receiver::Context => "the context".to_owned(),
        Receiver::Handle(name) => format!("the handle `{name}`"),
    }
}

pub(super) fn host_fns(differ: &mut Differ<'_>) {
    let path = |item: &HostFn| format!("host function `{}`", item.name);
    differ.items(
        (&differ.old.host_fns, &differ.new.host_fns),
        |item| &item.name,
        |differ, old, new| host_fn(differ, &path(old), old, new),
        |differ, item| {
            let why = "hosts that register it are refused with INVALID_ARGUMENT";
            differ.push(Removed, &path(item), Breaks::all(differ.old.formats), why);
        },
        |differ, item| {
            let why =
                "no host of the old library registers it, so the library must bear NotRegistered where it calls it";
            differ.push(Added, &path(item), Breaks::NONE, why);
        },
    );
}

fn host_fn<'a>(differ: &mut Differ<'a>, path: &str, old: &'a HostFn, new: &'a HostFn) {
    let formats = differ.old.formats;
    differ.docs(path, &old.docs, &new.docs);
    if old.member != new.member {
        let place = |item: &HostFn| match &item.member {
            Some(member) => format!("`{}::{}`", member.group, member.method),
            None => "in no group".to_owned(),
        };
        differ.note(path, format!("it was {} and is {}: hosts register it by the same name", place(old), place(new)));
    }
    match (old.asynchronous, new.asynchronous) {
        (true, false) => {
            let why = "hosts may answer later, and the answer is needed before the function returns";
            differ.push(Changed, path, Breaks::all(formats), why);
        }
        (false, true) => differ.push(Changed, path, Breaks::NONE, "hosts that answer before they return may go on so"),
        _ => {}
    }
    differ.fields(path, "parameter", &old.params, &new.params, Usage::received(formats));
    differ.ty(&format!("{path}, result"), &old.result, &new.result, Usage::sent(formats));
    differ.error(path, old.error.as_ref(), new.error.as_ref(), Usage::sent(formats));
}

pub(super) fn events(differ: &mut Differ<'_>) {
    let path = |item: &Event| format!("event `{}`", item.name);
    differ.items(
        (&differ.old.events, &differ.new.events),
        |item| &item.name,
        |differ, old, new| {
            differ.docs(&path(old), &old.docs, &new.docs);
            let usage = Usage::received(differ.old.formats);
            differ.fields(&path(old), "parameter", &old.params, &new.params, usage);
        },
        |differ, item| {
            let why = "hosts that listen to it are refused";
            differ.push(Removed, &path(item), Breaks::all(differ.old.formats), why);
        },
        |differ, item| differ.push(Added, &path(item), Breaks::NONE, "no host of the old library listens to it"),
    );
}

pub(super) fn constants(differ: &mut Differ<'_>) {
    let path = |item: &Constant| format!("constant `{}`", item.name);
    differ.items(
        (&differ.old.constants, &differ.new.constants),
        |item| &item.name,
        |differ, old, new| {
            differ.docs(&path(old), &old.docs, &new.docs);
            moved(differ, &path(old), old.of.as_deref(), new.of.as_deref());
            // As text, in which what is not a number is like itself.
            if (&old.ty, old.value.to_string()) != (&new.ty, new.value.to_string()) {
                let why = format!(
                    "it was {} of type `{}` and is {} of type `{}`, and hosts have the old one built in",
                    old.value, old.ty, new.value, new.ty
                );
                differ.push(Changed, &path(old), Breaks::all(BOTH), why);
            }
        },
        |differ, item| {
            differ.push(Removed, &path(item), Breaks::NONE, "hosts have it built in, and nothing asks for it");
        },
        |differ, item| differ.push(Added, &path(item), Breaks::NONE, "no host of the old library knows it"),
    );
}
