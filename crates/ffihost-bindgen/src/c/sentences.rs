//! What holds for callbacks, told in the words of the header.

use super::{C, Reading};
use crate::model::contract::{Answer, Contract, Thread, Times};
use crate::model::docs::Docs;
use crate::model::items::Outcome;
use crate::write::literal;
use ffihost_schema::{Status, Type};

impl C<'_> {
    /// What a payload is, in a sentence.
    pub(super) fn carried(&self, ty: &Type) -> String {
        match ty {
            Type::Unit => "nothing".to_owned(),
            Type::String => "UTF-8 text".to_owned(),
            Type::Bytes => "bytes".to_owned(),
            ty => {
                let name = self.name(ty);
                let article = if name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
                format!("{article} {name}")
            }
        }
    }

    /// With what a callback of success is passed, and what reads it.
    pub(super) fn success(&self, item: &str, outcomes: &[Outcome<'_>]) -> Option<(String, &str)> {
        self.carries(item, outcomes.iter().find(|outcome| outcome.status == Status::Ok)?)
    }

    pub(super) fn failure(&self, item: &str, outcomes: &[Outcome<'_>]) -> Option<(String, &str)> {
        self.carries(item, outcomes.iter().find(|outcome| outcome.status == Status::Err)?)
    }

    fn carries(&self, item: &str, outcome: &Outcome<'_>) -> Option<(String, &str)> {
        let is_read = self.reading(outcome) != Reading::Nothing;
        is_read.then(|| (self.carried(outcome.ty), self.helper(Self::which(outcome), item)))
    }

    /// Where it is called.
    pub(crate) fn thread(contract: &Contract) -> &'static str {
        match contract.thread {
            Thread::Ffi => "the FFI thread",
            Thread::Event => "the event thread",
            Thread::Caller => "this thread, before this returns",
        }
    }

    /// How often it is called, or answered.
    pub(super) fn times(contract: &Contract) -> &'static str {
        match contract.times {
            Times::Once => "once",
            Times::EachEvent => "once for each",
            Times::EachCall(Answer::AnyTime) => "Once: now or later, from any thread",
            Times::EachCall(Answer::BeforeItReturns) => "Once: before it returns: the library does not wait",
        }
    }

    /// The statuses that refuse it, without what all of them start with.
    pub(super) fn refusals(contract: &Contract, last: &str) -> String {
        let names: Vec<_> =
            contract.refusals.iter().map(|status| status.name().trim_start_matches("FFI_RET_")).collect();
        names.split_last().map_or_else(String::new, |(end, names)| format!("{}{last}{end}", names.join(", ")))
    }
}

/// What is deprecated.
impl C<'_> {
    /// In front of what is deprecated, on a line of its own.
    pub(crate) fn deprecated(docs: &Docs, indent: usize) -> String {
        let mark = |deprecated| format!("\n{}FFI_DEPRECATED({})", " ".repeat(indent), literal::deprecation(deprecated));
        docs.deprecated.as_ref().map(mark).unwrap_or_default()
    }

    /// Behind a deprecated variant.
    pub(crate) fn deprecated_value(docs: &Docs) -> String {
        let mark = |deprecated| format!(" FFI_DEPRECATED_VALUE({})", literal::deprecation(deprecated));
        docs.deprecated.as_ref().map(mark).unwrap_or_default()
    }
}
