//! Lists of parameters. Templates write them with one a line, whatever their length, and with a comma behind each:
//!
//! ```text
//! int my_app_login(
//!     void *ctx,
//!     FFICallBack cb,
//! );
//! ```
//!
//! They are joined into one line where they fit, and laid out as the language does it where they do not.

use super::text::{WIDTH, fill};

/// How a list that is too long for a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As many a line as fit, below the first: C and its relatives.
    Packed,
    /// Each in a line of its own, with a comma behind it: Rust. A chain of calls is then in a line for each, too.
    Listed,
}

/// Lays out every list of a file.
pub(crate) fn lists(text: &str, style: Style) -> String {
    let lines: Vec<_> = text.lines().collect();
    let (mut laid, mut at) = (String::with_capacity(text.len()), 0);
    while at < lines.len() {
        if let Some((list, next)) = List::read(&lines, at) {
            match style {
                Style::Packed => list.packed(&mut laid),
                Style::Listed => list.listed(list.indent, 0, &mut laid),
            }
            at = next;
        } else if let Some((chain, next)) = chain(&lines, at).filter(|_| style == Style::Listed) {
            laid.push_str(&chain);
            at = next;
        } else {
            laid.push_str(lines[at]);
            at += 1;
        }
        laid.push('\n');
    }
    laid
}

struct List<'t> {
    indent: usize,
    /// What is in front of the parenthesis.
    head: &'t str,
    items: Vec<Item<'t>>,
    /// What is behind it.
    tail: &'t str,
}

enum Item<'t> {
    Plain(&'t str),
    /// A nested list, without the comma that is behind it.
    Nested(List<'t>),
}

impl<'t> List<'t> {
    /// The list that starts at a line, and the line behind it; none if there is no such list.
    fn read(lines: &[&'t str], at: usize) -> Option<(Self, usize)> {
        let head = lines[at].trim_end().strip_suffix('(')?;
        let body = head.trim_start();
        if ["/*", "* ", "//", "#"].iter().any(|mark| body.starts_with(mark)) {
            return None;
        }
        let (mut items, mut at) = (Vec::new(), at + 1);
        loop {
            let line = lines.get(at)?.trim();
            if let Some(tail) = line.strip_prefix(')') {
                return Some((Self { indent: head.len() - body.len(), head: body, items, tail }, at + 1));
            } else if line.ends_with('(') {
                let (mut list, next) = Self::read(lines, at)?;
                list.tail = list.tail.strip_suffix(',')?;
                items.push(Item::Nested(list));
                at = next;
                continue;
            } else if !line.is_empty() {
                items.push(Item::Plain(line.strip_suffix(',')?));
            }
            at += 1;
        }
    }

    fn one_line(&self) -> String {
        let items: Vec<_> = self.items.iter().map(Item::one_line).collect();
        format!("{}({}){}", self.head, items.join(", "), self.tail)
    }

    fn packed(&self, laid: &mut String) {
        // A member is declared in the lines in which it is defined, with `;` in place of ` {`.
        match self.tail.strip_suffix(" const;") {
            None => self.packed_before(self.tail, laid),
            Some(tail) => {
                self.packed_before(&format!("{tail} const {{"), laid);
                laid.truncate(laid.len() - " {".len());
                laid.push(';');
            }
        }
    }

    fn packed_before(&self, tail: &str, laid: &mut String) {
        let items: Vec<_> = self.items.iter().map(Item::one_line).collect();
        let one_line = format!("{}({}){tail}", self.head, items.join(", "));
        laid.push_str(&" ".repeat(self.indent));
        if self.indent + one_line.chars().count() <= WIDTH {
            return laid.push_str(&one_line);
        }
        laid.push_str(self.head);
        laid.push('(');
        let column = self.indent + self.head.chars().count() + 1;
        let pad = if column <= WIDTH / 2 { " ".repeat(column) } else { " ".repeat(self.indent + 4) };
        if column > WIDTH / 2 {
            laid.push_str(&format!("\n{pad}"));
        }
        let mut pieces: Vec<_> = items.iter().map(|item| format!("{item},")).collect();
        let last = pieces.pop().unwrap_or_default();
        pieces.push(format!("{}){tail}", last.trim_end_matches(',')));
        let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
        laid.push_str(&fill(&pieces, WIDTH - pad.len()).join(&format!("\n{pad}")));
    }

    /// Writes the list at `indent`, and leaves `free` columns of its last line free.
    fn listed(&self, indent: usize, free: usize, laid: &mut String) {
        let (pad, one_line) = (" ".repeat(indent), self.one_line());
        laid.push_str(&pad);
        // A function's ` {` has to fit, also where it follows its bounds.
        let lacks = if self.head.contains("fn ") && !self.tail.ends_with(" {") { 2 } else { 0 };
        if indent + one_line.chars().count() + lacks + free <= WIDTH {
            return laid.push_str(&one_line);
        }
        // A closure whose only call does not fit gets a block.
        let call = self.head.rsplit_once("| ").zip(self.tail.strip_prefix(')'));
        let (inner, head, open) = match call {
            Some(((closure, call), _)) => (" ".repeat(indent + 4), call, format!("{closure}| {{\n{pad}    ")),
            None => (pad.clone(), self.head, String::new()),
        };
        laid.push_str(&format!("{open}{head}("));
        for item in &self.items {
            laid.push('\n');
            match item {
                Item::Plain(text) => laid.push_str(&format!("{inner}    {text}")),
                Item::Nested(list) => list.listed(indent + 4, 1, laid),
            }
            laid.push(',');
        }
        if !self.items.is_empty() {
            laid.push_str(&format!("\n{inner}"));
        }
        match call {
            Some((_, after)) => laid.push_str(&format!(")\n{pad}}})\n{pad}{after}")),
            None => laid.push_str(&format!("){}", self.tail)),
        }
    }
}

impl Item<'_> {
    fn one_line(&self) -> String {
        match self {
            Self::Plain(text) => (*text).to_owned(),
            Self::Nested(list) => list.one_line(),
        }
    }
}

/// A chain of calls, each below the first line and indented further, as one line, if it fits; and the line behind it.
fn chain(lines: &[&str], at: usize) -> Option<(String, usize)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_call = |line: &&&str| line.trim_start().starts_with('.') && indent(line) > indent(lines[at]);
    let calls: Vec<_> = lines[at + 1..].iter().take_while(is_call).collect();
    let line: String = [lines[at]].into_iter().chain(calls.iter().map(|line| line.trim())).collect();
    (!calls.is_empty() && line.chars().count() <= WIDTH).then_some((line, at + 1 + calls.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(head: &str, count: usize, tail: &str) -> String {
        let items: String = (0..count).map(|at| format!("    int parameter_{at},\n")).collect();
        format!("{head}(\n{items}){tail}\n")
    }

    #[test]
    fn a_list_is_broken_when_it_is_too_long() {
        let packed = |text: String| lists(&text, Style::Packed);
        assert_eq!(packed(list("int f", 2, ";")), "int f(int parameter_0, int parameter_1);\n");
        assert_eq!(packed(list("int f", 0, ";")), "int f();\n");
        let long = packed(list("    int f", 10, " const {"));
        assert!(long.lines().count() == 2 && long.ends_with("parameter_9) const {\n"), "{long}");
        assert!(long.lines().nth(1).is_some_and(|line| line.starts_with("          int ")), "{long}");
        let deep = packed(list(&"f".repeat(100), 9, ";"));
        assert!(deep.lines().all(|line| line.chars().count() <= WIDTH), "{deep}");
        let empty = packed(list(&format!("    {}", "f".repeat(110)), 0, " const;"));
        assert_eq!(empty, format!("    {}(\n        ) const;\n", "f".repeat(110)));
    }

    #[test]
    fn what_is_no_list_stays() {
        for text in ["/* text (\n * more,\n) */\n", "call(\n    first,\n    second);\n", "f(\n"] {
            assert_eq!(lists(text, Style::Packed), text);
        }
    }

    #[test]
    fn rust_lists_one_a_line() {
        let listed = |text: &str| lists(text, Style::Listed);
        assert_eq!(listed(&list("fn f", 2, " {")), "fn f(int parameter_0, int parameter_1) {\n");
        assert_eq!(listed(&list("fn f", 8, " {")), list("fn f", 8, " {"));
        let nested =
            format!("    fn f(\n        &self,\n        g: impl Fn(\n{}        ) -> R,\n    )\n", "u8,\n".repeat(9));
        assert_eq!(listed(&nested), format!("    fn f(&self, g: impl Fn({}) -> R)\n", ["u8"; 9].join(", ")));
        let deep = listed(&nested.replace("u8,", "std::vec::Vec<u8>,"));
        assert!(deep.contains("\n        g: impl Fn(\n            std::vec::Vec<u8>,\n"), "{deep}");
        assert!(deep.ends_with("\n        ) -> R,\n    )\n"), "{deep}");
    }

    #[test]
    fn rust_breaks_chains_and_closures() {
        let call = |count| format!("    f(|a| g(\n{}    )).await\n", "        a.argument,\n".repeat(count));
        assert_eq!(lists(&call(2), Style::Listed), "    f(|a| g(a.argument, a.argument)).await\n");
        let items = "            a.argument,\n".repeat(9);
        let block = format!("    f(|a| {{\n        g(\n{items}        )\n    }})\n    .await\n");
        assert_eq!(lists(&call(9), Style::Listed), block);
        let chain = |count| format!("let a = A::new(){};\n", "\n    .with(\"one\", one)".repeat(count));
        assert_eq!(lists(&chain(2), Style::Listed), "let a = A::new().with(\"one\", one).with(\"one\", one);\n");
        assert_eq!(lists(&chain(9), Style::Listed), chain(9));
    }
}
