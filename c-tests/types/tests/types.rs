//! A program in C that goes by the generated header, with every warning an error and with sanitizers.
#![cfg(unix)]

use ffihost_bindgen::Language;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where cargo put the library: beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.parent().expect("a file is in a folder").to_path_buf()
}

/// What `ffihost generate` does.
fn generate(folder: &Path) {
    let bytes = std::fs::read(libraries().join(format!("{DLL_PREFIX}every_type{DLL_SUFFIX}"))).expect("it is built");
    let libraries = ffihost_schema::libraries_in_file(&bytes).expect("it can be read");
    for file in ffihost_bindgen::generate(&libraries[0], Language::C).expect("it can be described in C") {
        std::fs::write(folder.join(file.path), file.contents).expect("the scratch folder can be written");
    }
}

fn compile(standard: &str, flags: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every_type").join(standard);
    std::fs::create_dir_all(&folder).expect("the scratch folder can be made");
    generate(&folder);
    let (project, program) = (Path::new(env!("CARGO_MANIFEST_DIR")), folder.join("host"));
    let mut compile = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compile.arg(format!("-std={standard}"));
    compile.args(["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-pthread"]).args(flags);
    compile.arg("-I").arg(&folder).arg("-I").arg(project.join("../../include")).arg(project.join("host.c"));
    compile.arg("-L").arg(libraries()).arg("-levery_type").arg("-o").arg(&program);
    compile.arg(format!("-Wl,-rpath,{}", libraries().display()));
    let compiled = compile.output().expect("there is a C compiler");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    program
}

#[track_caller]
fn run(program: &Path) {
    let ran = Command::new(program).output().expect("it was compiled just now");
    let said = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(
        ran.status.success() && said.0 == "every type came through\n" && said.1.is_empty(),
        "{}: {said:?}",
        ran.status
    );
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_client_in_rust_is_the_librarys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/every_type.rs");
    let bytes = std::fs::read(libraries().join(format!("{DLL_PREFIX}every_type{DLL_SUFFIX}"))).expect("it is built");
    let libraries = ffihost_schema::libraries_in_file(&bytes).expect("it can be read");
    let files = ffihost_bindgen::generate(&libraries[0], Language::Rust).expect("it can be described in Rust");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &files[0].contents).expect("it can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == files[0].contents, "{} has changed: look at it, then run with UPDATE=1", path.display());
}

#[test]
fn every_type_is_passed_and_received() {
    run(&compile("c99", &[]));
}

#[test]
fn no_error_with_memory_is_made() {
    run(&compile("c11", &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]));
}
