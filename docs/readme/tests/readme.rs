//! The README's two sides, together: its C program, compiled with every warning an error, and run with the library that is
//! made of its Rust block.
#![cfg(unix)]

use ffihost_bindgen::Language;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const README: &str = include_str!("../../../README.md");
const LIBRARY: &str = include_str!("../library.rs");

/// The first block of a language after a heading of that text, or after the beginning of a line.
fn block(after: &str, language: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n{after}")).expect("the README has this line");
    let (_, rest) = rest.split_once(&format!("\n```{language}\n")).expect("it has a block after it");
    rest.split_once("\n```\n").expect("the block ends").0
}

fn run(command: &mut Command) -> Output {
    let output = command.output();
    assert!(output.is_ok(), "{:?} cannot be run: {output:?}", command.get_program());
    output.expect("asserted above")
}

/// Where cargo put the library: beside this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.parent().expect("a file is in a folder").to_path_buf()
}

/// What `ffihost generate` does.
fn generate(folder: &Path) {
    let file = library().join(format!("{DLL_PREFIX}my_app{DLL_SUFFIX}"));
    let bytes = std::fs::read(&file).expect("cargo has built the library");
    let libraries = ffihost_schema::libraries_in_file(&bytes).expect("it can be read");
    for file in ffihost_bindgen::generate(&libraries[0], Language::C).expect("it can be described in C") {
        std::fs::write(folder.join(file.path), file.contents).expect("the scratch folder can be written");
    }
}

#[test]
fn the_library_is_the_readmes() {
    assert_eq!(
        block("## The library", "rust"),
        LIBRARY.trim_end(),
        "copy the README's block to docs/readme/library.rs"
    );
}

#[test]
fn the_host_compiles_and_prints_what_the_readme_says() {
    let scratch = &Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    std::fs::create_dir_all(scratch).expect("the scratch folder can be made");
    let (source, program) = (scratch.join("readme_host.c"), scratch.join("readme_host"));
    generate(scratch);
    std::fs::write(&source, format!("{}\n", block("## The host, in C", "c")))
        .expect("the scratch folder can be written");

    let mut compile = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compile.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread"]);
    compile.arg("-I").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../include")).arg("-I").arg(scratch).arg(&source);
    compile.arg("-L").arg(library()).arg("-lmy_app").arg("-o").arg(&program);
    compile.arg(format!("-Wl,-rpath,{}", library().display()));
    let compiled = run(&mut compile);
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));

    let ran = run(&mut Command::new(&program));
    assert!(ran.status.success(), "{}: {}", ran.status, String::from_utf8_lossy(&ran.stderr));
    assert_eq!(String::from_utf8_lossy(&ran.stdout).trim_end(), block("It prints:", "text"));
}
