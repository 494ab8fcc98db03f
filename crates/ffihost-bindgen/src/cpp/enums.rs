//! Enums with data: a struct for each variant, and one that holds any of these.

use super::Cpp;
use crate::c::RULES;
use crate::model::items::Field;
use crate::model::names::Scope;
use crate::model::types::{Enum, Payload};

impl Cpp<'_> {
    /// The struct of a variant, from anywhere.
    pub(super) fn part(&self, item: &Enum<'_>, variant: &str) -> String {
        format!("{}::{}::{variant}", self.namespace(), self.helpers.get("variants", item.name))
    }

    /// What the variants of an enum with data are called: none as the enum itself, which would be its constructor.
    pub(super) fn variants(item: &Enum<'_>) -> Vec<String> {
        let mut scope = Scope::default();
        scope.reserve(&[&Self::called(item.name), &format!("{}Variants", Self::called(item.name))]);
        scope.reserve(&["Held", "get_if", "index", "is", "match"]);
        item.variants.iter().map(|variant| scope.give(&RULES.identifier(variant.name), "a variant")).collect()
    }

    /// The fields of a variant's struct.
    pub(super) fn members_of(payload: &Payload<'_>) -> Vec<String> {
        match payload {
            Payload::Nothing => Vec::new(),
            Payload::One(_) => vec!["value".to_owned()],
            Payload::Fields(fields) => Self::identifiers(fields),
        }
    }

    pub(super) fn identifiers(fields: &[Field<'_>]) -> Vec<String> {
        fields.iter().map(|field| Self::identifier(field.name)).collect()
    }
}
