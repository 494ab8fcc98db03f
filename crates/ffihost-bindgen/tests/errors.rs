//! What cannot be bound is refused with an error that says what, where and what to do. Rust has less that cannot be.

mod common;

use common::build::*;
use ffihost_bindgen::{Language, generate};
use ffihost_schema::*;

fn checked(library: Library) -> Checked {
    Checked::new(finish(library)).expect("it goes together")
}

/// The error of a library that has a struct `Profile` and what is added to it.
fn refused(change: impl Fn(&mut Library)) -> String {
    let mut library = library("my_app", "");
    library.structs.push(structure("Profile", "", plain([("id", Type::U8)])));
    change(&mut library);
    let errors = [Language::C, Language::Cpp]
        .map(|language| generate(&checked(library.clone()), language).expect_err("it cannot be bound").to_string());
    assert_eq!(errors[0], errors[1], "in both languages");
    errors[0].clone()
}

#[test]
fn a_type_like_the_arguments_of_a_host_function() {
    let error = refused(|library| {
        library.structs.push(structure("FetchProfileArgs", "", plain([("a", Type::U8)])));
        library.host_fns.push(host_fn("fetch_profile", "", plain([("id", Type::U8)]), Type::Unit, None));
    });
    assert_eq!(
        error,
        "the struct `FetchProfileArgs` and the arguments of the host function `fetch_profile` are both \
         `MyAppFetchProfileArgs` in the bindings: rename one of them in the library"
    );
}

#[test]
fn a_type_like_a_list() {
    let error = refused(|library| {
        library.structs.push(structure("ProfileList", "", plain([("all", list(named("Profile")))])));
    });
    assert!(
        error.starts_with("the type `Vec<Profile>` and the struct `ProfileList` are both `MyAppProfileList`"),
        "{error}"
    );
}

#[test]
fn a_request_like_an_export() {
    let error = refused(|library| library.requests.push(request("destroy", "", Vec::new(), Type::Unit, None)));
    assert!(error.contains("`destroy`, which every library exports, and the request `destroy` are both"), "{error}");
    let error = refused(|library| {
        for name in ["login", "login_cbor"] {
            library.requests.push(request(name, "", Vec::new(), Type::Unit, None));
        }
    });
    assert!(error.contains("the CBOR form of the request `login` and the request `login_cbor` are both"), "{error}");
}

#[test]
fn variants_and_constants() {
    let error = refused(|library| {
        library.enums.push(enumeration("Role", "", vec![variant("Admin", "", Payload::Unit)]));
        library.constants.push(constant("ROLE_ADMIN", "", Type::U8, Value::Unsigned(1)));
    });
    assert!(error.contains("variant `Admin` of the enum `Role` and the constant `ROLE_ADMIN` are both"), "{error}");
}

#[test]
fn fields_that_a_keyword_makes_the_same() {
    let fields = || plain([("class", Type::U8), ("class_", Type::U8)]);
    let error = refused(|library| library.structs.push(structure("Both", "", fields())));
    assert!(
        error.contains("the field `class` of the struct `Both` and the field `class_` of the struct `Both`"),
        "{error}"
    );
}

#[test]
fn types_without_a_counterpart() {
    let error = refused(|library| {
        library.requests.push(request("find", "", Vec::new(), option(Type::Unit), None));
    });
    assert!(error.starts_with("the request `find`'s result is of type `()`"), "{error}");
}

#[test]
fn constants_that_are_the_same_in_cpp() {
    let mut library = library("my_app", "");
    let one = || Value::Unsigned(1);
    library.constants = ["SHA_256", "SHA256"].map(|name| constant(name, "", Type::U8, one())).into();
    let error = generate(&checked(library), Language::Cpp).expect_err("it cannot be bound").to_string();
    assert!(error.contains("the constant `SHA256` and the constant `SHA_256` are both `kSha256`"), "{error}");
}

/// The error of such a library in Rust.
fn refused_in_rust(change: impl Fn(&mut Library)) -> String {
    let mut library = library("my_app", "");
    library.structs.push(structure("Profile", "", plain([("id", Type::U8)])));
    change(&mut library);
    generate(&checked(library), Language::Rust).expect_err("it cannot be bound").to_string()
}

#[test]
fn what_rust_has_itself() {
    let error = refused_in_rust(|library| library.structs.push(structure("Option", "", Vec::new())));
    assert!(error.starts_with("a name of the bindings and the type `Option` are both `Option`"), "{error}");
}
