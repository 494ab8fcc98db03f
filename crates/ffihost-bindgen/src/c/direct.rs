//! Requests in direct form, as C declares them.

use super::C;
use crate::model::items::Request;
use ffihost_schema::Type;

impl C<'_> {
    /// The declared error of a request in direct form, if there is more to it than its text.
    pub(super) fn declared<'r>(request: &Request<'r>) -> Option<&'r Type> {
        request.error.filter(|ty| request.is_direct() && **ty != Type::String)
    }

    /// Where a request in direct form writes its result: a declaration of a pointer to that.
    pub(super) fn result_place(&self, ty: &Type) -> Option<String> {
        let name = match ty {
            Type::Unit => return None,
            Type::String => "FFIOwnedString".to_owned(),
            Type::Bytes => "FFIOwnedBytes".to_owned(),
            ty => self.name(ty),
        };
        Some(format!("{name} *result"))
    }
}
