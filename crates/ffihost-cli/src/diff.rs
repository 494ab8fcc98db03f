//! `ffihost diff`.

use crate::Verdict;
use crate::args::{Diff, Format};
use crate::error::Error;
use crate::output::Output;
use crate::source;
use ffihost_bindgen::{Helper, Language};
use ffihost_schema::{Change, ChangeKind, Checked, Effect, Formats, Library, Semver};
use serde::Serialize;

pub(crate) fn diff(args: &Diff, out: &mut Output) -> Result<Verdict, Error> {
    let name = args.library.as_deref();
    let (old, new) = (source::library(&args.old, name)?, source::library(&args.new, name)?);
    let mut changes = ffihost_schema::diff(&old, &new);
    for language in Language::ALL {
        changes.extend(renamed(&old, &new, language));
    }
    let hosts = match args.format {
        None => Formats { native: true, cbor: true },
        Some(Format::Native) => Formats { native: true, cbor: false },
        Some(Format::Cbor) => Formats { native: false, cbor: true },
    };
    let semver = args.semver.then(|| judge(&old, &new, &changes, hosts)).transpose()?;
    let good = semver.as_ref().map_or_else(|| is_compatible(&changes, hosts), |semver| semver.enough);
    if args.json {
        out.json(&Report::new(&old, &new, &changes, semver))?;
    } else {
        print(&old, &new, &changes, hosts, out)?;
        if let Some(semver) = semver {
            print_semver(&new, &semver, out)?;
        }
    }
    Ok(if good { Verdict::Good } else { Verdict::Differs })
}

/// What the bindings in a language would call by another name, because an item of the new library has the old one or has it no longer.
/// A library that cannot be bound in this language has no hosts in it.
fn renamed(old: &Checked, new: &Checked, language: Language) -> Vec<Change> {
    let helpers = |library| ffihost_bindgen::helpers(library, language);
    let (true, Ok(before), Ok(after)) = (old.name == new.name, helpers(old), helpers(new)) else { return Vec::new() };
    let pairs = before.iter().filter_map(|(key, was)| Some((was, after.get(key)?)));
    pairs.filter(|(was, is)| was.name != is.name).map(|(was, is)| rename(language, was, is)).collect()
}

fn rename(language: Language, was: &Helper, is: &Helper) -> Change {
    let reason = match &is.taken_by {
        Some(item) => format!("{item} has its name"),
        None => format!("nothing else is `{}` any longer", is.asked),
    };
    // Clients in Rust speak CBOR.
    let of = |is_meant| if is_meant { Effect::Breaking } else { Effect::Compatible };
    Change {
        kind: ChangeKind::Changed,
        path: format!("{language} helper `{}`", was.name),
        native: of(language != Language::Rust),
        cbor: of(language == Language::Rust),
        why: format!("it is `{}` in bindings that are generated again: {reason}", is.name),
    }
}

fn judge(old: &Library, new: &Library, changes: &[Change], hosts: Formats) -> Result<Semver, Error> {
    ffihost_schema::semver(&old.version, &new.version, changes, hosts)
        .map_err(|version| Error::Version { library: new.name.clone(), version: version.to_owned() })
}

fn print_semver(new: &Library, semver: &Semver, out: &mut Output) -> Result<(), Error> {
    let asked = match semver.step {
        Some(step) => format!("asks for a {step} step, {} at least", semver.least),
        None => format!("asks for no more than {}", semver.least),
    };
    let verdict = if semver.enough { "enough" } else { "not enough" };
    out.line(format_args!("the change {asked}: {} is {verdict}", new.version))
}

fn print(old: &Library, new: &Library, changes: &[Change], hosts: Formats, out: &mut Output) -> Result<(), Error> {
    out.line(format_args!("{} {} -> {} {}", old.name, old.version, new.name, new.version))?;
    match old.hash == new.hash {
        true => out.line(format_args!("hash {:#018x}, the same", old.hash))?,
        false => out.line(format_args!(
            "hash {:#018x} -> {:#018x}: bindings that check it must be generated again",
            old.hash, new.hash
        ))?,
    }
    let breaks = |change: &Change| !change.is_compatible(hosts);
    let note = |change: &Change| change.kind == ChangeKind::Note;
    group("incompatible", changes.iter().filter(|change| breaks(change)), out)?;
    group("compatible", changes.iter().filter(|change| !breaks(change) && !note(change)), out)?;
    group("notes", changes.iter().filter(|change| note(change)), out)?;
    out.line("")?;
    for (name, matters, compatible) in [
        ("native", hosts.native, is_compatible(changes, Formats { native: true, cbor: false })),
        ("CBOR", hosts.cbor, is_compatible(changes, Formats { native: false, cbor: true })),
    ] {
        if matters {
            let verdict = if compatible { "go on working" } else { "may break" };
            out.line(format_args!("{name} hosts of {} {} {verdict}", old.name, old.version))?;
        }
    }
    Ok(())
}

fn group<'a>(title: &str, changes: impl Iterator<Item = &'a Change>, out: &mut Output) -> Result<(), Error> {
    for (at, change) in changes.enumerate() {
        if at == 0 {
            out.line(format_args!("\n{title}"))?;
        }
        let hosts = match (change.native, change.cbor) {
            (Effect::Breaking, Effect::Breaking) => " (native and CBOR hosts)",
            (Effect::Breaking, Effect::Compatible) => " (native hosts)",
            (Effect::Compatible, Effect::Breaking) => " (CBOR hosts)",
            (Effect::Compatible, Effect::Compatible) => "",
        };
        match change.kind {
            ChangeKind::Note => out.line(format_args!("  {}: {}", change.path, change.why))?,
            kind => out.line(format_args!("  {kind} {}{hosts}\n    {}", change.path, change.why))?,
        }
    }
    Ok(())
}

fn is_compatible(changes: &[Change], hosts: Formats) -> bool {
    changes.iter().all(|change| change.is_compatible(hosts))
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    old: Version<'a>,
    new: Version<'a>,
    /// Whether hosts of each format go on working.
    compatible: Formats,
    changes: &'a [Change],
    /// With `--semver`: the version that the change asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    semver: Option<Semver>,
}

#[derive(Serialize)]
struct Version<'a> {
    name: &'a str,
    version: &'a str,
    hash: String,
}

impl<'a> Report<'a> {
    fn new(old: &'a Library, new: &'a Library, changes: &'a [Change], semver: Option<Semver>) -> Self {
        let version = |library: &'a Library| Version {
            name: &library.name,
            version: &library.version,
            hash: format!("{:#018x}", library.hash),
        };
        let compatible = Formats {
            native: is_compatible(changes, Formats { native: true, cbor: false }),
            cbor: is_compatible(changes, Formats { native: false, cbor: true }),
        };
        Self { old: version(old), new: version(new), compatible, changes, semver }
    }
}
