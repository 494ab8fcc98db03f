//! What the shared C++ header repeats of the ABI is what `ffihost-abi` states.

mod common;

use ffihost_abi::{EXPORTS, Status};
use ffihost_bindgen::{Language, generate};

/// The text of the generated file with that name, between two others.
#[track_caller]
fn part(file: &str, before: &str, after: &str) -> String {
    let files = generate(&common::everything(), Language::Cpp).expect("it can be bound");
    let file = files.into_iter().find(|it| it.path == file).expect("it is generated");
    let found = file.contents.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.expect("the file has it").0.to_owned()
}

#[test]
fn every_status_has_its_name() {
    let cases = part("ffihost.hpp", "inline const char *status_name(int status) noexcept {", "default:");
    let cases: Vec<_> = cases.lines().map(str::trim).filter(|line| line.starts_with("case ")).collect();
    let stated = Status::ALL.map(|status| format!("case {0}: return \"{0}\";", status.name()));
    assert_eq!(cases, stated);
}

/// The pointers to a library's functions, by what is exported under these names.
#[test]
fn functions_have_the_types_of_the_exports() {
    let members = part("ffihost.hpp", "struct Library {\n", "};");
    let filled = part("my_app.hpp", "static const ffihost::detail::Library calls = {\n", "};");
    let filled: Vec<&str> = filled.trim().lines().map(|line| line.trim().trim_matches(['&', ':', ','])).collect();
    assert_eq!(members.lines().count(), filled.len());
    for (member, symbol) in members.lines().zip(filled) {
        let export = EXPORTS.iter().find(|export| export.symbol("my_app") == symbol);
        assert!(export.is_some(), "no library exports {symbol}");
        let export = export.expect("asserted above");
        let types: Vec<_> = export.params.iter().map(|param| param.ty.spelling()).collect();
        let stated = format!("{} (*{})({});", export.returns.spelling(), export.name, types.join(", "));
        assert_eq!(member.trim().replace("std::", ""), stated);
    }
}
