//! Structs, enums and handles.

use super::ChangeKind::{Added, Changed, Removed, Reordered};
use super::compare::{Breaks, Differ};
use super::usage::{Usage, find};
use crate::read::model::*;
use std::collections::BTreeMap;

pub(super) fn structs(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    for old in &old.structs {
        if let Some(new) = find(&new.structs, &old.name, |item| &item.name) {
            let (path, usage) = (format!("struct `{}`", old.name), differ.usage(&old.name));
            is_error(differ, &path, old.error, new.error);
            differ.docs(&path, &old.docs, &new.docs);
            differ.fields(&path, "field", &old.fields, &new.fields, usage);
        }
    }
}

pub(super) fn enums(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    for old in &old.enums {
        if let Some(new) = find(&new.enums, &old.name, |item| &item.name) {
            let (path, usage) = (format!("enum `{}`", old.name), differ.usage(&old.name));
            is_error(differ, &path, old.error, new.error);
            differ.docs(&path, &old.docs, &new.docs);
            variants(differ, &path, old, new, usage);
            tags(differ, &path, old, new, usage);
        }
    }
}

pub(super) fn newtypes(differ: &mut Differ<'_>) {
    let (old, new) = (differ.old, differ.new);
    for old in &old.newtypes {
        if let Some(new) = find(&new.newtypes, &old.name, |item| &item.name) {
            let (path, usage) = (format!("newtype `{}`", old.name), differ.usage(&old.name));
            differ.docs(&path, &old.docs, &new.docs);
            differ.ty(&path, &old.ty, &new.ty, usage);
        }
    }
}

fn is_error(differ: &mut Differ<'_>, path: &str, old: bool, new: bool) {
    if old != new {
        let why = if new { "it is an error now" } else { "it is no error any more" };
        differ.push(Changed, path, Breaks::NONE, format!("{why}; it crosses as before"));
    }
}

fn variants<'a>(differ: &mut Differ<'a>, path: &str, old: &'a Enum, new: &'a Enum, usage: Usage) {
    let path_of = |variant: &Variant| format!("{path}, variant `{}`", variant.name);
    let same_width = differ.old.pointer_width == differ.new.pointer_width;
    // An enum's C type is as large as its largest variant.
    let resized = old.layout != new.layout || old.layout.is_some() && !same_width;
    let resized = resized && usage.native.any();
    differ.items(
        (&old.variants, &new.variants),
        |variant| &variant.name,
        |differ, old, new| {
            differ.docs(&path_of(old), &old.docs, &new.docs);
            payload(differ, &path_of(old), &old.payload, &new.payload, usage);
        },
        |differ, variant| {
            let breaks = Breaks { native: usage.native.sent || resized, cbor: usage.cbor.sent };
            let why = match (breaks.native || breaks.cbor, usage.native.sent || usage.cbor.sent) {
                (true, true) => "hosts may send it, and the library does not know it",
                (true, false) => "the C type's size may differ; hosts only receive it",
                (false, _) => "hosts only receive it, and it does not come any more",
            };
            differ.push(Removed, &path_of(variant), breaks, why);
        },
        |differ, variant| {
            let breaks = Breaks { native: usage.native.received || resized, cbor: usage.cbor.received };
            let why = match (breaks.native || breaks.cbor, usage.native.received || usage.cbor.received) {
                (true, true) => "hosts may receive it, and do not know it",
                (true, false) => "the C type's size may differ; hosts only send it",
                (false, _) => "hosts only send the enum, and need not send this",
            };
            differ.push(Added, &path_of(variant), breaks, why);
        },
    );
}

fn payload<'a>(differ: &mut Differ<'a>, path: &str, old: &'a Payload, new: &'a Payload, usage: Usage) {
    match (old, new) {
        (Payload::Unit, Payload::Unit) => {}
        (Payload::One(old), Payload::One(new)) => differ.ty(path, old, new, usage),
        (Payload::Fields(old), Payload::Fields(new)) => differ.fields(path, "field", old, new, usage),
        _ => differ.push(Changed, path, Breaks::users(usage), "what it holds is of another kind"),
    }
}

/// The numbers by which C knows the variants.
fn tags(differ: &mut Differ<'_>, path: &str, old: &Enum, new: &Enum, usage: Usage) {
    let native_only = Breaks { native: usage.native.any(), cbor: false };
    if old.layout.is_some() != new.layout.is_some() {
        let why = "C has an int32 for an enum without data, and a struct for one with data; CBOR goes by names";
        differ.push(Changed, path, native_only, why);
    }
    let new_tags: BTreeMap<_, _> = new.variants.iter().enumerate().map(|(tag, variant)| (&variant.name, tag)).collect();
    let moved = old.variants.iter().enumerate().find_map(|(tag, variant)| {
        let new_tag = *new_tags.get(&variant.name)?;
        (new_tag != tag).then_some((&variant.name, tag, new_tag))
    });
    if let Some((name, old, new)) = moved {
        let why = format!("in C a variant is its index, and `{name}` was {old} and is {new}; CBOR goes by names");
        differ.push(Reordered, path, native_only, why);
    }
}

/// Types that came, went, or became something else.
pub(super) fn kinds(differ: &mut Differ<'_>) {
    let (old, new) = (kinds_of(differ.old), kinds_of(differ.new));
    for (name, (kind, docs)) in &old {
        let path = format!("{kind} `{name}`");
        match new.get(name) {
            Some((new_kind, _)) if new_kind != kind => {
                let breaks = Breaks::users(differ.usage(name));
                differ.push(Changed, &path, breaks, format!("it is of kind {new_kind} now, which crosses otherwise"));
            }
            Some((_, new_docs)) if *kind == "handle" => differ.docs(&path, docs, new_docs),
            Some(_) => {}
            None if *kind == "handle" => {
                let why = "hosts that have one do not find the function that releases it";
                differ.push(Removed, &path, Breaks { native: true, cbor: true }, why);
            }
            None => differ.push(Removed, &path, Breaks::NONE, "nothing uses it now; what used it is listed by itself"),
        }
    }
    for (name, (kind, _)) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        differ.push(Added, &format!("{kind} `{name}`"), Breaks::NONE, "no host of the old library knows it");
    }
}

/// The kind and docs of each type.
fn kinds_of(library: &Library) -> BTreeMap<&str, (&'static str, &Docs)> {
    let structs = library.structs.iter().map(|item| (item.name.as_str(), ("struct", &item.docs)));
    let enums = library.enums.iter().map(|item| (item.name.as_str(), ("enum", &item.docs)));
    let newtypes = library.newtypes.iter().map(|item| (item.name.as_str(), ("newtype", &item.docs)));
    let handles = library.handles.iter().map(|item| (item.name.as_str(), ("handle", &item.docs)));
    structs.chain(enums).chain(newtypes).chain(handles).collect()
}
