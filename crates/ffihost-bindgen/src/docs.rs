//! Docs as comments of C and C++.

use crate::text::{WIDTH, is_invisible};

/// How long a line of a comment's text may be that is not indented.
pub(crate) const WIDTH_OF_TEXT: usize = WIDTH - 3;

/// A block comment, with a line break in front of it, or nothing if there is nothing to say. The text's own line breaks stay;
/// lines that are too long are broken at a space. Nothing in it can end the comment.
pub(crate) fn comment(indent: usize, text: &str) -> String {
    let text = harmless(text);
    let pad = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut broken = false;
    for line in text.trim_end().lines().skip_while(|line| line.trim().is_empty()) {
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

/// A heading, as wide as a line, with an empty line in front of it.
pub(crate) fn section(title: &str) -> String {
    let dashes = WIDTH.saturating_sub(title.chars().count() + 7);
    format!("\n/* {} {title} */", "-".repeat(dashes))
}

/// Docs, and what the generator has to say, with an empty line in between.
pub(crate) fn paragraphs(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| part.trim_matches('\n').trim_end()).collect();
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Names with what each is, indented, the texts in one column; those without docs are left out.
pub(crate) fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows: Vec<_> = rows.filter(|(_, docs)| !docs.trim().is_empty()).collect();
    let column = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut table = String::new();
    for (name, docs) in rows {
        for (at, line) in docs.trim().lines().enumerate() {
            let name = if at == 0 { name } else { "" };
            table.push_str(format!("  {name:column$}  {}", line.trim()).trim_end());
            table.push('\n');
        }
    }
    table
}

/// What could end a comment, or be taken for something else by a compiler, made to be read only.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").replace('\t', "    ").chars() {
        match c {
            // `*/` ends a comment, `/*` in one is a warning, and `??/` is a backslash to some.
            '/' if safe.ends_with('*') || safe.ends_with("??") => safe.push_str(" /"),
            '*' if safe.ends_with('/') => safe.push_str(" *"),
            '\n' => safe.push('\n'),
            c if is_invisible(c) => safe.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

/// Breaks a line at spaces; the further lines are indented as the first is, an entry of a list or table below its text.
pub(crate) fn wrap(line: &str, width: usize, lines: &mut Vec<String>) {
    if line.chars().count() <= width {
        return lines.push(line.to_owned());
    }
    let body = line.trim_start();
    let own = line.chars().count() - body.chars().count();
    let hang = match body.split_once("  ") {
        // A row of a table.
        Some((name, text)) if own > 0 && !name.contains(' ') => {
            own + name.chars().count() + 2 + (text.len() - text.trim_start().len())
        }
        _ if body.starts_with("- ") || body.starts_with("* ") => own + 2,
        _ => own,
    };
    let (mut current, mut used) = (line[..hang.min(line.len())].to_owned(), false);
    if hang == own {
        current = " ".repeat(own);
    }
    for word in line.chars().skip(current.chars().count()).collect::<String>().split_whitespace() {
        if used && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(current.trim_end().to_owned());
            current = " ".repeat(hang);
            used = false;
        }
        if used {
            current.push(' ');
        }
        current.push_str(word);
        used = true;
    }
    lines.push(current.trim_end().to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_cannot_end_their_comment() {
        assert_eq!(comment(0, "a */ b /* c **/"), "\n/* a * / b / * c ** / */");
        assert_eq!(comment(0, "*\n/"), "\n/* *\n * /\n */");
        assert_eq!(comment(4, "right\u{202e}left ??/"), "\n    /* right<U+202E>left ?? / */");
        assert_eq!(comment(0, " \n "), "");
    }

    #[test]
    fn long_lines_are_broken() {
        let text = comment(4, &format!("- {}", "word ".repeat(60)));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().nth(2).is_some_and(|line| line.starts_with("     *   word")), "{text}");
        let text = comment(0, &format!("  name  {}", "word ".repeat(60)));
        assert!(text.lines().nth(2).is_some_and(|line| line.starts_with(" *         word")), "{text}");
        let text = comment(0, &format!("{}\ngoes on\nEnd", "word ".repeat(40)));
        assert!(text.ends_with("word goes on\n * End\n */"), "{text}");
        let text = comment(0, &"x".repeat(300));
        assert_eq!(text.matches('x').count(), 300);
    }

    #[test]
    fn a_table_has_columns() {
        let rows = [("a", "first\nmore"), ("long", "second"), ("none", "")];
        assert_eq!(table(rows.into_iter()), "  a     first\n        more\n  long  second\n");
    }
}
