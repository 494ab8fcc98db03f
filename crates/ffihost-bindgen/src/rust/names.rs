//! What has a name in the client: first what has it from the library takes it, then what yields to that.

use super::{RULES, Rust};
use crate::Error;
use crate::model::Model;
use crate::model::items::{Form, Group};
use crate::model::names::{Helpers, Scope, camel, snake};

/// Names of types that generated code uses as they are in Rust, and its own name for what it is made of.
const TAKEN: [&str; 14] = [
    "Clone",
    "Copy",
    "Debug",
    "Eq",
    "Fn",
    "Hash",
    "Option",
    "PartialEq",
    "Result",
    "Send",
    "String",
    "Sync",
    "Vec",
    "ffi",
];

impl<'m> Rust<'m> {
    pub(super) fn new(model: &'m Model<'m>) -> Result<Self, Error> {
        let (mut types, mut members, mut values) = (Scope::default(), Scope::default(), Scope::default());
        let mut rust = Self { model, helpers: Helpers::default() };
        claim_types(model, &mut types)?;
        for item in model.constants_of(None) {
            values.claim(&RULES.identifier(item.name), format!("the constant `{}`", item.name))?;
        }
        for item in &model.handles {
            rust.claim_members(item.name)?;
        }
        for item in rust.requests(None) {
            members.claim(&RULES.identifier(item.name), format!("the request `{}`", item.name))?;
        }
        let helpers = &mut rust.helpers;
        helpers.give(&mut values, ("interface", ""), "INTERFACE", "a constant of the bindings");
        helpers.give(&mut types, ("type", ""), &camel(&model.library.name), "the client");
        for item in &model.events {
            helpers.give(&mut types, ("payload", item.name), &camel(item.name), "what an event holds");
            helpers.give(&mut members, ("listen", item.name), &item.handler(), "an event");
        }
        for name in ["connect", "load", "client", "close"] {
            helpers.give(&mut members, (name, ""), name, "a function of the bindings");
        }
        for (role, name) in [("Args_", "Args"), ("R_", "R")] {
            helpers.give(&mut types, (role, ""), name, "a type of the bindings");
        }
        let mut params = Scope::default();
        params.reserve(&model.constructor.params.iter().map(|field| field.name).collect::<Vec<_>>());
        helpers.give(&mut params, ("library_", ""), "library", "a parameter");
        for item in model.host_fns.iter().filter(|item| item.form == Form::Asynchronous) {
            let name = format!("implement_{}", item.name);
            helpers.give(&mut members, ("implement", item.name), &name, "a host function");
        }
        for item in rust.groups() {
            rust.name_group(item, &mut members);
        }
        Ok(rust)
    }

    /// What implements a group, and what it calls its own beside the parameters of the group's functions.
    fn name_group(&mut self, group: &Group<'_>, members: &mut Scope) {
        let name = format!("implement_{}", snake(group.name));
        self.helpers.give(members, ("implement_group", group.name), &name, "a group of host functions");
        let mut params = Scope::default();
        for method in Self::methods(group) {
            params.reserve(&method.host_fn.params.iter().map(|field| field.name).collect::<Vec<_>>());
        }
        for (role, name) in [("implementation_", "implementation"), ("registrations_", "registrations")] {
            self.helpers.give(&mut params, (role, group.name), name, "a variable");
        }
    }

    /// What is in the `impl` of a handle: functions and constants have one scope there.
    fn claim_members(&mut self, handle: &str) -> Result<(), Error> {
        let mut members = Scope::default();
        for item in self.model.constants_of(Some(handle)) {
            members.claim(&RULES.identifier(item.member), format!("the constant `{}`", item.name))?;
        }
        for item in self.requests(Some(handle)) {
            members.claim(&RULES.identifier(item.member), format!("the request `{}`", item.name))?;
            if !item.is_method() {
                let mut params = Scope::default();
                params.reserve(&item.params.iter().map(|field| field.name).collect::<Vec<_>>());
                self.helpers.give(&mut params, ("of_", item.name), "client", "a parameter");
            }
        }
        Ok(())
    }
}

fn claim_types(model: &Model<'_>, types: &mut Scope) -> Result<(), Error> {
    types.reserve(&TAKEN);
    let records = model.types.records.iter().map(|item| item.name);
    let enums = model.types.enums.iter().map(|item| item.name);
    let newtypes = model.types.newtypes.iter().map(|item| item.name);
    for name in records.chain(enums).chain(newtypes).chain(model.handles.iter().map(|item| item.name)) {
        types.claim(&RULES.identifier(name), format!("the type `{name}`"))?;
    }
    for item in &model.groups {
        let mut methods = Scope::default();
        types.claim(&RULES.identifier(item.name), format!("the group `{}`", item.name))?;
        for method in &item.methods {
            let what = format!("the function `{}` of the group `{}`", method.name, item.name);
            methods.claim(&RULES.identifier(method.name), what)?;
        }
    }
    for item in &model.types.enums {
        let mut variants = Scope::default();
        for variant in &item.variants {
            let place = format!("the variant `{}` of the enum `{}`", variant.name, item.name);
            variants.claim(&RULES.identifier(variant.name), place)?;
        }
    }
    Ok(())
}
