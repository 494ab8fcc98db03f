//! Why a command failed.

use crate::json::Misfit;
use ffihost_ipc::client::{ConnectError, RequestError};
use ffihost_ipc::{BindError, TlsError};
use ffihost_load::LoadError;
use ffihost_schema::ReadError;
use std::path::PathBuf;
use std::{fmt, io};

/// What is wrong, where, and what helps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}: cannot {doing}: {error}", .path.display())]
    File { path: PathBuf, doing: &'static str, error: io::Error },
    #[error("{}: {error}", .path.display())]
    Read { path: PathBuf, error: ReadError },
    #[error("{}: it holds the libraries {}: choose one with --library", .path.display(), .names.join(", "))]
    Several { path: PathBuf, names: Vec<String> },
    #[error("{}: there is no library `{name}` in it, but {}: give --library one of these", .path.display(), .names.join(", "))]
    NotInIt { path: PathBuf, name: String, names: Vec<String> },
    #[error("library `{library}`: {error}")]
    Bindings { library: String, error: ffihost_bindgen::Error },
    #[error("`{name}` cannot be the name of a library, {why}: {instead}")]
    Name { name: String, why: &'static str, instead: String },
    #[error("cargo cannot be run: {0}")]
    Cargo(io::Error),
    #[error(
        "this folder is in no package that cargo knows: {0}; give the file of a compiled library, or change to its package"
    )]
    Metadata(cargo_metadata::Error),
    #[error("cargo has not built the library: see above")]
    NotBuilt,
    #[error("cargo has built no library of the package `{package}`")]
    NothingBuilt { package: String },
    #[error(
        "{}: the package `{package}` makes no library for hosts: write crate-type = [\"cdylib\", \"rlib\"] under [lib]",
        .manifest.display()
    )]
    NotForHosts { package: String, manifest: PathBuf },
    #[error("{}: the workspace has no package `{name}`: give --package one of {}", .root.display(), .names.join(", "))]
    NoPackage { root: PathBuf, name: String, names: Vec<String> },
    #[error("{}: {}", .root.display(), which_package(.names))]
    WhichPackage { root: PathBuf, names: Vec<String> },
    #[error("--package, --profile and --target say what is built: leave them out, or the file")]
    BuiltAlready,
    #[error("{}: it is no Cargo.toml that can be changed: {error}", .path.display())]
    Manifest { path: PathBuf, error: toml_edit::TomlError },
    #[error("library `{library}`: `{version}` is not a version: cargo has three numbers, as in 1.2.3")]
    Version { library: String, version: String },
    #[error("{}: it is there and not empty: give another folder with --path, or empty it", .path.display())]
    NotEmpty { path: PathBuf },
    #[error("{what}: no JSON: {error}")]
    Json { what: String, error: serde_json::Error },
    /// A second line has what is called as it is declared.
    #[error("{what}{misfit}\n{signature}")]
    Arguments { what: &'static str, misfit: Misfit, signature: String },
    #[error("what the library gave as {what} is not what it says: {misfit}")]
    Answer { what: String, misfit: Misfit },
    #[error("{library} has no {kind} `{name}`{instead}")]
    Unknown { library: String, kind: &'static str, name: String, instead: String },
    #[error("{library} has the request `{name}` in native form only: nothing else than C can call it")]
    NativeOnly { library: String, name: String },
    #[error("{}: no token is in it: it needs one line that is neither empty nor longer than 65,535 bytes", .0.display())]
    Token(PathBuf),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("the constructor failed: {0}")]
    Constructor(String),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("there is nothing to listen on: give --listen, or pass sockets by LISTEN_FDS")]
    Nowhere,
    #[error("socket {index} of LISTEN_FDS cannot be listened on: {error}")]
    Passed { index: usize, error: io::Error },
    #[error("--metrics {0}: metrics are for this machine only: give a loopback address, such as tcp:127.0.0.1:9100")]
    MetricsForOthers(ffihost_ipc::Address),
    #[error("--metrics {address}: cannot listen there: {error}")]
    Metrics { address: ffihost_ipc::Address, error: io::Error },
    #[error("--log: {0}")]
    Log(String),
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("the library did not stop in time")]
    DidNotStop,
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("{what}: {error}")]
    Request { what: String, error: RequestError },
    #[error("{address}: no answer came within {time:?}")]
    NoAnswer { address: ffihost_ipc::Address, time: std::time::Duration },
    #[error("the server's description of its library cannot be read: {0}")]
    Description(ReadError),
    #[error("the connection to {0} has ended")]
    Ended(ffihost_ipc::Address),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl Error {
    /// What cannot be done with a file, in words that go after "cannot".
    pub(crate) fn file(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { path, doing, error }
    }
}

fn which_package(names: &[String]) -> String {
    match names {
        [] => "no package of this workspace makes a library for hosts: write crate-type = [\"cdylib\", \"rlib\"] under [lib]".into(),
        _ => format!("the packages {} make libraries: choose one with --package", names.join(", ")),
    }
}

/// Bytes of a file may be in the message; they must not move the cursor of a terminal.
pub(crate) struct Printable<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: fmt::Display + ?Sized> fmt::Display for Printable<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.to_string().chars() {
            if char.is_control() && char != '\n' && char != '\t' {
                write!(f, "{}", char.escape_unicode())?;
            } else {
                write!(f, "{char}")?;
            }
        }
        Ok(())
    }
}
