//! Names that somebody may have meant.

/// At most so many names are suggested, or listed.
const MOST: usize = 8;

/// `: did you mean …?`, or all of the names if none is near.
pub(crate) fn or_all<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let near = near(wrong, &names);
    match (near.is_empty(), names.is_empty()) {
        (_, true) => ", there is none at all".to_owned(),
        (false, _) => format!(": did you mean {}?", near.join(" or ")),
        (true, _) if names.len() > MOST => {
            format!(", but {} and {} more", names[..MOST].join(", "), names.len() - MOST)
        }
        (true, _) => format!(", but {}", names.join(", ")),
    }
}

/// The nearest first.
fn near<'a>(wrong: &str, names: &[&'a str]) -> Vec<&'a str> {
    const NEAR: f64 = 0.75;
    const SUGGESTED: usize = 3;
    let wrong = wrong.to_lowercase();
    let likeness = |name: &&str| strsim::jaro_winkler(&wrong, &name.to_lowercase());
    let mut near: Vec<_> = names.iter().map(|name| (likeness(name), *name)).filter(|(like, _)| *like >= NEAR).collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    near.into_iter().take(SUGGESTED).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::or_all;

    #[test]
    fn the_nearest_or_all() {
        let names = || ["echo", "plan", "read_clock", "read_stopwatch"].into_iter();
        assert_eq!(or_all("ecko", names()), ": did you mean echo?");
        assert_eq!(or_all("read_clok", names()), ": did you mean read_clock?");
        assert_eq!(or_all("plans", ["plan_b", "plan_a"].into_iter()), ": did you mean plan_a or plan_b?");
        assert_eq!(or_all("zzz", names()), ", but echo, plan, read_clock, read_stopwatch");
        assert_eq!(or_all("x", std::iter::empty()), ", there is none at all");
        let many: Vec<String> = (0..10).map(|number| format!("request{number}")).collect();
        assert!(or_all("zzz", many.iter().map(String::as_str)).ends_with("request7 and 2 more"));
    }
}
