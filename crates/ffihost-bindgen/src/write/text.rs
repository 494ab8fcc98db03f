//! Lines that are too long, and words that are broken into lines.
//!
//! Words are filled into lines by the crate `textwrap`, whose fragments carry their own width here: characters, not columns of
//! a terminal, so that a line's length is what an editor and a linter count. Code is folded by [`fold`]: where an
//! expression may be broken depends on string literals and operators, which `textwrap` knows nothing of.

use super::comment;
use textwrap::core::Fragment;
use textwrap::wrap_algorithms::wrap_first_fit;

/// How long a line may be.
pub(crate) const WIDTH: usize = 120;

/// What stays in one piece.
#[derive(Debug)]
struct Piece<'a>(&'a str);

impl Fragment for Piece<'_> {
    fn width(&self) -> f64 {
        columns(self.0.chars().count())
    }

    fn whitespace_width(&self) -> f64 {
        1.0
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "no line is that long")]
fn columns(count: usize) -> f64 {
    count as f64
}

/// Puts as many pieces into a line as fit, with a space in between.
pub(crate) fn fill(pieces: &[&str], width: usize) -> Vec<String> {
    let pieces: Vec<_> = pieces.iter().map(|piece| Piece(piece)).collect();
    let rows = wrap_first_fit(&pieces, &[columns(width)]);
    let row = |row: &[Piece<'_>]| row.iter().map(|piece| piece.0).collect::<Vec<_>>().join(" ");
    rows.into_iter().map(row).collect()
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
    let mut lead: String = line.chars().take(hang).collect();
    let rest: String = line.chars().skip(hang).collect();
    let words: Vec<_> = rest.split_whitespace().collect();
    for row in fill(&words, width.saturating_sub(hang)) {
        lines.push(format!("{lead}{row}").trim_end().to_owned());
        lead = " ".repeat(hang);
    }
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
        text.push_str(comment::block(indent, inside).trim_start_matches('\n'));
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
