//! Which version the changes of a library ask for.
//!
//! The rules are cargo's: the leftmost number that is not 0 is raised by what breaks hosts, and the next one by what adds to the
//! surface. Before 1.0.0 there are fewer steps: `0.2.0` breaks what was built for `0.1.0`, and an addition asks for `0.1.1`;
//! after `0.0.1` every version is a breaking one.

use super::{Change, ChangeKind};
use crate::read::model::Formats;
use serde::Serialize;
use std::fmt;

/// What the changes of a library are to its users.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Nothing,
    /// Docs, of which the hash does not tell.
    Internal,
    Addition,
    Breaking,
}

/// The number of a version that has to be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[expect(missing_docs, reason = "each is the number of that name")]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Major,
    Minor,
    Patch,
}

/// What the changes from one version to another ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Semver {
    /// The number to raise; `None` if nothing has changed.
    pub step: Option<Step>,
    /// The lowest version that is enough.
    pub least: String,
    /// Whether the new version is at least that.
    pub enough: bool,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
        })
    }
}

/// Judges the version of a library by what [`diff`](super::diff) found, for hosts of these formats.
///
/// A pre-release promises nothing, so after one its own numbers are enough; and a pre-release of the version that is asked for is
/// enough, too.
///
/// # Errors
///
/// With the version that is not one: three numbers, perhaps with `-` or `+` and more behind them.
pub fn semver<'v>(old: &'v str, new: &'v str, changes: &[Change], hosts: Formats) -> Result<Semver, &'v str> {
    let (from, to) = (Version::parse(old).ok_or(old)?, Version::parse(new).ok_or(new)?);
    let weight = changes.iter().map(|change| weight(change, hosts)).max().unwrap_or(Weight::Nothing);
    let step = from.step(weight).filter(|_| !from.pre_release);
    let least = step.map_or(from.numbers, |step| from.raised(step));
    let [major, minor, patch] = least;
    Ok(Semver { step, least: format!("{major}.{minor}.{patch}"), enough: to.numbers >= least })
}

fn weight(change: &Change, hosts: Formats) -> Weight {
    match change.kind {
        _ if !change.is_compatible(hosts) => Weight::Breaking,
        // The version itself, and the name of the constructor in Rust.
        ChangeKind::Note if change.path == "library" => Weight::Nothing,
        ChangeKind::Note => Weight::Internal,
        _ => Weight::Addition,
    }
}

struct Version {
    numbers: [u64; 3],
    pre_release: bool,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (text, _build) = text.split_once('+').unwrap_or((text, ""));
        let (release, pre_release) = text.split_once('-').map_or((text, false), |(release, _)| (release, true));
        let mut parts = release.split('.').map(|number| number.parse().ok());
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self { numbers, pre_release })
    }

    fn step(&self, weight: Weight) -> Option<Step> {
        let by_weight = match weight {
            Weight::Nothing => return None,
            Weight::Internal => 2,
            Weight::Addition => 1,
            Weight::Breaking => 0,
        };
        let zeros = self.numbers.iter().take_while(|number| **number == 0).count();
        Some([Step::Major, Step::Minor, Step::Patch][(by_weight + zeros).min(2)])
    }

    fn raised(&self, step: Step) -> [u64; 3] {
        let [major, minor, patch] = self.numbers;
        match step {
            Step::Major => [major.saturating_add(1), 0, 0],
            Step::Minor => [major, minor.saturating_add(1), 0],
            Step::Patch => [major, minor, patch.saturating_add(1)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Effect;
    use super::*;

    const HOSTS: Formats = Formats { native: true, cbor: true };

    fn change(kind: ChangeKind, native: Effect) -> Change {
        Change { kind, path: "request `a`".into(), native, cbor: Effect::Compatible, why: "a reason".into() }
    }

    fn asked(old: &str, change: &Change) -> String {
        semver(old, old, std::slice::from_ref(change), HOSTS).expect("a version").least
    }

    #[test]
    fn the_rules_are_cargos() {
        let breaking = change(ChangeKind::Changed, Effect::Breaking);
        let addition = change(ChangeKind::Added, Effect::Compatible);
        let docs = change(ChangeKind::Note, Effect::Compatible);
        for (old, by_break, by_addition, by_docs) in [
            ("1.2.3", "2.0.0", "1.3.0", "1.2.4"),
            ("0.2.3", "0.3.0", "0.2.4", "0.2.4"),
            ("0.0.3", "0.0.4", "0.0.4", "0.0.4"),
            ("0.0.0", "0.0.1", "0.0.1", "0.0.1"),
            ("2.0.0-rc.1", "2.0.0", "2.0.0", "2.0.0"),
        ] {
            let all = [&breaking, &addition, &docs].map(|change| asked(old, change));
            assert_eq!(all, [by_break, by_addition, by_docs], "{old}");
        }
    }

    #[test]
    fn a_version_is_enough_or_not() {
        let breaking = [change(ChangeKind::Removed, Effect::Breaking)];
        let judged = |old, new| semver(old, new, &breaking, HOSTS).map(|semver| semver.enough);
        assert_eq!([judged("1.2.3", "1.9.0"), judged("1.2.3", "2.0.0-rc.1")], [Ok(false), Ok(true)]);
        assert_eq!([judged("0.1.0", "0.1.9"), judged("0.1.0", "0.2.0+a-b")], [Ok(false), Ok(true)]);
        assert_eq!([judged("1.0", "1.0.0"), judged("1.0.0", "1.0.0.0")], [Err("1.0"), Err("1.0.0.0")]);
        // What breaks nobody who matters is an addition.
        let cbor = Formats { native: false, cbor: true };
        assert_eq!(semver("1.2.3", "1.3.0", &breaking, cbor).map(|semver| semver.step), Ok(Some(Step::Minor)));
        assert_eq!(semver("1.2.3", "1.2.3", &[], HOSTS).map(|semver| (semver.step, semver.enough)), Ok((None, true)));
        assert_eq!(semver("1.2.3", "1.2.2", &[], HOSTS).map(|semver| semver.enough), Ok(false));
    }
}
