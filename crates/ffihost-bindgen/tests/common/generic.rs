//! `generic`: a library that is only in CBOR.

use super::build::*;
use ffihost_schema::*;

const CBOR: Formats = Formats { native: false, cbor: true };

pub(crate) fn generic() -> Checked {
    let mut library = library("generic", "");
    library.formats = CBOR;
    library.constructor.formats = CBOR;
    library.constructor.docs = "Makes one.".into();
    library.constructor.params = vec![field("name", "what it is called", Type::String)];
    library.constructor.error = Some(Type::String);
    let mut size = request("size", "How large it is.", Vec::new(), Type::U64, None);
    size.asynchronous = false;
    size.formats = CBOR;
    library.requests = vec![size];
    Checked::new(finish(library)).expect("it goes together")
}
