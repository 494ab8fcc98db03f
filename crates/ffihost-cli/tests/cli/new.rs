//! `new`.

use crate::program::{fails, ffihost, golden, scratch};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn makes_a_library() {
    let above = scratch("new");
    // The workspace of this project is above it, too.
    fs::write(above.join("Cargo.toml"), "[workspace]\nexclude = [\"my_app\"]\n").expect("a workspace");
    let folder = above.join("my_app");
    let path = folder.to_str().expect("UTF-8");
    let ran = ffihost(&["new", "my_app", "--path", path]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with(&format!("{path} is there. What now:\n  cd {path}\n")), "{}", ran.stdout);
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("a file of the template");
    golden("new-lib.rs.txt", &read("src/lib.rs"));
    golden("new-main.c.txt", &read("host/main.c"));
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("Cargo.toml").contains(&format!("ffihost = \"{version}\"\n")), "{}", read("Cargo.toml"));
    assert!(read("Cargo.toml").contains("\n[profile.release]\n"), "{}", read("Cargo.toml"));
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
        &["new", "my.app"],
        "`my.app` cannot be the name of a library, it has other characters than small letters, digits and `_`: `my_app` can",
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
    let above = scratch("template");
    fs::write(above.join("Cargo.toml"), "[workspace]\nmembers = []\nresolver = \"3\"\n").expect("the workspace");
    let folder = above.join("my-app");
    let ffihost_path = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let made = ffihost(&["new", "my-app", "--path", folder.to_str().expect("UTF-8"), "--ffihost-path", ffihost_path]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    let workspace = above.join("Cargo.toml");
    assert_eq!(fs::read_to_string(&workspace).expect("it"), "[workspace]\nmembers = [\"my-app\"]\nresolver = \"3\"\n");
    assert!(made.stdout.contains("was made a member of"), "{}", made.stdout);
    let own = fs::read_to_string(folder.join("Cargo.toml")).expect("the manifest");
    assert!(!own.contains("profile"), "cargo takes profiles from the workspace alone: {own}");
    // The versions that this workspace was tested with.
    let _ = fs::copy(Path::new(ffihost_path).join("Cargo.lock"), above.join("Cargo.lock"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template-target");
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(&folder);
        // Cargo's, for tests, leads to other libraries of that name.
        command.env_remove("LD_LIBRARY_PATH").env_remove("DYLD_FALLBACK_LIBRARY_PATH");
        command.env("CARGO_TARGET_DIR", &target).env("FFIHOST", env!("CARGO_BIN_EXE_ffihost"));
        let output = command.output().expect("the program starts");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {args:?}:\n{text}");
        text
    };
    run(env!("CARGO"), &["test", "--quiet", "--offline"]);
    let greets = |text: &str| {
        for line in ["greeting: Welcome, Ada! This is visit 4.", "no greeting: unknown user", "event: Ada was greeted"]
        {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("warning:"), "{text}");
    };
    greets(&run("sh", &["host/build.sh"]));
    builds_the_package_of_the_folder(&folder, &run);
    greets(&with_pkg_config(&folder, &run));
    for library in ["my_app::my_app", "my_app::static"] {
        greets(&with_cmake(&folder, library, &run));
    }
}

type Run<'a> = &'a dyn Fn(&str, &[&str]) -> String;

/// `generate` without a file; `--check` takes a checkout with other line ends for what it is.
fn builds_the_package_of_the_folder(folder: &Path, run: Run<'_>) {
    let generate = ["generate", "--lang", "c", "--out", "host/include"];
    let ffihost = env!("CARGO_BIN_EXE_ffihost");
    assert!(run(ffihost, &generate).contains("my_app.h written"));
    let header = folder.join("host/include/my_app.h");
    let text = fs::read_to_string(&header).expect("the header");
    fs::write(&header, text.replace('\n', "\r\n")).expect("the header");
    run(ffihost, &[&generate[..], &["--check"]].concat());
    assert!(run(ffihost, &generate).contains("my_app.h is up to date"));
    assert!(run(ffihost, &["inspect", "--package", "my-app"]).contains("library my_app 0.1.0"));
}

fn with_pkg_config(folder: &Path, run: Run<'_>) -> String {
    let config = folder.join("host/package/lib/pkgconfig/my_app.pc");
    let config = config.to_str().expect("UTF-8");
    assert_eq!(run("pkg-config", &["--modversion", config]), "0.1.0\n");
    let linked = run("pkg-config", &["--static", "--libs", config]);
    assert!(linked.contains("-lmy_app ") && linked.contains("-lpthread"), "{linked}");
    let flags = run("pkg-config", &["--cflags", "--libs", config]);
    let rpath = format!("-Wl,-rpath,{}", folder.join("host/package/lib").display());
    let mut args = vec!["host/main.c", "-pthread", &rpath, "-o", "host/with-pkg-config"];
    args.extend(flags.split_whitespace());
    run("cc", &args);
    run("host/with-pkg-config", &[])
}

fn with_cmake(folder: &Path, library: &str, run: Run<'_>) -> String {
    let lists = folder.join("host/CMakeLists.txt");
    let text = fs::read_to_string(&lists).expect("the template's");
    let text = text.replace("PRIVATE my_app::my_app", &format!("PRIVATE {library}"));
    fs::write(&lists, text.replace("find_package(my_app", "find_package(my_app 0.1")).expect("the file");
    let built = format!("host/build-{}", library.replace(':', "-"));
    run("cmake", &["-S", "host", "-B", &built]);
    run("cmake", &["--build", &built]);
    fs::write(&lists, text).expect("the file");
    run(&format!("{built}/host"), &[])
}

/// What is wrong with where a command stands is said before anything is built.
#[test]
fn packages_that_make_no_library() {
    let folder = scratch("packages");
    let manifest = |of: &str, text: &str| {
        let package = folder.join(of);
        fs::create_dir_all(package.join("src")).expect("a folder");
        fs::write(package.join("src/lib.rs"), "").expect("a library");
        fs::write(package.join("Cargo.toml"), text).expect("a manifest");
    };
    fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\nresolver = \"3\"\n")
        .expect("it");
    for (name, lib) in
        [("a", "[lib]\ncrate-type = [\"cdylib\"]\n"), ("b", "[lib]\ncrate-type = [\"cdylib\"]\n"), ("c", "")]
    {
        manifest(name, &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{lib}"));
    }
    let fails = |of: &str, args: &[&str], message: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ffihost"));
        let output = command.args(args).current_dir(folder.join(of)).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains(message), "{message}\n{text}");
    };
    fails("", &["inspect"], "the packages a, b make libraries: choose one with --package");
    fails("", &["inspect", "--package", "d"], "the workspace has no package `d`: give --package one of a, b, c");
    fails(
        "c",
        &["inspect"],
        "the package `c` makes no library for hosts: write crate-type = [\"cdylib\", \"rlib\"] under [lib]",
    );
    fails("c", &["inspect", "x.so", "--package", "a"], "say what is built: leave them out, or the file");
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
