//! The statuses of the C ABI, which tools and the wire share.

pub use ffihost_schema::Status;
