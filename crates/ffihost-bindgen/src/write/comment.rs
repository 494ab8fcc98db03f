//! Documentation as comments, and tables of parameters.

use super::literal::is_invisible;
use super::text::{WIDTH, wrap};
use crate::model::docs::{Docs, is_fence, page};

/// How long a line of a block comment's text may be that is not indented.
pub(crate) const WIDTH_OF_TEXT: usize = WIDTH - 3;

/// A block comment, with a line break in front of it, or nothing if there is nothing to say. The text's own line breaks stay;
/// lines that are too long are broken at a space. Nothing in it can end the comment.
pub(crate) fn block(indent: usize, text: &str) -> String {
    let pad = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut broken = false;
    for line in page(text) {
        let line = harmless(line);
        // The short rest of a line that was broken flows on into one that goes on with the sentence.
        let rest = if broken && line.starts_with(char::is_lowercase) { lines.pop() } else { None };
        let line = rest.map_or_else(|| line.trim_end().to_owned(), |rest| format!("{rest} {}", line.trim_end()));
        let before = lines.len();
        wrap(&line, WIDTH_OF_TEXT - indent, &mut lines);
        broken = lines.len() > before + 1;
    }
    match lines.as_slice() {
        [] => String::new(),
        [line] if indent + line.chars().count() + 6 <= WIDTH => format!("\n{pad}/* {} */", line.trim_start()),
        lines => {
            let mut comment = String::new();
            for (at, line) in lines.iter().enumerate() {
                let mark = if at == 0 { "/*" } else { " *" };
                comment.push_str(format!("\n{pad}{mark} {line}").trim_end());
            }
            comment.push_str(&format!("\n{pad} */"));
            comment
        }
    }
}

/// A comment each line of which has a mark, with a line break in front of each. Code in it is marked as text: somebody's
/// example in somebody else's package would be compiled as a test of that.
pub(crate) fn lines(indent: usize, mark: &str, text: &str) -> String {
    let (pad, mut comment, mut is_code) = (" ".repeat(indent), String::new(), false);
    for line in page(text) {
        let line = visible(line);
        let mut wrapped = Vec::new();
        if is_fence(&line) {
            is_code = !is_code;
            wrapped.push(if is_code { "```text".to_owned() } else { "```".to_owned() });
        } else if is_code {
            wrapped.push(line);
        } else {
            // What is indented by four is code, too.
            let own = line.len() - line.trim_start().len();
            wrap(&format!("{}{}", " ".repeat(own.min(3)), line.trim_start()), WIDTH - indent - 4, &mut wrapped);
        }
        for line in wrapped {
            comment.push_str(format!("\n{pad}{mark} {line}").trim_end());
        }
    }
    comment
}

/// A heading, as wide as a line, with an empty line in front of it.
pub(crate) fn section(title: &str) -> String {
    let dashes = WIDTH.saturating_sub(title.chars().count() + 7);
    format!("\n/* {} {title} */", "-".repeat(dashes))
}

/// Names with what each is, indented, the texts in one column; those without docs are left out.
pub(crate) fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a Docs)>) -> String {
    let rows: Vec<_> = rows.filter(|(_, docs)| !docs.is_empty()).collect();
    let column = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut table = String::new();
    for (name, docs) in rows {
        for (at, line) in docs.lines().enumerate() {
            let name = if at == 0 { name } else { "" };
            table.push_str(format!("  {name:column$}  {}", line.trim()).trim_end());
            table.push('\n');
        }
    }
    table
}

/// Names with what each is, as a list; those without docs are left out.
pub(crate) fn list<'a>(rows: impl Iterator<Item = (&'a str, &'a Docs)>) -> String {
    let rows = rows.filter(|(_, docs)| !docs.is_empty());
    rows.map(|(name, docs)| format!("- `{name}`: {}", docs.in_one_line())).collect::<Vec<_>>().join("\n")
}

/// What could end a comment, or be taken for something else by a compiler, made to be read only.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.replace('\t', "    ").chars() {
        match c {
            // `*/` ends a comment, `/*` in one is a warning, and `??/` is a backslash to some.
            '/' if safe.ends_with('*') || safe.ends_with("??") => safe.push_str(" /"),
            '*' if safe.ends_with('/') => safe.push_str(" *"),
            c if is_invisible(c) => safe.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
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

    fn docs(indent: usize, text: &str) -> String {
        lines(indent, "///", text)
    }

    #[test]
    fn docs_cannot_end_their_comment() {
        assert_eq!(block(0, "a */ b /* c **/"), "\n/* a * / b / * c ** / */");
        assert_eq!(block(0, "*\n/"), "\n/* *\n * /\n */");
        assert_eq!(block(4, "right\u{202e}left ??/"), "\n    /* right<U+202E>left ?? / */");
        assert_eq!(block(0, " \n "), "");
    }

    #[test]
    fn long_lines_are_broken() {
        let text = block(4, &format!("- {}", "word ".repeat(60)));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().nth(2).is_some_and(|line| line.starts_with("     *   word")), "{text}");
        let text = block(0, &format!("  name  {}", "word ".repeat(60)));
        assert!(text.lines().nth(2).is_some_and(|line| line.starts_with(" *         word")), "{text}");
        let text = block(0, &format!("{}\ngoes on\nEnd", "word ".repeat(40)));
        assert!(text.ends_with("word goes on\n * End\n */"), "{text}");
        let text = block(0, &format!("  größe  {}", "word ".repeat(60)));
        assert!(text.lines().nth(2).is_some_and(|line| line.starts_with(" *          word")), "{text}");
        let text = block(0, &"x".repeat(300));
        assert_eq!(text.matches('x').count(), 300);
    }

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
    fn long_lines_with_marks_are_broken() {
        let text = docs(4, &"word ".repeat(60));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }

    #[test]
    fn a_table_has_columns() {
        let rows =
            [("a", "first\nmore"), ("long", "second"), ("none", "")].map(|(name, text)| (name, Docs::parse(text)));
        let rows = || rows.iter().map(|(name, docs)| (*name, docs));
        assert_eq!(table(rows()), "  a     first\n        more\n  long  second\n");
        assert_eq!(list(rows()), "- `a`: first more\n- `long`: second");
    }
}
