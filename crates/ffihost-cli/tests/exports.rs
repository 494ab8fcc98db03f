//! What compiled libraries export is what the table of exports, their descriptors and their bindings say that they export.

use ffihost_abi::{EXPORTS, Presence, names};
use ffihost_schema::{Checked, libraries_in_file};
use object::Object;
use std::collections::BTreeSet;
use std::path::PathBuf;

// So that they are built before this runs.
use awkward as _;
use every_type as _;
use my_renamed_app as _;
use my_timer as _;

const LIBRARIES: [&str; 4] = ["awkward", "every_type", "my_renamed_app", "my_timer"];

/// A compiled library.
fn file(name: &str) -> PathBuf {
    let name = format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    std::env::current_exe().expect("a test has a file").with_file_name(name)
}

/// A compiled library's surface, and the symbols that it exports.
fn compiled(name: &str) -> (Checked, BTreeSet<String>) {
    let bytes = std::fs::read(file(name)).expect("cargo has built it");
    let mut libraries = libraries_in_file(&bytes).expect("it holds a library");
    let object = object::File::parse(&*bytes).expect("it is an object file");
    // Mach-O has an underscore before each name.
    let start = if matches!(object.format(), object::BinaryFormat::MachO) { "_" } else { "" };
    let symbols = object.exports().expect("it has a table of exports").into_iter().map(|export| {
        let name = String::from_utf8(export.name().to_vec()).expect("the names are ASCII");
        name.strip_prefix(start).expect("its format says so").to_owned()
    });
    (libraries.pop().expect("one library"), symbols.collect())
}

/// What a library exports, by the table and its descriptor.
fn stated(library: &Checked) -> BTreeSet<String> {
    let standard = EXPORTS.iter().filter(|export| match export.presence {
        Presence::Always => true,
        Presence::NativeConstructor => library.constructor.formats.native,
        Presence::CborConstructor => library.constructor.formats.cbor,
        Presence::Serve => library.serve,
        other => panic!("who has what is {other:?}?"),
    });
    let requests = library.requests.iter().flat_map(|request| {
        let native = request.formats.native.then(|| request.name.clone());
        native.into_iter().chain(request.formats.cbor.then(|| names::cbor(&request.name)))
    });
    let releases = library.handles.iter().map(|handle| names::release(&handle.name));
    let own = requests.chain(releases).map(|name| format!("{}_{name}", library.name));
    standard.map(|export| export.symbol(&library.name)).chain(own).collect()
}

/// The functions that a C header declares and does not define.
fn declared(header: &str, library: &str) -> BTreeSet<String> {
    let prefix = format!("{library}_");
    let name = |line: &str| {
        let declaration =
            ["int ", "uint64_t ", "const char *"].iter().find_map(|returns| line.strip_prefix(returns))?;
        let (name, _) = declaration.split_once('(')?;
        name.starts_with(&prefix).then(|| name.to_owned())
    };
    header.lines().filter_map(name).collect()
}

/// Each name between two texts.
fn between(text: &str, before: &str, after: char) -> BTreeSet<String> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(name, _)| name.to_owned()).collect()
}

fn generated(library: &Checked, language: ffihost_bindgen::Language, ending: &str) -> String {
    let files = ffihost_bindgen::generate(library, language).expect("it can be bound");
    let path = format!("{}{ending}", library.name);
    files.into_iter().find(|file| file.path == path).expect("it is among the files").contents
}

#[test]
fn libraries_export_what_the_table_says() {
    for name in LIBRARIES {
        let (library, exported) = compiled(name);
        assert_eq!(exported, stated(&library), "{name}: its symbols, and the table with its descriptor");
    }
}

#[test]
fn headers_declare_what_is_exported() {
    for name in LIBRARIES {
        let (library, exported) = compiled(name);
        let header = generated(&library, ffihost_bindgen::Language::C, ".h");
        assert_eq!(declared(&header, &library.name), exported, "{name}: its header, and its symbols");
    }
}

#[test]
fn other_bindings_ask_for_what_is_exported() {
    for name in LIBRARIES {
        let (library, exported) = compiled(name);
        let header = generated(&library, ffihost_bindgen::Language::Cpp, ".hpp");
        let releases = library.handles.iter().map(|handle| names::release(&handle.name)).collect();
        let in_cpp = between(&header, &format!("&::{}_", library.name), ')');
        let in_cpp: BTreeSet<String> = in_cpp.into_iter().filter(|name| name.ends_with("_release")).collect();
        assert_eq!(in_cpp, releases, "{name}: its C++ header, and its handles");
        let client = generated(&library, ffihost_bindgen::Language::Rust, ".rs");
        let in_rust = between(&client, "const RELEASE: &'static str = \"", '"');
        assert_eq!(in_rust, releases, "{name}: its client in Rust, and its handles");
        for release in releases {
            let symbol = format!("{}_{release}", library.name);
            assert!(exported.contains(&symbol), "{name} does not export {symbol}");
        }
    }
}

#[test]
fn loading_finds_what_is_exported() {
    for name in LIBRARIES {
        let library = ffihost_load::Library::open_trusted(&file(name), None);
        assert!(library.is_ok(), "{library:?}");
    }
}
