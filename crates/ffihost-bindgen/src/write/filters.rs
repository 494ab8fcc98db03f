//! What templates lay out with: `{% filter comment(4) %}…{% endfilter %}`.

#![expect(clippy::unnecessary_wraps, unreachable_pub, reason = "this is how filters have to look")]

use super::comment as laid;
use askama::{Result, Values};
use std::fmt::Display;

/// A block comment of C and its relatives, with a line break in front of it; nothing, if there is nothing to say.
#[askama::filter_fn]
pub(crate) fn comment(text: impl Display, _: &dyn Values, indent: usize) -> Result<String> {
    Ok(laid::block(indent, &text.to_string()))
}

/// A comment whose lines each have a mark, as documentation of Rust, with a line break in front of each.
#[askama::filter_fn]
pub(crate) fn lines(text: impl Display, _: &dyn Values, indent: usize, mark: &str) -> Result<String> {
    Ok(laid::lines(indent, mark, &text.to_string()))
}

/// A heading, as wide as a line, with an empty line in front of it.
#[askama::filter_fn]
pub(crate) fn section(title: impl Display, _: &dyn Values) -> Result<String> {
    Ok(laid::section(&title.to_string()))
}
