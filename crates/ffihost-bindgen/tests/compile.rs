//! Every generated header compiles alone, twice in one program, in each version of its language, without a warning.

mod common;

use ffihost_bindgen::{Language, generate};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What gcc is asked to warn of, in both languages.
const GCC: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Wcast-qual",
    "-Wcast-align=strict",
    "-Wdouble-promotion",
    "-Wformat=2",
    "-Wvla",
    "-Wwrite-strings",
    "-Werror",
];
const GCC_C: &[&str] = &[
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wmissing-declarations",
    "-Wold-style-definition",
    "-Wc++-compat",
];
const GCC_CPP: &[&str] =
    &["-Wold-style-cast", "-Wuseless-cast", "-Wnon-virtual-dtor", "-Woverloaded-virtual", "-Wextra-semi"];

/// Everything that clang knows, but:
const CLANG: &[&str] = &[
    "-Weverything",
    "-Werror",
    // C++98 and C90 are not what this is written for.
    "-Wno-c++98-compat",
    "-Wno-c++98-compat-pedantic",
    "-Wno-declaration-after-statement",
    // The layout is the library's, which pads.
    "-Wno-padded",
    // Pointers with lengths are what an ABI has.
    "-Wno-unsafe-buffer-usage",
    // Of C++ types with virtual functions, which live in a header.
    "-Wno-weak-vtables",
    // Enumerations are switched over with a default too, because a newer library may have more.
    "-Wno-covered-switch-default",
    // A header alone is the main file.
    "-Wno-pragma-once-outside-header",
    // A name of the author's that ends in an underscore gets another one.
    "-Wno-reserved-identifier",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Whether a compiler is there. gcc and g++ have to be.
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
fn is_there(compiler: &str) -> bool {
    let found = Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(found || compiler.starts_with("clang"), "{compiler} cannot be run: install the Debian package {compiler}");
    if !found {
        eprintln!("nothing is compiled with {compiler}, which is not here: install the Debian package clang-22");
    }
    found
}

/// The names that are macros before a binding is included: those of X11 and Windows, with values that no name has, and the
/// system's own.
const MACROS: &str = "\
    #ifdef __cplusplus\n#include <charconv>\n#include <chrono>\n#include <functional>\n#include <future>\n#include <map>\n#include <memory>\n\
    #include <optional>\n#include <string>\n#include <thread>\n#include <variant>\n#include <vector>\n#endif\n\
    #if __cplusplus >= 202002L\n#include <coroutine>\n#endif\n#include <stdbool.h>\n#include <stdint.h>\n\
    #include <stdlib.h>\n#include <string.h>\n\
    #include <errno.h>\n#include <math.h>\n#include <signal.h>\n#include <stdio.h>\n#include <sys/stat.h>\n\
    #define None 0L\n#define Bool int\n#define Status int\n#define Success 0\n#define Always 2\n#define True 1\n\
    #define False 0\n#define ERROR 0\n#define DELETE (0x00010000L)\n#define IN\n#define OUT\n#define TRUE 1\n\
    #define FALSE 0\n#define small char\n#define near\n#define far\n#define interface struct\n#define I 1i\n\
    #define min(a, b) (((a) < (b)) ? (a) : (b))\n#define max(a, b) (((a) > (b)) ? (a) : (b))\n";

/// What a variant's field is that nobody has set: only an object whose fields all start as something can be such a constant.
const INITIAL: &str = "\
    #ifndef INITIAL_HPP_\n#define INITIAL_HPP_\n#include \"awkward.hpp\"\n\
    inline constexpr ::awkward::Parts::Bool_ kUnset;\nstatic_assert(!kUnset.value);\n#endif\n";

/// Checks the library of awkward names behind such macros.
fn check_awkward(compiler: &str, language: &str, standard: &str, flags: &[&str], ending: &str) {
    if is_there(compiler) {
        let scratch = scratch().join(format!("awkward-{compiler}-{language}"));
        let system = scratch.join("system");
        std::fs::create_dir_all(&system).expect("it can be made");
        let files = generate(&common::awkward(), Language::Cpp).expect("it can be bound");
        for file in files.into_iter().filter(|file| file.path.starts_with("awkward")) {
            std::fs::write(scratch.join(&file.path), file.contents).expect("it can be written");
        }
        std::fs::write(scratch.join("initial.hpp"), INITIAL).expect("it can be written");
        std::fs::write(system.join("macros.h"), MACROS).expect("it can be written");
        // A header of the system's, so that no compiler warns of what it defines.
        let system = system.display().to_string();
        let flags = [flags, &["-isystem", &system, "-include", "macros.h"]].concat();
        check(
            compiler,
            language,
            standard,
            &flags,
            &format!("{}/{}.{ending}", scratch.display(), if ending == "h" { "awkward" } else { "initial" }),
        );
    }
}

fn scratch() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bindgen");
    std::fs::create_dir_all(&scratch).expect("it can be made");
    scratch
}

/// Checks a translation unit that includes something.
fn check(compiler: &str, language: &str, standard: &str, flags: &[&str], includes: &str) {
    let mut source = includes.lines().map(|header| format!("#include \"{header}\"\n")).collect::<String>();
    source.push_str(if language == "c" { "int main(void) { return 0; }\n" } else { "int main() { return 0; }\n" });
    let name = format!("{compiler}-{standard}-{}.{language}", includes.replace(['\n', '.', '/'], "_"));
    let path = scratch().join(name);
    std::fs::write(&path, source).expect("it can be written");
    let mut command = Command::new(compiler);
    command.args(["-fsyntax-only", "-x", language, &format!("-std={standard}")]).args(flags);
    command.arg("-I").arg(folder()).arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include"));
    let output = command.arg(&path).output().expect("it was there a moment ago");
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.lines().take(60).map(|line| format!("{line}\n")).collect();
    assert!(output.status.success(), "{includes:?} does not compile with {compiler} as {standard}:\n{said}");
}

/// Checks each library's header alone and twice in the first standard, and all together in every other.
fn check_all(compiler: &str, language: &str, standards: &[&str], flags: &[&str], ending: &str) {
    if !is_there(compiler) {
        return;
    }
    for library in ["my_app", "union", "generic", "details"] {
        check(compiler, language, standards[0], flags, &format!("{library}.{ending}\n{library}.{ending}"));
    }
    for standard in standards {
        check(
            compiler,
            language,
            standard,
            flags,
            &format!("union.{ending}\nmy_app.{ending}\ngeneric.{ending}\ndetails.{ending}"),
        );
    }
}

#[test]
fn c_with_gcc() {
    check_all("gcc", "c", &["c99", "c11", "c2x"], &[GCC, GCC_C].concat(), "h");
}

#[test]
fn c_as_cpp_with_gcc() {
    check_all("g++", "c++", &["c++11", "c++14", "c++17", "c++20"], &[GCC, GCC_CPP].concat(), "h");
}

#[test]
fn cpp_with_gcc() {
    check_all("g++", "c++", &["c++17", "c++20"], &[GCC, GCC_CPP].concat(), "hpp");
}

#[test]
fn c_with_clang() {
    check_all(
        "clang-22",
        "c",
        &["c99", "c11", "c23"],
        &[CLANG, &["-Wno-pre-c11-compat", "-Wno-pre-c23-compat"]].concat(),
        "h",
    );
}

#[test]
fn c_as_cpp_with_clang() {
    check_all("clang-22", "c++", &["c++11", "c++17", "c++20"], CLANG, "h");
}

#[test]
fn cpp_with_clang() {
    check_all("clang-22", "c++", &["c++17", "c++20", "c++23"], CLANG, "hpp");
}

#[test]
fn awkward_names_in_c() {
    check_awkward("gcc", "c", "c99", &[GCC, GCC_C].concat(), "h");
    check_awkward("clang-22", "c", "c17", &[CLANG, &["-Wno-pre-c11-compat"]].concat(), "h");
}

#[test]
fn awkward_names_in_cpp_with_gcc() {
    check_awkward("g++", "c++", "c++17", &[GCC, GCC_CPP].concat(), "hpp");
}

#[test]
fn awkward_names_in_cpp_with_clang() {
    check_awkward("clang-22", "c++", "c++20", CLANG, "hpp");
}

/// A library with an enum of 128 variants, each of which holds something.
fn wide() -> ffihost_schema::Checked {
    use common::build::{enumeration, finish, library, list, named, request, variant};
    use ffihost_schema::{Checked, Payload, Type};
    let variants = (0..128).map(|at| variant(&format!("V{at}"), "", Payload::One(Type::String))).collect();
    let mut library = library("wide", "");
    library.enums = vec![enumeration("Wide", "", variants)];
    library.requests =
        vec![request("echo", "", vec![common::build::field("all", "", list(named("Wide")))], named("Wide"), None)];
    Checked::new(finish(library)).expect("it goes together")
}

/// What a program does with such an enum.
const USES_WIDE: &str = "\
    #ifndef USES_WIDE_HPP_\n#define USES_WIDE_HPP_\n#include \"wide.hpp\"\n\
    inline bool uses(const ::wide::Context &context, ::wide::Wide wide) {\n    \
    wide = context.echo({wide}).get();\n    \
    return wide == ::wide::Wide::V127{} || wide.match([](const auto &held) { return held.value.empty(); });\n}\n#endif\n";

#[test]
fn enums_of_many_variants() {
    let scratch = scratch().join("wide");
    std::fs::create_dir_all(&scratch).expect("it can be made");
    let files = generate(&wide(), Language::Cpp).expect("it can be bound");
    for file in files.into_iter().filter(|file| file.path.starts_with("wide")) {
        std::fs::write(scratch.join(&file.path), file.contents).expect("it can be written");
    }
    std::fs::write(scratch.join("uses_wide.hpp"), USES_WIDE).expect("it can be written");
    let header = format!("{}/uses_wide.hpp", scratch.display());
    check("g++", "c++", "c++17", &[GCC, GCC_CPP].concat(), &header);
    if is_there("clang-22") {
        check("clang-22", "c++", "c++20", CLANG, &header);
    }
}

/// A compiler sees that a `switch` over an enum has no case for one of its variants.
#[test]
fn a_missing_case_is_seen() {
    let path = scratch().join("switch.c");
    let source = "#include \"my_app.h\"\nint main(void) {\n    MyAppShape shape;\n    shape.tag = MY_APP_SHAPE_RECT;\n    \
        switch ((MyAppShapeTag)shape.tag) {\n        case MY_APP_SHAPE_RECT: return 0;\n    }\n    return 1;\n}\n";
    std::fs::write(&path, source).expect("it can be written");
    let mut command = Command::new("gcc");
    command.args(["-std=c99", "-fsyntax-only", "-Wswitch", "-Werror"]).arg("-I").arg(folder());
    command.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include"));
    let output = command.arg(&path).output().expect("gcc has to be there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("'MY_APP_SHAPE_CIRCLE' not handled") || said.contains("‘MY_APP_SHAPE_CIRCLE’ not handled"),
        "{said}"
    );
}

/// What uses what is deprecated is warned, unless it wants to hear nothing of it.
fn check_warned(compiler: &str, language: &str, standard: &str, source: &str) {
    if !is_there(compiler) {
        return;
    }
    for (quiet, flags) in [(false, &["-Wall"][..]), (true, &["-Wall", "-Werror", "-DFFI_NO_DEPRECATED"][..])] {
        let path = scratch().join(format!("deprecated-{compiler}.{language}"));
        std::fs::write(&path, source).expect("it can be written");
        let mut command = Command::new(compiler);
        command.args(["-fsyntax-only", "-x", language, &format!("-std={standard}"), "-I"]).arg(folder()).args(flags);
        let output = command.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include")).arg(&path);
        let output = output.output().expect("it was there a moment ago");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{compiler}: {said}");
        // Some compilers say it several times of one place.
        let of_line =
            |line: &str| line.split_once(": warning:").and_then(|(place, _)| place.split(':').nth(1)?.parse().ok());
        let warned: BTreeSet<usize> = said.lines().filter_map(of_line).collect();
        let uses = source.lines().zip(1..).filter(|(line, _)| line.contains("/* warned */")).map(|(_, at)| at);
        let uses: BTreeSet<usize> = uses.filter(|_| !quiet).collect();
        assert_eq!(warned, uses, "{compiler}: {said}");
        assert!(quiet || said.contains("since 1.2.0: use the \"new\" one in its place: "), "{said}");
    }
}

const DEPRECATED_C: &str = "\
    #include \"details.h\"\n\
    int32_t level(DetailsInner *inner) {\n\
    inner->old = 1; /* warned */\n\
    return DETAILS_LEVEL_OLD; /* warned */\n\
    }\n\
    int32_t low(DetailsOld *old) { /* warned */\n\
    return old == 0 ? DETAILS_LEVEL_LOW : 0;\n\
    }\n\
    uint64_t listen(void *ctx) {\n\
    return details_listen_on_old(ctx, 0, 0); /* warned */\n\
    }\n";

const DEPRECATED_CPP: &str = "\
    #include \"details.hpp\"\n\
    unsigned use(details::Inner &inner) {\n\
    return inner.old /* warned */\n\
    + details::kOld; /* warned */\n\
    }\n\
    void *make() {\n\
    return new details::Old; /* warned */\n\
    }\n";

#[test]
fn deprecated_in_c() {
    check_warned("gcc", "c", "c99", DEPRECATED_C);
    check_warned("clang-22", "c", "c11", DEPRECATED_C);
}

#[test]
fn deprecated_in_cpp() {
    check_warned("g++", "c++", "c++17", DEPRECATED_CPP);
    check_warned("clang-22", "c++", "c++20", DEPRECATED_CPP);
}

/// The headers on disk are those that are generated: what compiles is what users get.
#[test]
fn what_compiles_is_what_is_generated() {
    for library in [common::everything(), common::keywords(), common::generic(), common::details()] {
        let files =
            Language::ALL.into_iter().flat_map(|language| generate(&library, language).expect("it can be bound"));
        for file in files.filter(|file| file.path != "ffihost.h") {
            let golden = std::fs::read_to_string(folder().join(&file.path)).unwrap_or_default();
            assert!(golden == file.contents, "{} differs: run the golden tests", file.path);
        }
    }
}
