//! `new`.

use crate::program::{fails, ffihost, golden, scratch};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn makes_a_library() {
    let folder = scratch("new").join("my_app");
    let path = folder.to_str().expect("UTF-8");
    let ran = ffihost(&["new", "my_app", "--path", path]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with(&format!("{path} is there. What now:\n  cd {path}\n")), "{}", ran.stdout);
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("a file of the template");
    golden("new-lib.rs.txt", &read("src/lib.rs"));
    golden("new-main.c.txt", &read("host/main.c"));
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("Cargo.toml").contains(&format!("ffihost = \"{version}\"\n")), "{}", read("Cargo.toml"));
    assert!(folder.join(".gitignore").exists() && folder.join("README.md").exists());
}

#[test]
fn leaves_what_is_there() {
    let folder = scratch("occupied");
    fs::write(folder.join("precious"), "").expect("a file");
    let path = folder.to_str().expect("UTF-8");
    let message = format!("{path}: it is there and not empty: give another folder with --path, or empty it");
    fails(&["new", "my_app", "--path", path], &message);
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 1);
}

#[test]
fn names_that_are_none() {
    fails(
        &["new", "my-app"],
        "`my-app` cannot be the name of a library, it has other characters than small letters, digits and `_`: `my_app` can",
    );
    fails(
        &["new", "struct"],
        "`struct` cannot be the name of a library, it means something else in Rust or C: `my_struct` can",
    );
}

/// From nothing to a host that ran: new, cargo test, cargo build, generate, cc.
#[test]
fn template_builds_and_runs() {
    if !cfg!(any(target_os = "linux", target_os = "macos")) || !runs("cc") {
        return;
    }
    let folder = scratch("template").join("my_app");
    let ffihost_path = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let made = ffihost(&["new", "my_app", "--path", folder.to_str().expect("UTF-8"), "--ffihost-path", ffihost_path]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    // The versions that this workspace was tested with, and a workspace of its own.
    let _ = fs::copy(Path::new(ffihost_path).join("Cargo.lock"), folder.join("Cargo.lock"));
    let manifest = folder.join("Cargo.toml");
    let standalone = fs::read_to_string(&manifest).expect("the manifest") + "\n[workspace]\n";
    fs::write(&manifest, standalone).expect("the manifest");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template-target");
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(&folder);
        command.env("CARGO_TARGET_DIR", &target).env("FFIHOST", env!("CARGO_BIN_EXE_ffihost"));
        let output = command.output().expect("the program starts");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {args:?}:\n{text}");
        text
    };
    run(env!("CARGO"), &["test", "--quiet", "--offline"]);
    let text = run("sh", &["host/build.sh"]);
    for line in ["greeting: Welcome, Ada! This is visit 4.", "no greeting: unknown user", "event: Ada was greeted"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("warning:"), "{text}");
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
