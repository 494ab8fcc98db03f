//! Blocks that are parts of files.

use crate::pages::{From, each_block};
use crate::{guide, page_names, read, updating};

/// The part of a file, `file:part`, without its markers and without the indentation that all its lines have.
fn part(of: &str) -> Result<String, String> {
    let (file, name) = of.split_once(':').map_or((of, None), |(file, name)| (file, Some(name)));
    let path = guide().join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut inside = name.is_none();
    let mut lines = Vec::new();
    for line in text.lines() {
        let marker = |which: &str| {
            let rest = line.split_once(which)?.1;
            Some(rest.trim_end_matches("*/").trim())
        };
        match (marker("ANCHOR: "), marker("ANCHOR_END: ")) {
            (Some(start), _) => inside |= Some(start) == name,
            (_, Some(end)) => inside &= Some(end) != name,
            _ if inside => lines.push(line),
            _ => {}
        }
    }
    if lines.is_empty() {
        return Err(format!("{of}: there is no such part"));
    }
    let indentation = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.iter().filter(|line| !line.is_empty()).map(indentation).min().unwrap_or(0);
    Ok(lines.iter().map(|line| format!("{}\n", line.get(shared..).unwrap_or_default())).collect())
}

#[test]
fn code_is_that_of_the_files() {
    for page in page_names() {
        each_block(&page, |block| {
            let Some(From::Include(of)) = &block.from else { return None };
            let text = part(of).unwrap_or_else(|error| panic!("{}: {error}", block.place));
            if !updating() {
                assert_eq!(block.text, text, "{}: UPDATE=1 writes it anew", block.place);
            }
            updating().then_some(text)
        });
    }
}

/// Code is compiled: what is only shown is neither Rust nor C nor C++.
#[test]
fn no_code_is_an_illustration() {
    for page in page_names() {
        each_block(&page, |block| {
            let code = ["rust", "c", "cpp"].contains(&&*block.language);
            assert!(
                !code || matches!(block.from, Some(From::Include(_))),
                "{}: put it into a file of docs/guide",
                block.place
            );
            None
        });
    }
}

/// What `cargo test` is shown to say of a test, it says of one that is there.
#[test]
fn tests_that_are_shown_exist() {
    let sources: String = ["src/lib.rs", "src/notes/host_functions.rs"].map(|file| read(guide().join(file))).concat();
    for page in page_names() {
        each_block(&page, |block| {
            let tests = block.text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... ok"));
            for test in tests {
                let name = test.rsplit("::").next().unwrap_or(test);
                assert!(sources.contains(&format!("#[test]\n    fn {name}(")), "{}: {name}", block.place);
            }
            None
        });
    }
}
