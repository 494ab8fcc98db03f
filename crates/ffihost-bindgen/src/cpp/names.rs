//! What has a name in the header: first what has it from the library takes it, then what yields to that.

use super::{Class, Cpp, Parameter};
use crate::Error;
use crate::c::{C, RULES};
use crate::model::Model;
use crate::model::items::{Field, Owner};
use crate::model::names::{Helpers, Scope, cbor, snake};
use crate::model::types::{Enum, Passing};
use std::borrow::Cow;

impl<'m> Cpp<'m> {
    pub(super) fn new(model: &'m Model<'m>, c: &'m C<'m>) -> Result<Self, Error> {
        let mut scope = Scope::default();
        claim_types(model, &mut scope)?;
        for item in model.requests.iter().filter(|item| item.class.is_none() && matches!(item.owner, Owner::Nobody)) {
            scope.claim(&Self::called(item.name), format!("the request `{}`", item.name))?;
        }
        for item in model.constants_of(None) {
            scope.claim(&Self::constant(item), format!("the constant `{}`", item.name))?;
        }
        let context = scope.give("Context", "the class of the context");
        let mut cpp = Self { model, c, context, helpers: Helpers::default() };
        let mut members = cpp.claim_members()?;
        for item in model.types.enums.iter().filter(|item| item.layout.is_some()) {
            let name = format!("{}Variants", Self::called(item.name));
            cpp.helpers.give(&mut scope, ("variants", item.name), &name, "the variants of an enum");
        }
        for name in ["library", "check_abi"] {
            cpp.helpers.give(&mut scope, (name, ""), name, "a function of the bindings");
        }
        for item in &model.handles {
            let mut members = Scope::default();
            members.claim(&Self::called(item.name), format!("the handle `{}`", item.name))?;
            for constant in model.constants_of(Some(item.name)) {
                members.claim(&Self::constant(constant), format!("the constant `{}`", constant.name))?;
            }
            for request in cpp.members(&Class::Handle(item.name)) {
                members.claim(&Self::called(&cpp.request(request).name), format!("the request `{}`", request.name))?;
            }
            cpp.name_forms(&Class::Handle(item.name), &mut members);
        }
        for role in ["create", "open", "start"] {
            let name = cpp.create().name.replace("create", role);
            cpp.helpers.give(&mut members, (role, ""), &name, "a constructor");
        }
        cpp.name_forms(&Class::None, &mut scope);
        for item in &model.host_fns {
            cpp.helpers.give(&mut members, ("set", item.name), &format!("on_{}", item.name), "a host function");
        }
        for item in &model.groups {
            let name = format!("implement_{}", snake(item.name));
            cpp.helpers.give(&mut members, ("implement", item.name), &name, "a group of host functions");
        }
        for item in &model.events {
            cpp.helpers.give(&mut members, ("listen", item.name), &item.handler(), "an event");
        }
        cpp.name_forms(&Class::Context, &mut members);
        Ok(cpp)
    }

    /// The members of the context that have their names from the library.
    fn claim_members(&self) -> Result<Scope, Error> {
        let mut members = Scope::default();
        members.reserve(&[&self.context, "close", "destroy", "serve", "stats"]);
        for item in
            self.model.requests.iter().filter(|item| item.class.is_none() && matches!(item.owner, Owner::Context))
        {
            members.claim(&Self::called(item.name), format!("the request `{}`", item.name))?;
        }
        for item in self.members(&Class::Context).into_iter().filter(|item| !item.formats.native) {
            members.claim(&Self::called(&cbor(item.name)), format!("the CBOR form of the request `{}`", item.name))?;
        }
        Ok(members)
    }

    /// Parameters, under names that clash with nothing in the bodies of members.
    pub(super) fn parameters<'f>(&self, fields: &'f [Field<'_>]) -> Vec<Parameter<'f>> {
        let mut scope = Scope::default();
        scope.reserve(&TAKEN);
        let parameter = |field: &'f Field<'_>| {
            let name = scope.give(&RULES.identifier(field.name), field.name);
            Parameter {
                declared: self.parameter(field.ty, &name),
                c_type: self.c_name(field.ty),
                by_pointer: self.model.types.passing(field.ty) == Passing::Pointer,
                name,
                docs: Cow::Borrowed(&field.docs),
            }
        };
        fields.iter().map(parameter).collect()
    }

    /// What a host function or a listener is passed, as it declares it.
    pub(super) fn arguments(&self, fields: &[Field<'_>]) -> Vec<String> {
        let mut scope = Scope::default();
        scope.reserve(&TAKEN);
        let argument = |field: &Field<'_>| {
            format!("{} {}", self.name(field.ty), scope.give(&RULES.identifier(field.name), field.name))
        };
        fields.iter().map(argument).collect()
    }

    /// What the further forms of requests are called.
    fn name_forms(&mut self, class: &Class<'_>, members: &mut Scope) {
        for item in self.members(class) {
            let name = self.request(item).name;
            for (role, name) in [("async", format!("{name}_async")), ("submit", format!("submit_{name}"))] {
                self.helpers.give(members, (role, item.name), &name, "a form of a request");
            }
        }
    }
}

/// Names that members' parameters may not have, because their bodies use them.
const TAKEN: [&str; 13] = [
    "arena",
    "bound",
    "bound_",
    "call",
    "ctx",
    "done",
    "ffi_cb",
    "ffi_outcome",
    "id_",
    "made",
    "ready",
    "release_",
    "user_data",
];

fn claim_types(model: &Model<'_>, scope: &mut Scope) -> Result<(), Error> {
    let (numbers, tagged): (Vec<_>, Vec<_>) = model.types.enums.iter().partition(|item| item.layout.is_none());
    let records = model.types.records.iter().map(|item| item.name);
    let handles = model.handles.iter().map(|item| item.name);
    let newtypes = model.types.newtypes.iter().map(|item| item.name);
    for name in enums(&numbers).chain(records).chain(enums(&tagged)).chain(handles).chain(newtypes) {
        scope.claim(&Cpp::called(name), format!("the type `{name}`"))?;
    }
    for item in &model.groups {
        let (name, mut methods) = (Cpp::called(item.name), Scope::default());
        scope.claim(&name, format!("the group `{}`", item.name))?;
        methods.claim(&name, format!("the group `{}`", item.name))?;
        for method in &item.methods {
            let what = format!("the function `{}` of the group `{}`", method.name, item.name);
            methods.claim(&Cpp::called(method.name), what)?;
        }
    }
    for item in numbers {
        let mut variants = Scope::default();
        for variant in &item.variants {
            let what = format!("the variant `{}` of the enum `{}`", variant.name, item.name);
            variants.claim(&RULES.identifier(variant.name), what)?;
        }
    }
    Ok(())
}

fn enums<'e>(items: &'e [&Enum<'_>]) -> impl Iterator<Item = &'e str> {
    items.iter().map(|item| item.name)
}
