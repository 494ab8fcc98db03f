//! The native form of synchronous requests.

use ffihost_schema::write::Shape;

/// How a synchronous request natively returns its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// There is none.
    Nothing,
    /// Its C type is written where the caller says: it holds no pointers.
    Value,
    /// As text that the caller comes to own.
    Text,
    /// As bytes that the caller comes to own.
    Bytes,
    /// To a callback, since its C type holds pointers: what they lead to lives as long as that runs.
    Borrowed,
}

impl Form {
    /// The form of a result with this shape, whose C type may hold pointers or not.
    pub(crate) const fn of(shape: Shape, points: bool) -> Self {
        match shape {
            Shape::Unit => Self::Nothing,
            Shape::String => Self::Text,
            Shape::Bytes => Self::Bytes,
            _ if points => Self::Borrowed,
            _ => Self::Value,
        }
    }

    /// Whether there is no callback.
    pub const fn is_direct(self) -> bool {
        !matches!(self, Self::Borrowed)
    }
}
