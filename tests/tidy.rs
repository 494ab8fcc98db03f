//! What is stated twice agrees: the README and the defaults, the documents and the files, the planted bugs and the script that
//! plants them. The header and the code: `tests/header.rs`.

use ffihost::{Options, Status};
use ffihost_abi::limits;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    let text = fs::read_to_string(&path);
    assert!(text.is_ok(), "{}: {text:?}", path.display());
    text.expect("asserted above")
}

/// Every file below a folder whose name ends like this.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("it has entries").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Everything between two texts, as often as that comes.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split_once(after)).map(|(found, _)| found)
}

/// What the list names, with a complaint if it is empty: a check of nothing proves nothing.
#[track_caller]
fn some<T: Ord>(found: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let found: BTreeSet<T> = found.into_iter().collect();
    assert!(!found.is_empty(), "nothing was found to compare");
    found
}

/// What a package is built with, by its manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let manifest = read(manifest);
    let sections = manifest.split("\n[").filter(|section| {
        let title = section.split(']').next().expect("split gives one part at least");
        title == "dependencies" || (title.starts_with("target.") && section.contains(".dependencies]"))
    });
    let lines = sections.flat_map(|section| section.lines().skip(1)).filter(|line| !line.starts_with('#'));
    some(lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned()))
}

#[test]
fn every_dependency_has_a_reason() {
    let reasons = read("docs/adr/0005-dependencies.md");
    let mut tables = reasons.split("\n|---|---|---|---|\n").skip(1);
    for manifest in ["Cargo.toml", "crates/ffihost-cli/Cargo.toml"] {
        let rows = tables.next().expect("the record has the table").lines().take_while(|line| line.starts_with("| "));
        let stated = some(rows.filter_map(|row| row.split(' ').nth(1)).map(str::to_owned));
        assert_eq!(dependencies(manifest), stated, "{manifest}, and docs/adr/0005-dependencies.md");
    }
}

/// The fields of `Options`, as its `Debug` shows them.
fn defaults() -> BTreeMap<String, String> {
    let shown = format!("{:?}", Options::new());
    let fields = shown.strip_prefix("Options { ").and_then(|fields| fields.strip_suffix(" }")).expect("a struct");
    let fields = fields.split(", ").map(|field| field.split_once(": ").expect("a name and a value"));
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A default of the README, as `Debug` would show it.
fn as_shown(value: &str) -> String {
    let value = value.replace(',', "");
    match value.strip_suffix(" MiB") {
        Some(mebibytes) => (mebibytes.parse::<usize>().expect("a number of MiB") << 20).to_string(),
        None => value.replace(' ', ""),
    }
}

#[test]
fn the_readme_has_the_defaults() {
    const FIELDS: [(&str, &str); 13] = [
        ("`max_contexts`", "contexts"),
        ("`max_calls_in_flight`", "calls_in_flight"),
        ("`max_requests_queued`", "requests_queued"),
        ("`max_payload`", "payload"),
        ("`events`, first argument", "events_queued"),
        ("`events`, second argument", "events_when_full"),
        ("`slow_host_warning`", "slow_host"),
        ("`stale_warning`", "stale_warn"),
        ("`host_deadline`", "host_deadline"),
        ("`grace`", "grace"),
        ("`destructor_deadline`", "destructor_deadline"),
        ("`linger`", "linger"),
        ("`spin`", "spin"),
    ];
    let readme = read("README.md");
    let (_, table) =
        readme.split_once("| limit | set by | default |\n|---|---|---|\n").expect("the README has the table");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let stated: BTreeMap<String, String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let field = FIELDS.iter().find(|(method, _)| *method == cells[1]);
            assert!(field.is_some(), "no option is called {}", cells[1]);
            (field.expect("asserted above").1.to_owned(), as_shown(cells[2]))
        })
        .collect();
    let mut defaults = defaults();
    // It is no limit.
    defaults.remove("io");
    assert_eq!(stated, defaults, "the README's table, and Options::new()");
}

/// What a client can be answered stands in the wire's document with its number; a client is written by that alone.
#[test]
fn the_wire_document_has_the_statuses_and_limits() {
    let document = read("docs/wire.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows: Vec<_> = rows.map(|(first, rest)| (first, rest.split(" |").next().expect("a second cell"))).collect();
    let is_name = |cell: &str| cell.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let numbered = rows.iter().filter(|(_, second)| is_name(second));
    let stated: BTreeMap<i32, &str> = numbered.filter_map(|(first, name)| Some((first.parse().ok()?, *name))).collect();
    assert!(stated.len() > 10, "few statuses were found: {stated:?}");
    for (code, name) in stated {
        assert_eq!(Status::from_code(code).map(Status::short_name), Some(name), "docs/wire.md, and Status");
    }
    for (limit, default) in [
        ("length of a frame, and of a version 1 payload", format!("{} MiB", limits::FRAME >> 20)),
        ("connections", with_comma(limits::CONNECTIONS)),
        ("requests in flight, of a connection", with_comma(limits::IN_FLIGHT as usize)),
        ("listeners and registrations, of a connection", with_comma(limits::SUBSCRIPTIONS)),
        ("bytes that wait to be read by the client, of a connection", format!("{} MiB", limits::OUTPUT >> 20)),
        ("nothing comes from the client", format!("{} min", limits::IDLE.as_secs() / 60)),
    ] {
        assert!(rows.contains(&(limit, &*default)), "docs/wire.md does not say {default} of: {limit}");
    }
}

/// `1,024`
fn with_comma(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}

#[test]
fn every_planted_bug_is_planted_by_the_script() {
    let sources = files(&root().join("src"), ".rs");
    let code: String = sources.iter().map(|path| read(path)).collect();
    let planted = some(between(&code, "planted(\"", "\")").map(str::to_owned));
    let script = read("ci/loom.sh");
    let (_, list) = script.split_once("\nplants=(\n").expect("the script has the list");
    let (list, _) = list.split_once("\n)").expect("the list ends");
    let lines = some(list.lines().map(|line| line.trim().trim_matches('"').to_owned()));
    let (bugs, guards): (BTreeSet<String>, BTreeSet<String>) = lines
        .iter()
        .map(|line| line.split_once(' ').expect("a bug and its guard"))
        .map(|(bug, guard)| (bug.to_owned(), guard.trim().to_owned()))
        .unzip();
    assert_eq!(planted, bugs, "`planted` in src/, and the list in ci/loom.sh");
    let unknown: Vec<_> = guards.difference(&models()).cloned().collect();
    assert!(unknown.is_empty(), "ci/loom.sh names models that do not exist: {unknown:?}");
    let architecture = read("ARCHITECTURE.md");
    let parts: Vec<&str> = architecture.split("`\\*").collect();
    let before_stars = parts[..parts.len() - 1].iter();
    let starred = some(before_stars.filter_map(|part| part.rsplit('`').next()).map(str::to_owned));
    assert_eq!(starred, guards, "the models with a star in ARCHITECTURE.md, and those with a bug in ci/loom.sh");
}

/// The tests in a source: the names of the functions after `#[test]`.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    source.split("#[test]").skip(1).filter_map(|rest| between(rest, "fn ", "(").next())
}

/// Every model, as `file::name`.
fn models() -> BTreeSet<String> {
    let mut models = BTreeSet::new();
    for path in files(&root().join("src/models"), ".rs") {
        let file = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        models.extend(tests_in(&read(&path)).map(|name| format!("{file}::{name}")));
    }
    some(models)
}

/// What stands between single backticks, outside of blocks of code.
fn quoted(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_architecture_names_every_model_and_only_those() {
    let quoted = quoted(&read("ARCHITECTURE.md"));
    let protocols = some(models().iter().filter_map(|model| model.split_once("::")).map(|(file, _)| file.to_owned()));
    let named = some(quoted.into_iter().filter(|name| {
        name.split_once("::").is_some_and(|(file, name)| protocols.contains(file) && !name.contains("::"))
    }));
    assert_eq!(named, models(), "ARCHITECTURE.md, and src/models/");
}

/// The documents whose references are checked.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<_> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)).to_vec();
    paths.extend(files(&root().join("docs"), ".md"));
    paths.into_iter().map(|path| (path.clone(), read(path))).collect()
}

#[test]
fn documents_name_tests_that_exist() {
    let documents = documents();
    let named = documents.iter().flat_map(|(_, text)| quoted(text));
    let named = some(named.filter(|name| name.starts_with("tests/") && name.contains("::")));
    for name in named {
        let (file, test) = name.split_once("::").expect("filtered above");
        assert!(tests_in(&read(file)).any(|found| found == test), "there is no test {name}");
    }
}

#[test]
fn documents_name_files_that_exist() {
    let mut checked = 0;
    for (document, text) in documents() {
        let beside = document.parent().expect("a document is in a folder");
        // Code may look like a link.
        let prose: String = text.split("\n```").step_by(2).collect();
        let links = between(&prose, "](", ")").filter(|link| !link.contains("://") && !link.starts_with('#'));
        for link in links {
            let file = link.split('#').next().expect("split gives one part at least");
            assert!(beside.join(file).exists(), "{} links to {link}, which does not exist", document.display());
            checked += 1;
        }
        for name in quoted(&text) {
            let name = name.split("::").next().expect("split gives one part at least");
            if is_ours(name) {
                assert!(root().join(name).exists(), "{} names {name}, which does not exist", document.display());
                checked += 1;
            }
        }
        for command in text.lines().filter(|line| line.starts_with("ci/")) {
            let script = command.split(' ').next().expect("split gives one part at least");
            assert!(root().join(script).is_file(), "{} says to run {script}, which does not exist", document.display());
            checked += 1;
        }
    }
    assert!(checked > 40, "few references were found: {checked}");
}

/// Whether it is meant as a file or folder of this project, and not as another's or as what a build makes.
fn is_ours(name: &str) -> bool {
    const FOLDERS: [&str; 8] = ["src/", "include/", "tests/", "c-tests/", "ci/", "docs/", "examples/", "benches/"];
    FOLDERS.iter().any(|folder| name.starts_with(folder))
        && !name.contains(['*', ' ', '<'])
        && name != "src/intrusive.rs"
}
