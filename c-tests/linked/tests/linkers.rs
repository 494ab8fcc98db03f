//! A program that uses little of a library finds all of it described, whichever linker has collected what garbage.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a static library of Rust needs, as `rustc --print native-static-libs` says.
const NATIVE: [&str; 7] = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];

/// Where cargo put the library: beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.parent().expect("a file is in a folder").to_path_buf()
}

fn succeeded(output: &Output, what: &str) -> String {
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what}: {}\n{}{}", output.status, said(&output.stdout), said(&output.stderr));
    said(&output.stdout)
}

/// The folder with the linker that comes with the compiler, under the name that C compilers look for.
fn lld() -> PathBuf {
    let rustc = |args: &[&str]| succeeded(&Command::new("rustc").args(args).output().expect("rustc runs"), "rustc");
    let (root, version) = (rustc(&["--print", "sysroot"]), rustc(&["-vV"]));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("it says its host");
    Path::new(root.trim()).join("lib/rustlib").join(host).join("bin/gcc-ld")
}

/// What the program prints when it is linked so.
fn linked(name: &str, archive: bool, flags: &[&str]) -> String {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("linked-{name}"));
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compile = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compile.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread", "-D_POSIX_C_SOURCE=200809L"]);
    compile.arg("-I").arg(project.join("../../include")).arg(project.join("host.c")).arg("-o").arg(&program);
    if archive {
        compile.arg(libraries().join("liblinked.a"));
    } else {
        compile.arg("-L").arg(libraries()).arg("-llinked");
        compile.arg(format!("-Wl,-rpath,{}", libraries().display()));
    }
    compile.args(flags).args(NATIVE);
    succeeded(&compile.output().expect("there is a C compiler"), "it does not link");
    // Before cargo's own path, where an older build of the library may lie.
    succeeded(&Command::new(&program).env("LD_LIBRARY_PATH", libraries()).output().expect("it runs"), "it fails")
}

#[test]
fn no_linker_leaves_out_what_a_library_is() {
    let shared = linked("shared", false, &[]);
    assert!(shared.ends_with("answer 0, draw 0\non_drawn 1\nask 0 42\n"), "{shared}");
    let lld = format!("-B{}", lld().display());
    for (name, flags) in [("bfd", vec!["-fuse-ld=bfd"]), ("lld", vec![lld.as_str(), "-fuse-ld=lld"])] {
        assert_eq!(linked(name, true, &flags), shared, "{name}");
        let collected = [flags, vec!["-Wl,--gc-sections"]].concat();
        assert_eq!(linked(&format!("{name}-collected"), true, &collected), shared, "{name} with --gc-sections");
    }
}
