//! `ffihost generate`.

use crate::Verdict;
use crate::args::Generate;
use crate::error::Error;
use crate::output::Output;
use ffihost_bindgen::{Helper, Language};
use ffihost_schema::Checked;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(crate) fn generate(args: &Generate, out: &mut Output) -> Result<Verdict, Error> {
    let library = args.source.library()?;
    // One language may need files of another; what both give is the same.
    let mut files = BTreeMap::new();
    for language in &args.lang {
        let generated = ffihost_bindgen::generate(&library, *language)
            .map_err(|error| Error::Bindings { library: library.name.clone(), error })?;
        files.extend(generated.into_iter().map(|file| (args.out.join(file.path), file.contents)));
    }
    if args.check {
        return check(&files, out);
    }
    write(&files, out)?;
    args.lang.iter().try_for_each(|language| print_yielded(&library, *language, out))?;
    Ok(Verdict::Good)
}

/// Says which helpers have another name than they would have in a library without a certain item.
fn print_yielded(library: &Checked, language: Language, out: &mut Output) -> Result<(), Error> {
    let helpers = ffihost_bindgen::helpers(library, language)
        .map_err(|error| Error::Bindings { library: library.name.clone(), error })?;
    for Helper { name, asked, taken_by } in helpers.values() {
        if let Some(item) = taken_by {
            out.line(format_args!("{language}: the helper `{asked}` is `{name}`, because {item} has its name"))?;
        }
    }
    Ok(())
}

/// What is in place of a file that is to be written.
#[derive(PartialEq, Eq)]
enum Present {
    Missing,
    Same,
    Different,
}

fn present(path: &Path, contents: &str) -> Result<Present, Error> {
    match std::fs::read(path) {
        Ok(present) if is_same(&present, contents) => Ok(Present::Same),
        Ok(_) => Ok(Present::Different),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Present::Missing),
        Err(error) => Err(Error::file(path, "read it")(error)),
    }
}

/// Whether a file has these lines, whichever line ends a checkout gave it.
fn is_same(present: &[u8], contents: &str) -> bool {
    let lines = |bytes| str::from_utf8(bytes).map(|text: &str| text.replace("\r\n", "\n"));
    lines(present).is_ok_and(|present| present == contents)
}

fn check(files: &BTreeMap<PathBuf, String>, out: &mut Output) -> Result<Verdict, Error> {
    let mut verdict = Verdict::Good;
    for (path, contents) in files {
        let what = match present(path, contents)? {
            Present::Same => continue,
            Present::Missing => "is missing",
            Present::Different => "differs from the library",
        };
        out.line(format_args!("{} {what}", path.display()))?;
        verdict = Verdict::Differs;
    }
    if verdict == Verdict::Differs {
        out.line("run this without --check to write what differs")?;
    }
    Ok(verdict)
}

fn write(files: &BTreeMap<PathBuf, String>, out: &mut Output) -> Result<(), Error> {
    for (path, contents) in files {
        if present(path, contents)? == Present::Same {
            out.line(format_args!("{} is up to date", path.display()))?;
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::file(folder, "make that folder"))?;
        }
        std::fs::write(path, contents).map_err(Error::file(path, "write it"))?;
        out.line(format_args!("{} written", path.display()))?;
    }
    Ok(())
}
