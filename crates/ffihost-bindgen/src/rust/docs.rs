//! Docs as rustdoc's, which neither run nor hide anything.

use crate::docs::wrap;
use crate::text::{WIDTH, is_invisible};

/// Docs, each line with a line break in front of it.
pub(super) fn docs(indent: usize, text: &str) -> String {
    lines(indent, "///", text)
}

/// The same for what the docs are in.
pub(super) fn inner(text: &str) -> String {
    lines(0, "//!", text).trim_start().to_owned()
}

/// Parameters and what the library says of them, as a list; those without docs are left out.
pub(super) fn list<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows = rows.filter(|(_, docs)| !docs.trim().is_empty());
    let row =
        |(name, docs): (&str, &str)| format!("- `{name}`: {}", docs.split_whitespace().collect::<Vec<_>>().join(" "));
    rows.map(row).collect::<Vec<_>>().join("\n")
}

fn lines(indent: usize, mark: &str, text: &str) -> String {
    let (pad, mut doc, mut fenced) = (" ".repeat(indent), String::new(), false);
    for line in text.trim_matches('\n').trim_end().lines() {
        let line = visible(line.trim_end());
        let fence = line.trim_start().starts_with("```");
        let mut wrapped = Vec::new();
        if fence {
            fenced = !fenced;
            // Somebody's example in somebody else's crate would be compiled as a test of that.
            wrapped.push(if fenced { "```text".to_owned() } else { "```".to_owned() });
        } else if fenced {
            wrapped.push(line);
        } else {
            // So would what is indented by four.
            let own = line.len() - line.trim_start().len();
            wrap(&format!("{}{}", " ".repeat(own.min(3)), line.trim_start()), WIDTH - indent - 4, &mut wrapped);
        }
        for line in wrapped {
            doc.push_str(format!("\n{pad}{mark} {line}").trim_end());
        }
    }
    doc
}

/// Without what cannot be seen, or what makes other things be seen otherwise: the compiler refuses that.
fn visible(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => safe.push_str("    "),
            c if is_invisible(c) => safe.push_str(&format!("(U+{:04X})", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_docs_is_compiled() {
        assert_eq!(
            docs(4, "a\n\n```rust\n    let x = 1;\n```\n"),
            "\n    /// a\n    ///\n    /// ```text\n    ///     let x = 1;\n    /// ```"
        );
        assert_eq!(docs(0, "a\n\n    b"), "\n/// a\n///\n///    b");
        assert_eq!(docs(0, "left\u{202e}right"), "\n/// left(U+202E)right");
    }

    #[test]
    fn long_lines_are_broken() {
        let text = docs(4, &"word ".repeat(60));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}
