//! Laying out what templates cannot: long lines, literals.

use crate::docs::{comment, wrap};

/// How long a line may be.
pub(crate) const WIDTH: usize = 120;

/// Writes `head(items)tail` as one line if that fits behind `indent` columns, and else with as many items a line as fit,
/// below the first.
pub(crate) fn list(indent: usize, head: &str, items: &[String], tail: &str) -> String {
    let one_line = format!("{head}({}){tail}", items.join(", "));
    if indent + one_line.chars().count() <= WIDTH && !one_line.contains('\n') {
        return one_line;
    }
    let last_line = head.rsplit('\n').next().unwrap_or(head);
    let column = last_line.chars().count() + 1;
    let (mut text, pad) = if indent + column <= WIDTH / 2 {
        (format!("{head}("), " ".repeat(indent + column))
    } else {
        let pad = " ".repeat(indent + 4);
        (format!("{head}(\n{pad}"), pad)
    };
    let mut used = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
    if !text.contains('\n') {
        used += indent;
    }
    for (at, item) in items.iter().enumerate() {
        let is_last = at + 1 == items.len();
        let after = if is_last { 1 + tail.chars().count() } else { 1 };
        let wide = item.chars().count();
        if at > 0 {
            if used + 1 + wide + after <= WIDTH {
                text.push(' ');
                used += 1;
            } else {
                text.push('\n');
                text.push_str(&pad);
                used = pad.len();
            }
        }
        text.push_str(item);
        used += wide;
        if !is_last {
            text.push(',');
            used += 1;
        }
    }
    text.push(')');
    text.push_str(tail);
    text
}

/// Appends a line of code or of a comment; one that is too long goes on below: code indented, after the last comma or
/// operator that fits.
pub(crate) fn fold(line: &str, text: &mut String) {
    let own = line.len() - line.trim_start().len();
    if line.chars().count() > WIDTH && is_comment(line) {
        return fold_comment(own, line.trim_start(), text);
    }
    let directive = line.trim_start().starts_with('#');
    let width = if directive { WIDTH - 2 } else { WIDTH };
    let mut rest = line.to_owned();
    while rest.chars().count() > WIDTH {
        let Some(at) = breaks(&rest, width) else { break };
        text.push_str(rest[..at].trim_end());
        text.push_str(if directive { " \\\n" } else { "\n" });
        rest = format!("{}{}", " ".repeat(own + 4), rest[at..].trim_start());
    }
    text.push_str(&rest);
    text.push('\n');
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("/*") || line.starts_with("* ")
}

/// A comment on a line of its own, or a line of one that goes on.
fn fold_comment(indent: usize, line: &str, text: &mut String) {
    if let Some(inside) = line.strip_prefix("/* ").and_then(|line| line.strip_suffix(" */")) {
        text.push_str(comment(indent, inside).trim_start_matches('\n'));
    } else {
        let (mark, inside) = line.split_at(line.find(' ').map_or(line.len(), |at| at + 1));
        let mut lines = Vec::new();
        // The mark of a line that goes on is indented by one, under the first one's star.
        let column = if mark == "/* " { indent + 1 } else { indent };
        wrap(inside, WIDTH - column - 2, &mut lines);
        for (at, line) in lines.iter().enumerate() {
            let (pad, mark) = if at == 0 { (indent, mark) } else { (column, "* ") };
            text.push_str(&" ".repeat(pad));
            text.push_str(mark);
            text.push_str(line);
            text.push_str(if at + 1 < lines.len() { "\n" } else { "" });
        }
    }
    text.push('\n');
}

/// Where a line can be broken last within a width, outside of string literals.
fn breaks(line: &str, width: usize) -> Option<usize> {
    let body = line.len() - line.trim_start().len();
    let (mut quoted, mut escaped, mut found) = (false, false, None);
    for (column, (at, c)) in line.char_indices().enumerate() {
        if !quoted && at > body {
            let before = [" ? ", " : ", " && ", " || "].iter().any(|operator| line[at..].starts_with(operator));
            let after = [", ", "= "].iter().any(|end| line[at..].starts_with(end)) && column < width;
            if before && column <= width {
                found = Some(at + 1);
            } else if after {
                found = Some(at + 2);
            }
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    found
}

/// A string literal of C and C++: UTF-8 as it is, no escape that could run into the next character, no trigraph.
pub(crate) fn string_literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            '?' => literal.push_str("\\?"),
            c if is_invisible(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    literal.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// Whether a character cannot be seen, or changes how others are seen: source that reads otherwise than it compiles.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_broken_when_it_is_too_long() {
        let items = |count| (0..count).map(|at| format!("int parameter_{at}")).collect::<Vec<_>>();
        assert_eq!(list(0, "int f", &items(2), ";"), "int f(int parameter_0, int parameter_1);");
        let long = list(4, "int f", &items(10), " const {");
        assert!(long.lines().count() == 2 && long.ends_with("parameter_9) const {"), "{long}");
        assert!(long.lines().nth(1).is_some_and(|line| line.starts_with("          int ")), "{long}");
        let deep = list(0, &"f".repeat(100), &items(9), ";");
        assert!(deep.lines().all(|line| line.chars().count() <= WIDTH), "{deep}");
    }

    #[test]
    fn a_literal_says_what_it_said() {
        assert_eq!(string_literal("a\"b\\c\n1\u{0}2 ??/ ü"), "\"a\\\"b\\\\c\\n1\\0002 \\?\\?/ ü\"");
        assert_eq!(string_literal("\u{202e}"), "\"\\342\\200\\256\"");
    }
}
