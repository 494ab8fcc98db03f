//! Building the package of the folder that the command runs in, and finding what was built.

use crate::args::Build;
use crate::error::Error;
use cargo_metadata::{Artifact, Message, Metadata, MetadataCommand, Package, PackageId, TargetKind};
use std::ffi::OsString;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a static library has to be linked with, as rustc's `--print native-static-libs` says it.
const NATIVE_LIBS: &str = "native-static-libs: ";
/// What rustc says before that.
const NATIVE_LIBS_FOLLOW: &str = "link against the following native artifacts";

/// A library that was built in both forms.
#[derive(Debug)]
pub(crate) struct Both {
    /// `.so`, `.dylib` or `.dll`.
    pub(crate) dynamic: PathBuf,
    /// What a `.dll` is linked by.
    pub(crate) import: Option<PathBuf>,
    /// `.a` or `.lib`.
    pub(crate) archive: PathBuf,
    /// Linker arguments that the archive needs.
    pub(crate) native_libs: String,
}

/// What cargo says of a library that it has built.
#[derive(Debug, Default)]
struct Built {
    dynamic: Option<PathBuf>,
    import: Option<PathBuf>,
    archive: Option<PathBuf>,
    native_libs: String,
}

impl Built {
    fn add(&mut self, artifact: Artifact) {
        for file in artifact.filenames {
            let place = match file.extension() {
                Some("so" | "dylib" | "dll") => &mut self.dynamic,
                Some("a") if file.as_str().ends_with(".dll.a") => &mut self.import,
                Some("lib") if file.as_str().ends_with(".dll.lib") => &mut self.import,
                Some("a" | "lib") => &mut self.archive,
                _ => continue,
            };
            *place = Some(file.into());
        }
    }
}

impl Build {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.package.is_none() && self.profile.is_none() && self.target.is_none()
    }

    /// Builds the library as its package says, and returns a file of it that can be read.
    pub(crate) fn library(&self) -> Result<PathBuf, Error> {
        let package = self.package()?;
        let for_hosts = |kind: &TargetKind| matches!(kind, TargetKind::CDyLib | TargetKind::StaticLib);
        if !package.targets.iter().any(|target| target.kind.iter().any(for_hosts)) {
            return Err(Error::NotForHosts {
                package: package.name.to_string(),
                manifest: package.manifest_path.into(),
            });
        }
        let built = self.cargo("build", "dev", &package.id, &[])?;
        let name = package.name.to_string();
        built.dynamic.or(built.archive).ok_or(Error::NothingBuilt { package: name })
    }

    /// Builds the library as a dynamic and a static one, whatever its package says.
    pub(crate) fn both(&self) -> Result<Both, Error> {
        let package = self.package()?;
        let more = ["--crate-type", "cdylib,staticlib", "--", "--print", "native-static-libs"];
        match self.cargo("rustc", "release", &package.id, &more)? {
            Built { dynamic: Some(dynamic), archive: Some(archive), import, native_libs } => {
                Ok(Both { dynamic, import, archive, native_libs })
            }
            _ => Err(Error::NothingBuilt { package: package.name.to_string() }),
        }
    }

    /// The package: the one that is named, or that the present folder is in, or the only one for hosts.
    fn package(&self) -> Result<Package, Error> {
        let mut command = MetadataCommand::new();
        let metadata = command.cargo_path(cargo()).no_deps().exec().map_err(Error::Metadata)?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        let here = here.map_err(Error::file(".", "find this folder"))?;
        choose(metadata, self.package.as_deref(), &here)
    }

    /// Runs cargo, which says on standard error what it does, and gathers what it has made of a package's library.
    fn cargo(&self, command: &str, profile: &str, package: &PackageId, more: &[&str]) -> Result<Built, Error> {
        let mut cargo = Command::new(cargo());
        cargo.args([command, "--lib", "--message-format", "json", "--package", &package.repr]);
        cargo.args(["--profile", self.profile.as_deref().unwrap_or(profile)]);
        if let Some(target) = &self.target {
            cargo.args(["--target", target]);
        }
        let mut running = cargo.args(more).stdout(Stdio::piped()).spawn().map_err(Error::Cargo)?;
        let mut built = Built::default();
        let messages = running.stdout.take().map(|stdout| Message::parse_stream(BufReader::new(stdout)));
        for message in messages.into_iter().flatten() {
            match message.map_err(Error::Cargo)? {
                Message::CompilerArtifact(artifact) if artifact.package_id == *package => built.add(artifact),
                Message::CompilerMessage(message) => match message.message.message.strip_prefix(NATIVE_LIBS) {
                    None if message.message.message.starts_with(NATIVE_LIBS_FOLLOW) => {}
                    Some(libs) => built.native_libs = libs.trim().to_owned(),
                    None => show(message.message.rendered.as_deref().unwrap_or_default()),
                },
                _ => {}
            }
        }
        let status = running.wait().map_err(Error::Cargo)?;
        if status.success() { Ok(built) } else { Err(Error::NotBuilt) }
    }
}

/// Prints what the compiler says where cargo prints its own messages.
fn show(diagnostic: &str) {
    // Nothing is left to do if the terminal is gone.
    let _ = std::io::stderr().write_all(diagnostic.as_bytes());
}

/// The cargo that has started this program, or the one in the path.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn choose(metadata: Metadata, name: Option<&str>, here: &Path) -> Result<Package, Error> {
    let root = metadata.workspace_root.clone().into();
    let members = metadata.workspace_members;
    let mut packages: Vec<_> = metadata.packages.into_iter().filter(|package| members.contains(&package.id)).collect();
    if let Some(name) = name {
        let names = packages.iter().map(|package| package.name.to_string()).collect();
        let named = packages.into_iter().find(|package| package.name.as_str() == name);
        return named.ok_or(Error::NoPackage { root, name: name.to_owned(), names });
    }
    let depth =
        |package: &Package| folder(package).filter(|folder| here.starts_with(folder)).map(|it| it.components().count());
    if let Some(at) =
        (0..packages.len()).filter(|at| depth(&packages[*at]).is_some()).max_by_key(|at| depth(&packages[*at]))
    {
        return Ok(packages.swap_remove(at));
    }
    packages.retain(|package| package.targets.iter().any(|target| target.kind.contains(&TargetKind::CDyLib)));
    match (packages.pop(), packages.is_empty()) {
        (Some(package), true) => Ok(package),
        (last, _) => {
            packages.extend(last);
            let names = packages.iter().map(|package| package.name.to_string()).collect();
            Err(Error::WhichPackage { root, names })
        }
    }
}

/// The folder that a package is in.
fn folder(package: &Package) -> Option<PathBuf> {
    package.manifest_path.parent().and_then(|folder| folder.canonicalize().ok())
}
