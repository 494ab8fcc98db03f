//! What can be typed.

mod remote;
mod serve;
mod values;

pub(crate) use self::remote::{Call, HostFn, Listen, Remote};
pub(crate) use self::serve::{Level, Serve};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use ffihost_bindgen::Language;
use std::path::PathBuf;

/// Look into compiled ffihost libraries, compare them, generate bindings for hosts, serve and call them, start a new one.
///
/// An ffihost library is a Rust library that calls back into the program that loaded it. Libraries are read, never run, so
/// they may be built for any machine; only `serve` runs one.
#[derive(Debug, Parser)]
#[command(
    name = "ffihost",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0; 1 if `diff` or `generate --check` find a difference, or if what was called ends with its \
    declared error; 2 with a message if something is wrong."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(New),
    Inspect(Inspect),
    Generate(Generate),
    Pack(Pack),
    Diff(Diff),
    Cddl(Cddl),
    Serve(Box<Serve>),
    Call(Call),
    Listen(Listen),
}

/// Make a new library crate that builds, with a host in C.
#[derive(Debug, ClapArgs)]
pub(crate) struct New {
    /// Name of the library, such as my_app: its C functions start with it.
    pub(crate) name: String,
    /// Folder to make it in [default: a folder of that name].
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// Take ffihost from a folder with its sources instead of crates.io.
    #[arg(long, value_name = "DIR")]
    pub(crate) ffihost_path: Option<PathBuf>,
}

/// Show what a library offers and what it asks of its host.
#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Print JSON, an array with each library in the file, for other programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Generate bindings for hosts.
///
/// Only files that change are written.
#[derive(Debug, ClapArgs)]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) source: Source,
    /// Languages, separated by commas: c, cpp, rust.
    #[arg(long, value_name = "LANGUAGES", required = true, value_delimiter = ',')]
    pub(crate) lang: Vec<Language>,
    /// Folder to write to. It is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Write nothing; exit with 1 if a file differs from what would be written. For CI.
    #[arg(long)]
    pub(crate) check: bool,
}

/// Say what a new version of a library changes, and whether hosts built for the old one go on working.
///
/// Native hosts are compiled against the C binding; CBOR hosts pass CBOR, in the same process or over a socket. Exits with 1
/// if hosts break.
#[derive(Debug, ClapArgs)]
pub(crate) struct Diff {
    /// The library that hosts were built for: .so, .dylib, .dll or .a.
    pub(crate) old: PathBuf,
    /// The library that they are to get.
    pub(crate) new: PathBuf,
    /// Which library, if a file holds several.
    #[arg(long, value_name = "NAME")]
    pub(crate) library: Option<String>,
    /// Which hosts matter [default: both].
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Say which version the change asks for, by cargo's rules, and exit with 1 if the new library's is lower.
    #[arg(long)]
    pub(crate) semver: bool,
    /// Print JSON, for other programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a host talks to the library.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// By C structs.
    Native,
    /// By CBOR.
    Cbor,
}

/// Write a CDDL schema (RFC 8610) of what crosses in CBOR.
#[derive(Debug, ClapArgs)]
pub(crate) struct Cddl {
    #[command(flatten)]
    pub(crate) source: Source,
    /// File to write to [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Write what programs in C and C++ are built with: the library, its headers, and how CMake and pkg-config find both.
///
/// Builds the package of this folder as a dynamic and as a static library, optimised. The folder that it writes can be moved,
/// and be copied into a prefix such as /usr/local.
#[derive(Debug, ClapArgs)]
pub(crate) struct Pack {
    #[command(flatten)]
    pub(crate) build: Build,
    /// Folder to write to: include, lib, lib/cmake and lib/pkgconfig are made in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// Which library a command is about.
#[derive(Debug, ClapArgs)]
pub(crate) struct Source {
    /// The compiled library: .so, .dylib, .dll or .a, for any machine [default: what cargo builds of this folder's package].
    #[arg(value_name = "LIB")]
    pub(crate) file: Option<PathBuf>,
    /// Which library, if the file holds several.
    #[arg(long, value_name = "NAME")]
    pub(crate) library: Option<String>,
    #[command(flatten)]
    pub(crate) build: Build,
}

/// What cargo builds.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Building")]
pub(crate) struct Build {
    /// Package of the workspace that is built [default: the one that this folder is in].
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Profile that it is built in [default: release for `pack`, otherwise dev].
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Target that it is built for [default: this machine's].
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
}
