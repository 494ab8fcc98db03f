//! What `ci/counts.sh` has counted under callgrind: instructions, and how many of them lock the bus.
//!
//! A line of its files is a name of one or more words, instructions, locked instructions; lines that begin with `#` tell what
//! they were counted with.

use std::fmt;

/// The lines of some files.
#[derive(Clone, Debug)]
pub struct Counted {
    texts: Vec<&'static str>,
}

/// What one operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Instructions.
    pub instructions: u64,
    /// Those of them that are locked.
    pub locked: u64,
}

impl Counted {
    /// Those of these files.
    pub fn new(texts: &[&'static str]) -> Self {
        Self { texts: texts.to_vec() }
    }

    /// The line with that name.
    pub fn find(&self, name: &str) -> Option<Count> {
        self.texts.iter().flat_map(|text| text.lines()).find_map(|line| {
            let mut words = line.split_whitespace().rev();
            let (locked, instructions) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            words.eq(name.split_whitespace().rev()).then_some(Count { instructions, locked })
        })
    }

    /// The compiler and the architecture: `rustc 1.95.0, x86_64`, once if all files say the same.
    pub fn with(&self) -> String {
        let mut all: Vec<_> = self.texts.iter().map(|text| counted_with(text)).collect();
        all.dedup();
        all.join("; ")
    }

    /// Whether all were counted on such an architecture: others have other instructions.
    pub fn are_of(&self, architecture: &str) -> bool {
        self.texts.iter().all(|text| counted_with(text).ends_with(architecture))
    }
}

/// What follows `rustc` in the first line, up to its full stop.
fn counted_with(text: &str) -> &str {
    let first = text.lines().next().unwrap_or_default();
    first.find("rustc").map_or("it is not said what with", |place| first[place..].trim_end_matches('.'))
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5} instructions, {:>2} locked", self.instructions, self.locked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str =
        "# Instructions; see ci/counts.sh. rustc 1.95.0, x86_64.\nawait   347   1\nawait-text   643  12\n";
    const PEERS: &str = "# The same of peers. rustc 1.95.0, x86_64.\nawait  uniffi  621 8\n";

    #[test]
    fn lines_are_found_by_all_the_words_of_their_name() {
        let counted = Counted::new(&[OURS, PEERS]);
        assert_eq!(counted.find("await"), Some(Count { instructions: 347, locked: 1 }));
        assert_eq!(counted.find("await-text"), Some(Count { instructions: 643, locked: 12 }));
        assert_eq!(counted.find("await uniffi"), Some(Count { instructions: 621, locked: 8 }));
        for name in ["uniffi", "await boltffi", "", "# The same of peers."] {
            assert_eq!(counted.find(name), None, "{name}");
        }
    }

    #[test]
    fn it_is_said_what_was_counted_with() {
        let counted = Counted::new(&[OURS, PEERS]);
        assert_eq!(counted.with(), "rustc 1.95.0, x86_64");
        assert!(counted.are_of("x86_64") && !counted.are_of("aarch64"));
        let mixed = Counted::new(&[OURS, "# Counted by rustc 1.96.0, aarch64.", "nothing"]);
        assert_eq!(mixed.with(), "rustc 1.95.0, x86_64; rustc 1.96.0, aarch64; it is not said what with");
        assert!(!mixed.are_of("x86_64"));
    }
}
