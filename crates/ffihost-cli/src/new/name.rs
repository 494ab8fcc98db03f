//! Names of libraries: they start C functions, and are crates in Rust.

use crate::error::Error;
use ffihost_abi::names;

/// Words that a crate or a C function cannot be called.
const TAKEN: &str = "abstract alloc as asm async auto await become bool box break case catch char class const continue core crate \
    default delete do double dyn else enum explicit export extern false final float fn for friend gen \
    goto if impl in inline int let long loop macro main match mod move mut namespace new operator override priv \
    private proc_macro protected pub public ref register restrict return self short signed sizeof static struct \
    super switch template test this throw trait true try type typedef typeof union unsafe unsigned unsized use using \
    virtual void volatile where while yield";

/// Why nothing can be called that, if something else is.
fn taken(name: &str) -> Option<&'static str> {
    let is_word = TAKEN.split(' ').any(|taken| taken == name);
    names::taken(name).or_else(|| is_word.then_some("it means something else in Rust or C"))
}

/// Refuses what `ffihost::library!` would refuse, and what no compiler takes.
pub(super) fn check(name: &str) -> Result<(), Error> {
    let refuse = |why| {
        let instead = match suggestion(name) {
            Some(instead) => format!("`{instead}` can"),
            None => "take small letters, digits and `_`, a letter first, like my_app".to_owned(),
        };
        Err(Error::Name { name: name.to_owned(), why, instead })
    };
    if let Some(why) = taken(name) {
        return refuse(why);
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return refuse("it does not start with a small letter");
    }
    if !names::is_library(name) {
        return refuse("it has other characters than small letters, digits and `_`");
    }
    Ok(())
}

/// A name like it that is one.
fn suggestion(name: &str) -> Option<String> {
    let is_between = |char| matches!(char, '-' | ' ' | '.' | '_');
    if !name.chars().all(|char| char.is_ascii_alphanumeric() || is_between(char)) {
        return None;
    }
    let instead = names::snake(&name.replace(is_between, "_"));
    let instead = instead.trim_start_matches(|first: char| !first.is_ascii_lowercase()).to_owned();
    if taken(&instead).is_some() {
        return Some(format!("my_{instead}"));
    }
    (!instead.is_empty() && instead != name).then_some(instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none_come_with_one_that_is() {
        for good in ["my_app", "a", "app2"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for (bad, instead) in [
            ("my-app", Some("my_app")),
            ("MyApp", Some("my_app")),
            ("HTTPServer", Some("http_server")),
            ("2fast", Some("fast")),
            ("_x", Some("x")),
            ("struct", Some("my_struct")),
            ("timer", Some("my_timer")),
            ("größe", None),
            ("", None),
            ("../etc", None),
        ] {
            assert!(check(bad).is_err(), "{bad}");
            assert_eq!(suggestion(bad).as_deref(), instead, "{bad}");
            assert!(instead.is_none_or(|instead| check(instead).is_ok()), "{bad}");
        }
    }
}
