//! `ffihost new`.

mod name;
mod workspace;

use self::workspace::Workspace;
use crate::Verdict;
use crate::args::New;
use crate::error::Error;
use crate::output::Output;
use ffihost_abi::names;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The files of a new library, with placeholders.
const TEMPLATE: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("new/template/Cargo.toml.in")),
    ("README.md", include_str!("new/template/README.md")),
    (".gitignore", include_str!("new/template/gitignore")),
    ("src/lib.rs", include_str!("new/template/lib.rs.in")),
    ("host/main.c", include_str!("new/template/main.c")),
    ("host/build.sh", include_str!("new/template/build.sh")),
    ("host/CMakeLists.txt", include_str!("new/template/CMakeLists.txt")),
];

/// What a package says of itself unless a workspace says it for all.
const PROFILE: &str = include_str!("new/template/profile.toml");

pub(crate) fn new(args: &New, out: &mut Output) -> Result<Verdict, Error> {
    // As cargo names the library of a package.
    let library = args.name.replace('-', "_");
    name::check(&library)?;
    let folder = args.path.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    must_be_empty(&folder)?;
    let dependency = dependency(args.ffihost_path.as_deref())?;
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder, "make that folder"))?;
    let workspace = Workspace::join(&folder)?;
    for (path, template) in TEMPLATE {
        write(&folder.join(path), &fill(template, &args.name, &library, &dependency))?;
    }
    if matches!(workspace, Workspace::None) {
        let manifest = folder.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).map_err(Error::file(&manifest, "read it"))?;
        write(&manifest, &format!("{text}\n{PROFILE}"))?;
    }
    explain(&folder, &workspace, out)?;
    Ok(Verdict::Good)
}

fn write(path: &Path, contents: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::file(folder, "make that folder"))?;
    std::fs::write(path, contents).map_err(Error::file(path, "write it"))
}

fn explain(folder: &Path, workspace: &Workspace, out: &mut Output) -> Result<(), Error> {
    match workspace {
        Workspace::None => out.line(format_args!("{} is there. What now:", folder.display()))?,
        Workspace::Joined(manifest) => {
            out.line(format_args!(
                "{} is there, and was made a member of {}. What now:",
                folder.display(),
                manifest.display()
            ))?;
        }
        Workspace::Member(manifest) => {
            out.line(format_args!("{} is there, as a member of {}. What now:", folder.display(), manifest.display()))?;
        }
    }
    out.line(format_args!("  cd {}", folder.display()))?;
    out.line("  cargo test         tests of the library alone, without a host")?;
    out.line("  sh host/build.sh   builds the library, generates its C binding, builds a host in C and runs it")
}

fn must_be_empty(folder: &Path) -> Result<(), Error> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::NotEmpty { path: folder.to_owned() }),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file(folder, "make a library there")(error)),
    }
}

/// What comes behind `ffihost = ` in Cargo.toml.
fn dependency(path: Option<&Path>) -> Result<String, Error> {
    let Some(path) = path else { return Ok(format!("{:?}", env!("CARGO_PKG_VERSION"))) };
    let path = path.canonicalize().map_err(Error::file(path, "find ffihost there"))?;
    // Rust and TOML escape alike what paths have in them.
    Ok(format!("{{ path = {:?} }}", path.to_string_lossy()))
}

fn fill(template: &str, package: &str, name: &str, dependency: &str) -> String {
    template
        .replace("{{package}}", package)
        .replace("{{name}}", name)
        .replace("{{Name}}", &names::camel(name))
        .replace("{{NAME}}", &names::shouty(name))
        .replace("{{ffihost}}", dependency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_left() {
        for (path, template) in TEMPLATE {
            let filled = fill(template, "my-app", "my_app", "\"1\"");
            assert!(!filled.contains("{{") && !filled.contains("}}"), "{path}");
            assert!(filled.ends_with('\n'), "{path}");
        }
    }
}
