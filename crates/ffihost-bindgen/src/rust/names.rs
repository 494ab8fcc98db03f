//! Names as Rust takes them.

/// Keywords of all editions, but for those that cannot be raw.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that cannot be raw.
const NEVER: &[&str] = &["Self", "_", "crate", "self", "super"];

/// A name: a keyword is raw, and gets an underscore at its end if it cannot be that.
pub(super) fn identifier(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    if NEVER.contains(&name) {
        format!("{name}_")
    } else if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// What says what a field or variant is called in CBOR, if it cannot be called so.
pub(super) fn renamed(name: &str) -> Option<String> {
    NEVER.contains(&name).then(|| format!("#[serde(rename = {name:?})] "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_raw_if_it_can_be() {
        assert_eq!(identifier("type"), "r#type");
        assert_eq!(identifier("r#type"), "r#type");
        assert_eq!(
            (identifier("self"), renamed("self").as_deref()),
            ("self_".to_owned(), Some("#[serde(rename = \"self\")] "))
        );
        assert_eq!((identifier("types"), renamed("types")), ("types".to_owned(), None));
        assert!(KEYWORDS.is_sorted() && NEVER.is_sorted());
    }
}
