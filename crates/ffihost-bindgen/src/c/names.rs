//! What has a name in the header: first what has it from the library takes it, then what yields to that.

use super::{C, Parameter, RULES, Reading};
use crate::Error;
use crate::model::Model;
use crate::model::definitions::{Defined, Definitions};
use crate::model::docs::Docs;
use crate::model::items::{Field, Outcome, Owner};
use crate::model::names::{Helpers, Scope, camel, cbor, shouty, snake};
use crate::model::types::Enum;
use ffihost_abi::EXPORTS;
use ffihost_schema::Type;
use std::borrow::Cow;

impl<'m> C<'m> {
    /// First what has its name from the library takes it, then what yields to that.
    pub(crate) fn new(model: &'m Model<'m>, definitions: &Definitions<'_>) -> Result<Self, Error> {
        let (prefix, upper) = (camel(&model.library.name), shouty(&model.library.name));
        let mut c = Self { model, prefix, upper, helpers: Helpers::default() };
        let mut scope = Scope::default();
        c.claim_types(definitions, &mut scope)?;
        c.claim_functions(&mut scope)?;
        c.name_helpers(&mut scope)?;
        Ok(c)
    }

    fn claim_types(&self, definitions: &Definitions<'_>, scope: &mut Scope) -> Result<(), Error> {
        for item in &self.model.types.enums {
            scope.claim(&self.own(item.name), format!("the enum `{}`", item.name))?;
            for variant in &item.variants {
                let what = format!("the variant `{}` of the enum `{}`", variant.name, item.name);
                scope.claim(&self.variant(item.name, variant.name), what)?;
            }
        }
        for item in &self.model.handles {
            scope.claim(&self.own(item.name), format!("the handle `{}`", item.name))?;
        }
        for item in &self.model.types.newtypes {
            scope.claim(&self.own(item.name), format!("the newtype `{}`", item.name))?;
        }
        for item in &definitions.all {
            match item {
                // Its own name was claimed with those of all enums.
                Defined::Tagged(tagged) => claim_variants(tagged)?,
                _ => scope.claim(&self.defined(item), item.to_string())?,
            }
        }
        scope.reserve(&[&format!("{}_ABI_HASH", self.upper), &format!("{}_ABI_VERSION", self.upper)]);
        for item in &self.model.constants {
            scope.claim(&self.constant(item), format!("the constant `{}`", item.name))?;
        }
        Ok(())
    }

    fn claim_functions(&self, scope: &mut Scope) -> Result<(), Error> {
        let prefix = &self.model.library.name;
        for export in &EXPORTS {
            scope.claim(&export.symbol(prefix), format!("`{}`, which every library exports,", export.name))?;
        }
        for item in &self.model.requests {
            let whose = format!("the request `{}`", item.name);
            scope.claim(&format!("{prefix}_{}", item.name), &*whose)?;
            scope.claim(&format!("{prefix}_{}", cbor(item.name)), format!("the CBOR form of {whose}"))?;
        }
        for item in &self.model.handles {
            scope.claim(&item.release.symbol, format!("the release of the handle `{}`", item.name))?;
        }
        Ok(())
    }

    /// The parameters of a function, after the handle that it belongs to, under names that clash with no other in the list.
    pub(super) fn parameters<'f>(
        &self,
        fields: &'f [Field<'_>],
        owner: &Owner<'_>,
        taken: &[&str],
    ) -> Vec<Parameter<'f>> {
        let mut scope = Scope::default();
        scope.reserve(taken);
        let mut parameter = |name: &str, ty: &Type, docs| {
            let name = scope.give(&RULES.identifier(name), name);
            Parameter { declared: self.parameter(ty, &name), name, docs }
        };
        let handle = match owner {
            Owner::Handle { name, param } => {
                Some(parameter(param, &Type::Handle((*name).to_owned()), Cow::Owned(Docs::parse("whose it is"))))
            }
            Owner::Nobody | Owner::Context => None,
        };
        let rest = fields.iter().map(|field| parameter(field.name, field.ty, Cow::Borrowed(&field.docs)));
        handle.into_iter().chain(rest.collect::<Vec<_>>()).collect()
    }

    fn name_helpers(&mut self, scope: &mut Scope) -> Result<(), Error> {
        let model = self.model;
        for name in ["check_abi", "abi_message", "open", "str", "fail_host_fn"] {
            self.give(scope, name, "", name);
        }
        for item in &model.types.enums {
            let name = format!("{}Tag", self.own(item.name));
            self.helpers.give(scope, ("tag", item.name), &name, "a type of the bindings");
        }
        self.give_type(scope, "registration_", "", "registration");
        for name in ["register_", "keep_", "cancel_", "release_"] {
            self.give(scope, name, "", name);
        }
        self.give_readers(scope, "create", &model.constructor.outcomes());
        for item in &model.requests {
            self.give_readers(scope, item.name, &C::read(item));
            if C::declared(item).is_some() {
                self.give(scope, "error", item.name, &format!("{}_error", item.name));
            }
        }
        for item in &model.host_fns {
            let (name, what) = (item.name, format!("the function type of the host function `{}`", item.name));
            scope.claim(&self.fn_type(name), what)?;
            for outcome in item.outcomes() {
                let verb = Self::verb(&outcome);
                self.give(scope, verb, name, &format!("{verb}_{name}"));
            }
            self.give(scope, "set", name, &format!("set_{name}"));
            self.give(scope, "set_with", name, &format!("set_{name}_with"));
            self.give(scope, "call_", name, &format!("{name}_call_"));
            self.give(scope, "args", name, &format!("{name}_args"));
            self.give_type(scope, "registration_", name, &format!("{name}_registration"));
        }
        for item in &model.groups {
            scope.claim(&self.own(item.name), format!("the group `{}`", item.name))?;
            let name = snake(item.name);
            self.give(scope, "implement", item.name, &format!("implement_{name}"));
            self.give(scope, "implement_with", item.name, &format!("implement_{name}_with"));
            self.give(scope, "missing", item.name, &format!("{name}_missing"));
            self.give_type(scope, "group_", item.name, &format!("{}_registration", item.name));
            for method in &item.methods {
                let host_fn = method.host_fn.name;
                self.give(scope, "call_in_group_", host_fn, &format!("{host_fn}_call_in_group_"));
            }
        }
        for item in &model.events {
            self.give(scope, "listen", item.name, &format!("listen_{}", item.name));
            self.give(scope, "event_args", item.name, &format!("{}_args", item.name));
        }
        Ok(())
    }

    fn give(&mut self, scope: &mut Scope, role: &str, item: &str, name: &str) {
        let name = format!("{}_{name}", self.model.library.name);
        self.helpers.give(scope, (role, item), &name, "a helper");
    }

    fn give_type(&mut self, scope: &mut Scope, role: &str, item: &str, name: &str) {
        let name = format!("{}_", self.own(name));
        self.helpers.give(scope, (role, item), &name, "a type of the bindings");
    }

    fn give_readers(&mut self, scope: &mut Scope, item: &str, outcomes: &[Outcome<'_>]) {
        for outcome in outcomes {
            if self.reading(outcome) != Reading::Nothing {
                let which = Self::which(outcome);
                self.give(scope, which, item, &format!("{item}_{which}"));
            }
        }
    }
}

/// What the union of an enum's payloads has.
fn claim_variants(item: &Enum<'_>) -> Result<(), Error> {
    let mut members = Scope::default();
    let with_data = item.variants.iter().filter(|variant| !variant.payload.types().is_empty());
    with_data.into_iter().try_for_each(|variant| {
        let whose = format!("the variant `{}` of the enum `{}`", variant.name, item.name);
        members.claim(&C::variant_member(variant.name), whose)
    })
}
