//! `ffihost pack`.

use crate::Verdict;
use crate::args::Pack;
use crate::build::Both;
use crate::error::Error;
use crate::output::Output;
use crate::source;
use ffihost_bindgen::Language;
use ffihost_schema::Library;
use std::path::{Path, PathBuf};

/// How build systems find the library, with placeholders.
const TEMPLATE: &[(&str, &str)] = &[
    ("lib/pkgconfig/{{name}}.pc", include_str!("pack/template/library.pc")),
    ("lib/cmake/{{name}}/{{name}}-config.cmake", include_str!("pack/template/config.cmake")),
    ("lib/cmake/{{name}}/{{name}}-config-version.cmake", include_str!("pack/template/config-version.cmake")),
];

pub(crate) fn pack(args: &Pack, out: &mut Output) -> Result<Verdict, Error> {
    let built = args.build.both()?;
    let library = source::library(&built.dynamic, None)?;
    let package = Package { library: &library, folder: &args.out, built: &built };
    for language in [Language::C, Language::Cpp] {
        let files = ffihost_bindgen::generate(&library, language)
            .map_err(|error| Error::Bindings { library: library.name.clone(), error })?;
        files.iter().try_for_each(|file| package.write(&format!("include/{}", file.path), &file.contents))?;
    }
    let files = [Some(&built.dynamic), Some(&built.archive), built.import.as_ref()];
    files.into_iter().flatten().try_for_each(|file| package.copy(file))?;
    TEMPLATE.iter().try_for_each(|(path, template)| package.write(&package.fill(path), &package.fill(template)))?;
    package.explain(out)?;
    Ok(Verdict::Good)
}

/// What is written, and from what.
struct Package<'a> {
    library: &'a Library,
    folder: &'a Path,
    built: &'a Both,
}

impl Package<'_> {
    fn write(&self, path: &str, contents: &str) -> Result<(), Error> {
        let path = self.place(path)?;
        std::fs::write(&path, contents).map_err(Error::file(&path, "write it"))
    }

    fn copy(&self, file: &Path) -> Result<(), Error> {
        let path = self.place(&format!("lib/{}", name(file)))?;
        std::fs::copy(file, &path).map(drop).map_err(Error::file(&path, "write it"))
    }

    /// Where a file goes, in a folder that is there.
    fn place(&self, path: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(path);
        let folder = path.parent().unwrap_or(self.folder);
        std::fs::create_dir_all(folder).map_err(Error::file(folder, "make that folder"))?;
        Ok(path)
    }

    fn fill(&self, template: &str) -> String {
        let mut version = self.library.version.split('.');
        let mut number = || version.next().unwrap_or("0");
        let (major, minor) = (number(), number());
        let import = self.built.import.as_deref().map_or_else(String::new, |file| {
            format!("\n        IMPORTED_IMPLIB \"${{_{}_prefix}}/lib/{}\"", self.library.name, name(file))
        });
        let native_libs: Vec<_> = self.built.native_libs.split_whitespace().collect();
        template
            .replace("{{name}}", &self.library.name)
            .replace("{{version}}", &self.library.version)
            .replace("{{major}}", major)
            .replace("{{minor}}", minor)
            .replace("{{link}}", &link_name(&self.built.dynamic))
            .replace("{{dynamic}}", &name(&self.built.dynamic))
            .replace("{{archive}}", &name(&self.built.archive))
            .replace("{{import}}", &import)
            .replace("{{native_libs}}", &native_libs.join(" "))
            .replace("{{native_libs;}}", &native_libs.join(";"))
    }

    fn explain(&self, out: &mut Output) -> Result<(), Error> {
        let (name, folder) = (&self.library.name, self.folder.display());
        out.line(format_args!("{folder} has {name} {} for C and C++. To build with it:", self.library.version))?;
        out.line(format_args!(
            "  cmake        find_package({name}) with CMAKE_PREFIX_PATH={folder}, then link {name}::{name}"
        ))?;
        out.line(format_args!("               or {name}::static"))?;
        out.line(format_args!(
            "  pkg-config   PKG_CONFIG_PATH={folder}/lib/pkgconfig pkg-config --cflags --libs {name}"
        ))
    }
}

/// The name of a file that cargo has built.
fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What comes behind `-l`.
fn link_name(dynamic: &Path) -> String {
    let stem = dynamic.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_prefix("lib").unwrap_or(&stem).to_owned()
}
