//! What is checked of a type when the library is compiled: by its shape, since an alias has the name of its own.
//!
//! A check that fails is shown where it is called, at the author's type.

use ffihost_schema::write::Shape;

/// The shape of a field or a parameter.
#[track_caller]
pub const fn value(shape: Shape) {
    assert!(!matches!(shape, Shape::Unit), "`()` crosses only as a result: leave it out");
    result(shape);
}

/// The shape of what another type crosses as.
#[track_caller]
pub const fn representation(shape: Shape) {
    assert!(
        !matches!(shape, Shape::Unit | Shape::Option(_)),
        "a value is never nothing: cross as another type, and use an `Option` of this one where it may be missing"
    );
    value(shape);
}

/// The shape of what a newtype holds.
#[track_caller]
pub const fn held(shape: Shape) {
    assert!(
        !matches!(shape, Shape::Option(_)),
        "null in a newtype cannot be told from no newtype: leave the `Option` out, and write `Option<Name>` where it is used"
    );
}

/// The shape of a result, which may be nothing.
#[track_caller]
pub const fn result(shape: Shape) {
    assert!(
        !matches!(shape, Shape::Option(Shape::Option(_))),
        "null cannot be told from null in null: use one `Option`, or an enum"
    );
    if let Shape::Option(inner) | Shape::List(inner) | Shape::Map(inner) | Shape::As(_, inner) = shape {
        value(*inner);
    }
}

/// The shape of what crosses without a context.
#[track_caller]
pub const fn without_context(shape: Shape) {
    assert!(
        !matches!(shape, Shape::Handle(_)),
        "there is no context that would know the handle: take the state first, `app: &MyApp`"
    );
    if let Shape::Option(inner) | Shape::List(inner) | Shape::Map(inner) | Shape::As(_, inner) = shape {
        without_context(*inner);
    }
}

/// The shape of the result of a synchronous function that is written as `()`: its C function has no place for a result.
#[track_caller]
pub const fn nothing(shape: Shape) {
    assert!(
        matches!(shape, Shape::Unit),
        "this is written like nothing, `()`, and is something: write the type itself, not an alias with `()` in it"
    );
}

/// The shape of any other result: its C function has a place for it.
#[track_caller]
pub const fn something(shape: Shape) {
    assert!(
        !matches!(shape, Shape::Unit),
        "an alias hides that this returns nothing: write `()`, or `Result<(), E>`, with which the function's form in C is known"
    );
}

/// The name of a handle and the one that is written in front of its members, which have their names from it.
#[track_caller]
pub const fn named(handle: &str, written: &str) {
    let (handle, written) = (handle.as_bytes(), written.as_bytes());
    let (mut same, mut at) = (handle.len() == written.len(), 0);
    while same && at < handle.len() {
        same = handle[at] == written[at];
        at += 1;
    }
    assert!(same, "this is another name of the handle: write its own, from which its members have theirs");
}
