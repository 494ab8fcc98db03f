//! Which way values go: types that hosts send, types that they receive, in which format.

use crate::read::model::*;
use std::collections::BTreeMap;

/// The ways that values of one type go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) native: Ways,
    pub(super) cbor: Ways,
}

/// Ways in one format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ways {
    /// From the host to the library.
    pub(super) sent: bool,
    /// From the library to the host.
    pub(super) received: bool,
}

impl Ways {
    pub(super) fn any(self) -> bool {
        self.sent || self.received
    }
}

impl Usage {
    pub(super) fn sent(formats: Formats) -> Self {
        let ways = |used| Ways { sent: used, received: false };
        Self { native: ways(formats.native), cbor: ways(formats.cbor) }
    }

    pub(super) fn received(formats: Formats) -> Self {
        let ways = |used| Ways { sent: false, received: used };
        Self { native: ways(formats.native), cbor: ways(formats.cbor) }
    }

    fn or(self, other: Self) -> Self {
        let ways = |a: Ways, b: Ways| Ways { sent: a.sent || b.sent, received: a.received || b.received };
        Self { native: ways(self.native, other.native), cbor: ways(self.cbor, other.cbor) }
    }
}

/// How each struct, enum, newtype and handle of the old library is used by what the new one still has. Where an item is gone, that
/// alone is what breaks its users.
pub(super) fn usages<'a>(old: &'a Library, new: &Library) -> BTreeMap<&'a str, Usage> {
    let mut usages: BTreeMap<&str, Usage> = BTreeMap::new();
    let mut pending = roots(old, new);
    while let Some((ty, usage)) = pending.pop() {
        for name in ty.names() {
            let known = usages.entry(name).or_default();
            let all = known.or(usage);
            if all != *known {
                *known = all;
                pending.extend(inside(old, name).into_iter().map(|ty| (ty, all)));
            }
        }
    }
    usages
}

/// The types of parameters, results and errors.
fn roots<'a>(old: &'a Library, new: &Library) -> Vec<(&'a Type, Usage)> {
    let mut roots = Vec::new();
    let mut push = |types: &mut dyn Iterator<Item = &'a Type>, usage| roots.extend(types.map(|ty| (ty, usage)));
    let constructor = &old.constructor;
    push(&mut types(&constructor.params), Usage::sent(constructor.formats));
    push(&mut constructor.error.iter(), Usage::received(constructor.formats));
    for item in old.requests.iter().filter(|item| find(&new.requests, &item.name, |item| &item.name).is_some()) {
        push(&mut types(&item.params), Usage::sent(item.formats));
        push(&mut item.error.iter().chain([&item.result]), Usage::received(item.formats));
    }
    for item in old.host_fns.iter().filter(|item| find(&new.host_fns, &item.name, |item| &item.name).is_some()) {
        push(&mut types(&item.params), Usage::received(old.formats));
        push(&mut item.error.iter().chain([&item.result]), Usage::sent(old.formats));
    }
    for item in old.events.iter().filter(|item| find(&new.events, &item.name, |item| &item.name).is_some()) {
        push(&mut types(&item.params), Usage::received(old.formats));
    }
    roots
}

fn types(fields: &[Field]) -> impl Iterator<Item = &Type> {
    fields.iter().map(|field| &field.ty)
}

/// The types of the fields of a struct, or of an enum's variants.
fn inside<'a>(library: &'a Library, name: &str) -> Vec<&'a Type> {
    let structs = find(&library.structs, name, |item| &item.name);
    let enums = find(&library.enums, name, |item| &item.name);
    let fields = structs.into_iter().flat_map(|item| types(&item.fields));
    let payloads = enums.into_iter().flat_map(|item| &item.variants).flat_map(|variant| variant.payload.types());
    fields.chain(payloads).collect()
}

/// The item of a name, in a list that is in the order of names.
pub(super) fn find<'a, T>(items: &'a [T], name: &str, name_of: impl Fn(&T) -> &String) -> Option<&'a T> {
    items.binary_search_by(|item| name_of(item).as_str().cmp(name)).ok().map(|at| &items[at])
}
