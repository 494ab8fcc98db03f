//! Comparing: what every kind of item has, types, fields, docs.

use super::accepts::accepts;
use super::usage::{Usage, usages};
use super::{Change, ChangeKind, Effect};
use crate::read::model::*;
use std::collections::{BTreeMap, BTreeSet};

/// Which hosts a difference breaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breaks {
    pub(super) native: bool,
    pub(super) cbor: bool,
}

impl Breaks {
    pub(super) const NONE: Self = Self { native: false, cbor: false };

    /// All hosts of something that is exported in these formats.
    pub(super) fn all(formats: Formats) -> Self {
        Self { native: formats.native, cbor: formats.cbor }
    }

    /// All hosts that use a type.
    pub(super) fn users(usage: Usage) -> Self {
        Self { native: usage.native.any(), cbor: usage.cbor.any() }
    }
}

/// Two libraries, and what was found.
pub(super) struct Differ<'a> {
    pub(super) old: &'a Library,
    pub(super) new: &'a Library,
    usages: BTreeMap<&'a str, Usage>,
    changes: Vec<Change>,
}

impl<'a> Differ<'a> {
    pub(super) fn new(old: &'a Library, new: &'a Library) -> Self {
        Self { old, new, usages: usages(old, new), changes: Vec::new() }
    }

    /// How a type of the old library is used.
    pub(super) fn usage(&self, name: &str) -> Usage {
        self.usages.get(name).copied().unwrap_or_default()
    }

    pub(super) fn push(&mut self, kind: ChangeKind, path: &str, breaks: Breaks, why: impl Into<String>) {
        let effect = |breaks| if breaks { Effect::Breaking } else { Effect::Compatible };
        let (native, cbor) = (effect(breaks.native), effect(breaks.cbor));
        self.changes.push(Change { kind, path: path.to_owned(), native, cbor, why: why.into() });
    }

    pub(super) fn note(&mut self, path: &str, why: impl Into<String>) {
        self.push(ChangeKind::Note, path, Breaks::NONE, why);
    }

    /// What was found. A hash never changes without a word.
    pub(super) fn into_changes(mut self) -> Vec<Change> {
        let nothing = self.changes.iter().all(|change| change.kind == ChangeKind::Note);
        if nothing && self.old.hash != self.new.hash {
            self.note(
                "library",
                "the hash differs, though nothing that hosts see does: the constructor has another name",
            );
        }
        self.changes
    }

    pub(super) fn docs(&mut self, path: &str, old: &Docs, new: &Docs) {
        if old.text != new.text {
            self.note(path, "the docs differ");
        }
        match (&old.deprecated, &new.deprecated) {
            (Some(_), None) => self.note(path, "it is not deprecated any more"),
            (old, Some(new)) if old.as_ref() != Some(new) => self.note(path, new.to_string()),
            _ => {}
        }
    }

    /// Calls `both` for what both have, and reports the rest by `only_old` and `only_new`.
    pub(super) fn items<T>(
        &mut self,
        (old, new): (&'a [T], &'a [T]),
        name: impl Fn(&T) -> &String,
        both: impl Fn(&mut Self, &'a T, &'a T),
        only_old: impl Fn(&mut Self, &'a T),
        only_new: impl Fn(&mut Self, &'a T),
    ) {
        let by_name: BTreeMap<_, _> = new.iter().map(|item| (name(item), item)).collect();
        for item in old {
            match by_name.get(name(item)) {
                Some(other) => both(self, item, other),
                None => only_old(self, item),
            }
        }
        let known: BTreeSet<_> = old.iter().map(&name).collect();
        for item in new.iter().filter(|item| !known.contains(name(item))) {
            only_new(self, item);
        }
    }

    /// The type of something that goes the ways of `usage`.
    pub(super) fn ty(&mut self, path: &str, old: &Type, new: &Type, usage: Usage) {
        if alike(old, new) {
            return;
        }
        let not_read = usage.cbor.sent && !accepts(old, new);
        let unreadable = usage.cbor.received && !accepts(new, old);
        let cbor = match (not_read, unreadable) {
            (true, _) => "the library does not read all that hosts send",
            (false, true) => "hosts may not read what they receive",
            (false, false) => "in CBOR each side still reads what the other writes",
        };
        let breaks = Breaks { native: usage.native.any(), cbor: not_read || unreadable };
        let why = format!("it was `{old}` and is `{new}`: the C types differ, and {cbor}");
        self.push(ChangeKind::Changed, path, breaks, why);
    }

    /// Parameters, or the fields of a struct or variant.
    pub(super) fn fields(&mut self, path: &str, noun: &str, old: &'a [Field], new: &'a [Field], usage: Usage) {
        let path_of = |field: &Field| format!("{path}, {noun} `{}`", field.name);
        self.items(
            (old, new),
            |field| &field.name,
            |differ, old, new| {
                differ.ty(&path_of(old), &old.ty, &new.ty, usage);
                differ.docs(&path_of(old), &old.docs, &new.docs);
            },
            |differ, field| differ.removed_field(&path_of(field), noun, field, usage),
            |differ, field| differ.added_field(&path_of(field), noun, field, usage),
        );
        if !same_order(old, new) {
            let breaks = Breaks { native: usage.native.any(), cbor: false };
            let why = format!("C goes by the order of the {noun}s, CBOR by their names");
            self.push(ChangeKind::Reordered, path, breaks, why);
        }
    }

    fn removed_field(&mut self, path: &str, noun: &str, field: &Field, usage: Usage) {
        let optional = matches!(field.ty, Type::Option(_));
        let missed = usage.cbor.received && !optional;
        let cbor = match (usage.cbor.received, optional) {
            (false, _) => "in CBOR unknown keys are ignored",
            (true, true) => "hosts take what is missing in CBOR for none",
            (true, false) => "CBOR hosts miss its key",
        };
        let why = format!("C hosts have a {noun} more than the library; {cbor}");
        self.push(ChangeKind::Removed, path, Breaks { native: usage.native.any(), cbor: missed }, why);
    }

    fn added_field(&mut self, path: &str, noun: &str, field: &Field, usage: Usage) {
        let optional = matches!(field.ty, Type::Option(_));
        let missed = usage.cbor.sent && !optional;
        let cbor = match (usage.cbor.sent, optional) {
            (false, _) => "in CBOR unknown keys are ignored",
            (true, true) => "the library takes what is missing in CBOR for none",
            (true, false) => "the library misses its key in the CBOR that hosts send",
        };
        let why = format!("C hosts have a {noun} less than the library; {cbor}");
        self.push(ChangeKind::Added, path, Breaks { native: usage.native.any(), cbor: missed }, why);
    }

    /// The declared error of something, which goes the ways of `usage`.
    pub(super) fn error(&mut self, path: &str, old: Option<&Type>, new: Option<&Type>, usage: Usage) {
        let path = format!("{path}, error");
        let received = Breaks { native: usage.native.received, cbor: usage.cbor.received };
        let sent = Breaks { native: usage.native.sent, cbor: usage.cbor.sent };
        match (old, new) {
            (Some(old), Some(new)) => self.ty(&path, old, new, usage),
            (None, Some(new)) => {
                let why = format!("status 1 now carries a `{new}`, which hosts of the old library do not know");
                self.push(ChangeKind::Added, &path, received, why);
            }
            (Some(old), None) => {
                let why = format!("there is no `{old}` any more, and a host that answers with one is not understood");
                self.push(ChangeKind::Removed, &path, sent, why);
            }
            (None, None) => {}
        }
    }

    /// Formats in which something is exported.
    pub(super) fn formats(&mut self, path: &str, old: Formats, new: Formats) {
        for (format, old, new, breaks) in [
            ("native", old.native, new.native, Breaks { native: true, cbor: false }),
            ("CBOR", old.cbor, new.cbor, Breaks { native: false, cbor: true }),
        ] {
            match (old, new) {
                (true, false) => {
                    self.push(ChangeKind::Removed, path, breaks, format!("it is not exported in {format} any more"));
                }
                (false, true) => {
                    self.push(ChangeKind::Added, path, Breaks::NONE, format!("it is exported in {format} too"));
                }
                _ => {}
            }
        }
    }
}

/// Whether what both lists have is in the same order.
fn same_order(old: &[Field], new: &[Field]) -> bool {
    let (old_names, new_names) = (names(old), names(new));
    let (old_set, new_set): (BTreeSet<_>, BTreeSet<_>) = (old_names.iter().collect(), new_names.iter().collect());
    let old_common = old_names.iter().filter(|name| new_set.contains(name));
    old_common.eq(new_names.iter().filter(|name| old_set.contains(name)))
}

fn names(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

/// Whether two types are the same, apart from what newtypes of one name hold: that is a difference of its own.
fn alike(old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::As(Logic::Newtype(old), _), Type::As(Logic::Newtype(new), _)) => old == new,
        (Type::As(old_logic, old), Type::As(logic, new)) => old_logic == logic && alike(old, new),
        (Type::Option(old), Type::Option(new))
        | (Type::List(old), Type::List(new))
        | (Type::Map(old), Type::Map(new)) => alike(old, new),
        _ => old == new,
    }
}
