//! Laying text out, whatever it says: comments, lists, long lines, literals. Templates say what is written, this how wide.

pub(crate) mod comment;
pub(crate) mod filters;
pub(crate) mod layout;
pub(crate) mod literal;
pub(crate) mod text;
