//! How things are called, and that no two are called the same. Words and case are data of a language.

use super::Model;
use super::items::Field;
use super::types::Payload;
use crate::{Error, Helper};
use std::collections::{BTreeMap, HashMap};

pub(crate) use ffihost_abi::names::{args, camel, cbor, release, shouty, snake};

/// Everything that has a name in one scope, and what it is, for the error if something else is to have it too.
#[derive(Default)]
pub(crate) struct Scope(HashMap<String, String>);

impl Scope {
    /// A name that is given, by the ABI or by the author: nothing else may have it.
    pub(crate) fn claim(&mut self, name: &str, what: impl Into<String>) -> Result<(), Error> {
        let what = what.into();
        match self.0.insert(name.to_owned(), what.clone()) {
            None => Ok(()),
            Some(first) => Err(Error::SameName { name: name.to_owned(), first, second: what }),
        }
    }

    /// A name that only these bindings have: if it is taken, it gets underscores at its end.
    pub(crate) fn give(&mut self, name: &str, what: &str) -> String {
        let mut name = name.to_owned();
        while self.0.contains_key(&name) {
            name.push('_');
        }
        self.0.insert(name.clone(), what.to_owned());
        name
    }

    /// Names that others may not have, because the bindings use them themselves.
    pub(crate) fn reserve(&mut self, names: &[&str]) {
        for name in names {
            self.0.insert((*name).to_owned(), "a name of the bindings".to_owned());
        }
    }
}

/// What only the bindings have, by its role and the item that it belongs to. A role that ends in an underscore is used by the
/// bindings alone, and no host sees its name.
#[derive(Default)]
pub(crate) struct Helpers(BTreeMap<(String, String), Helper>);

impl Helpers {
    /// Names a helper as it asks for, or as near to that as its scope allows.
    pub(crate) fn give(&mut self, scope: &mut Scope, (role, item): (&str, &str), asked: &str, what: &str) {
        let taken_by = scope.0.get(asked).cloned();
        let name = scope.give(asked, what);
        let helper = Helper { name, asked: asked.to_owned(), taken_by };
        self.0.insert((role.to_owned(), item.to_owned()), helper);
    }

    /// The name of a helper, which was given before a template asks for it.
    pub(crate) fn get(&self, role: &str, item: &str) -> &str {
        let helper = self.0.get(&(role.to_owned(), item.to_owned()));
        &helper.expect("every helper is named before it is written").name
    }

    /// Those that hosts use.
    pub(crate) fn into_public(self) -> BTreeMap<(String, String), Helper> {
        self.0.into_iter().filter(|((role, _), _)| !role.ends_with('_')).collect()
    }
}

/// What a language does with names that it does not take: its keywords, and what is commonly defined in it. The words of each
/// list are separated by spaces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules(pub(crate) &'static [(&'static str, Escape)]);

/// How a word is made an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// By an underscore at its end.
    Underscore,
    /// By a mark in front of it: `r#`.
    Raw(&'static str),
}

impl Rules {
    /// A name, as the language takes it.
    pub(crate) fn identifier(self, name: &str) -> String {
        let name = name.strip_prefix("r#").unwrap_or(name);
        match self.escape(name) {
            None => name.to_owned(),
            Some(Escape::Underscore) => format!("{name}_"),
            Some(Escape::Raw(mark)) => format!("{mark}{name}"),
        }
    }

    /// Refuses a library two fields of which would have one name.
    ///
    /// # Errors
    ///
    /// With both fields.
    pub(crate) fn check_fields(self, model: &Model<'_>) -> Result<(), Error> {
        for item in &model.types.records {
            self.fields(&item.fields, &format!("the struct `{}`", item.name))?;
        }
        for item in &model.types.enums {
            for variant in &item.variants {
                if let Payload::Fields(fields) = &variant.payload {
                    self.fields(fields, &format!("the variant `{}` of the enum `{}`", variant.name, item.name))?;
                }
            }
        }
        for item in &model.host_fns {
            self.fields(&item.params, &format!("the host function `{}`", item.name))?;
        }
        model.events.iter().try_for_each(|item| self.fields(&item.params, &format!("the event `{}`", item.name)))
    }

    fn fields(self, fields: &[Field<'_>], of: &str) -> Result<(), Error> {
        let mut scope = Scope::default();
        fields.iter().try_for_each(|field| {
            scope.claim(&self.identifier(field.name), format!("the field `{}` of {of}", field.name))
        })
    }

    /// How a name is escaped, if it has to be.
    pub(crate) fn escape(self, name: &str) -> Option<Escape> {
        self.0.iter().find(|(words, _)| words.split_whitespace().any(|word| word == name)).map(|(_, escape)| *escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_escaped_as_its_language_says() {
        let rules = Rules(&[("Self self", Escape::Underscore), ("fn type", Escape::Raw("r#"))]);
        let names = ["Self", "type", "r#type", "types"].map(|name| rules.identifier(name));
        assert_eq!(names, ["Self_", "r#type", "r#type", "types"]);
    }

    #[test]
    fn a_name_is_given_once() {
        let mut scope = Scope::default();
        scope.claim("my_app_open", "the request `open`").expect("it is free");
        assert_eq!(scope.give("my_app_open", "a helper"), "my_app_open_");
        let error = scope.claim("my_app_open", "the request `open` too").expect_err("it is taken");
        assert!(error.to_string().starts_with("the request `open` and the request `open` too are both `my_app_open`"));
    }
}
