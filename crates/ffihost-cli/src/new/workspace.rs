//! The workspace that a new package is made in, as cargo finds it.

use crate::error::Error;
use std::path::{Component, Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Value};

/// What became of the workspace above a new package.
pub(super) enum Workspace {
    /// There is none, or it excludes the package.
    None,
    /// The package is a member of the one in this file, and was not before.
    Joined(PathBuf),
    /// The package is a member by a pattern that is there already.
    Member(PathBuf),
}

impl Workspace {
    /// Makes the package in `folder`, which is there, a member of the workspace above it.
    pub(super) fn join(folder: &Path) -> Result<Self, Error> {
        let folder = folder.canonicalize().map_err(Error::file(folder, "find it again"))?;
        for root in folder.ancestors().skip(1) {
            let manifest = root.join("Cargo.toml");
            let Ok(text) = std::fs::read_to_string(&manifest) else { continue };
            let parsed = text.parse::<DocumentMut>();
            let mut document = parsed.map_err(|error| Error::Manifest { path: manifest.clone(), error })?;
            let Some(workspace) = document.get_mut("workspace").and_then(Item::as_table_like_mut) else { continue };
            let path = relative(root, &folder);
            if texts(workspace.get("exclude")).any(|excluded| Path::new(&path).starts_with(excluded)) {
                return Ok(Self::None);
            }
            if texts(workspace.get("members")).any(|pattern| matches(pattern, &path)) {
                return Ok(Self::Member(manifest));
            }
            let members = workspace.entry("members").or_insert_with(|| Item::Value(Value::Array(Array::new())));
            let Some(members) = members.as_array_mut() else { return Ok(Self::None) };
            push(members, &path);
            std::fs::write(&manifest, document.to_string()).map_err(Error::file(&manifest, "write it"))?;
            return Ok(Self::Joined(manifest));
        }
        Ok(Self::None)
    }
}

/// A path as cargo writes it on all systems.
fn relative(root: &Path, folder: &Path) -> String {
    let parts = folder.strip_prefix(root).unwrap_or(folder).components();
    let normal = parts.filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    normal.collect::<Vec<_>>().join("/")
}

fn texts(item: Option<&Item>) -> impl Iterator<Item = &str> {
    item.and_then(Item::as_array).into_iter().flat_map(Array::iter).filter_map(Value::as_str)
}

fn matches(pattern: &str, path: &str) -> bool {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_with(path, options))
}

/// Adds a member on a line of its own where the others have one.
fn push(members: &mut Array, path: &str) {
    let prefix = members.iter().last().and_then(|last| last.decor().prefix()?.as_str()).map(str::to_owned);
    members.push(path);
    if let (Some(prefix), Some(member)) = (prefix, members.iter_mut().last()) {
        // A comment of the line before is not repeated, and the first of several on one line has no space before it.
        let own = prefix.rfind('\n').map_or(" ", |at| &prefix[at..]);
        member.decor_mut().set_prefix(own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(manifest: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("Cargo.toml");
        std::fs::write(&file, manifest).expect("the manifest");
        let package = folder.path().join("crates/app");
        std::fs::create_dir_all(&package).expect("a folder");
        let workspace = Workspace::join(&package).expect("a manifest that can be read");
        let now = std::fs::read_to_string(&file).expect("the manifest");
        assert_eq!(matches!(workspace, Workspace::Joined(_)), now != manifest);
        now
    }

    #[test]
    fn a_member_is_added_in_the_style_of_the_others() {
        for (before, after) in [
            ("[workspace]\nmembers = [\"a\"]\n", "[workspace]\nmembers = [\"a\", \"crates/app\"]\n"),
            (
                "[workspace]\nmembers = [\n    \"a\", # one\n    \"b\",\n]\n",
                "[workspace]\nmembers = [\n    \"a\", # one\n    \"b\",\n    \"crates/app\",\n]\n",
            ),
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"crates/app\"]\n"),
            ("[workspace]\nresolver = \"3\"\n", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/app\"]\n"),
        ] {
            assert_eq!(joined(before), after);
        }
    }

    #[test]
    fn what_says_it_already_stays() {
        for manifest in [
            "[workspace]\nmembers = [\"crates/*\"]\n",
            "[workspace]\nmembers = [\"./crates/app\"]\n",
            "[workspace]\nexclude = [\"crates\"]\n",
            "[package]\nname = \"alone\"\n",
        ] {
            assert_eq!(joined(manifest), manifest);
        }
        assert_ne!(joined("[workspace]\nmembers = [\"*\"]\n"), "[workspace]\nmembers = [\"*\"]\n", "`*` is one folder");
    }
}
