//! What a library is, decided once for every language; nothing in it is spelled in one.
//!
//! [`logic`] says what types mean, and leaves that of those that a language has a type of its own for; [`types`] classes every type, and says how it is passed; [`definitions`] finds and orders what the native format defines; [`items`] are the constructor, the requests with
//! their owner, host functions, events and constants; [`ownership`] says who releases what; [`contract`] where, how often and
//! until when a callback runs, and what is refused; [`docs`] holds documentation without comment marks; [`names`] has the case
//! rules, what a language does with its keywords, and the scope that refuses two things of one name.

pub(crate) mod contract;
pub(crate) mod definitions;
pub(crate) mod docs;
pub(crate) mod items;
pub(crate) mod logic;
pub(crate) mod names;
pub(crate) mod ownership;
pub(crate) mod types;

use self::docs::Docs;
use self::items::{Constant, Constructor, Event, Form, Group, Handle, HostFn, Request};
use self::types::{Named, Types};
use ffihost_schema::{Checked, Type};
use std::collections::HashSet;

/// A library that goes together, with everything decided that does not depend on the language.
pub(crate) struct Model<'a> {
    /// Its name, version, hash, formats and pointer width are taken from here.
    pub(crate) library: &'a Checked,
    pub(crate) docs: Docs,
    pub(crate) types: Types<'a>,
    pub(crate) constructor: Constructor<'a>,
    pub(crate) requests: Vec<Request<'a>>,
    pub(crate) handles: Vec<Handle<'a>>,
    pub(crate) host_fns: Vec<HostFn<'a>>,
    pub(crate) groups: Vec<Group<'a>>,
    pub(crate) events: Vec<Event<'a>>,
    pub(crate) constants: Vec<Constant<'a>>,
}

impl<'a> Model<'a> {
    pub(crate) fn new(library: &'a Checked) -> Self {
        Self {
            library,
            docs: Docs::of(&library.docs),
            types: Types::new(library),
            constructor: Constructor::new(&library.constructor),
            requests: library.requests.iter().map(Request::new).collect(),
            handles: library.handles.iter().map(|item| Handle::new(&library.name, item)).collect(),
            host_fns: library.host_fns.iter().map(HostFn::new).collect(),
            groups: Group::all(&library.host_fns),
            events: library.events.iter().map(Event::new).collect(),
            constants: library.constants.iter().map(Constant::new).collect(),
        }
    }

    /// What a remote client can use, by the kind and name that [`Checked::item_hash`] knows it by, with that hash: requests in
    /// CBOR, host functions that may be answered later, and events. Empty for a library that was not read from a descriptor.
    pub(crate) fn remote_items(&self) -> Vec<(String, u64)> {
        let requests = self.requests.iter().filter(|item| item.formats.cbor).map(|item| ("request", item.name));
        let host_fns = self.host_fns.iter().filter(|item| item.form != Form::Synchronous);
        let host_fns = host_fns.map(|item| ("host function", item.name));
        let events = self.events.iter().map(|item| ("event", item.name));
        let names = requests.chain(host_fns).chain(events).map(|(kind, name)| format!("{kind} `{name}`"));
        names.filter_map(|item| self.library.item_hash(&item).map(|hash| (item, hash))).collect()
    }

    /// The constants of a handle, or those of the library.
    pub(crate) fn constants_of(&self, class: Option<&str>) -> Vec<&Constant<'a>> {
        self.constants.iter().filter(|item| item.class == class).collect()
    }

    /// The structs and enums that are a declared error of something, in the order of their names.
    pub(crate) fn errors(&self) -> Vec<Named<'_>> {
        let requests = self.requests.iter().map(|item| item.error);
        let host_fns = self.host_fns.iter().map(|item| item.error);
        let all = requests.chain(host_fns).chain([self.constructor.error]).flatten();
        let names: HashSet<_> =
            all.filter_map(|ty| if let Type::Named(name) = ty { Some(name.as_str()) } else { None }).collect();
        let mut errors = self.types.in_order();
        errors.retain(|item| names.contains(item.name()));
        errors.sort_unstable_by_key(|item| item.name());
        errors
    }
}

#[cfg(test)]
mod tests;
