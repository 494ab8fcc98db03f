//! Documentation, taken apart once: what is text, and what is code. Comment marks, widths and lists are a language's.

use ffihost_schema::{self as schema, Deprecated};
use std::fmt;

/// What an author says of an item. The first block is the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Docs {
    pub(crate) blocks: Vec<Block>,
    pub(crate) deprecated: Option<Deprecated>,
}

/// A paragraph, or an example in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// How many empty lines stand in front of it.
    pub(crate) gap: usize,
    /// As the author broke them; those of code with its fences.
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Code,
}

impl Docs {
    pub(crate) fn of(docs: &schema::Docs) -> Self {
        Self { deprecated: docs.deprecated.clone(), ..Self::parse(docs) }
    }

    /// Takes Markdown apart.
    pub(crate) fn parse(text: &str) -> Self {
        let (mut blocks, mut gap) = (Vec::<Block>::new(), 0);
        let mut lines = text.lines().map(str::trim_end).skip_while(|line| line.is_empty());
        while let Some(line) = lines.next() {
            if line.is_empty() {
                gap += 1;
                continue;
            }
            match blocks.last_mut() {
                _ if is_fence(line) => blocks.push(Block { kind: Kind::Code, gap, lines: code(line, &mut lines) }),
                Some(last) if last.kind == Kind::Text && gap == 0 => last.lines.push(line.to_owned()),
                _ => blocks.push(Block { kind: Kind::Text, gap, lines: vec![line.to_owned()] }),
            }
            gap = 0;
        }
        Self { blocks, deprecated: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Its words in one line, for a row of a list.
    pub(crate) fn in_one_line(&self) -> String {
        let lines = self.blocks.iter().flat_map(|block| &block.lines);
        lines.flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
    }

    /// Its lines, as a page takes them: see [`page`].
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().flat_map(|block| {
            let gap = (0..block.gap).map(|at| if at == 0 { "" } else { KEPT });
            gap.chain(block.lines.iter().map(|line| if line.is_empty() { KEPT } else { line.as_str() }))
        })
    }
}

/// As Markdown, without a line break at its end.
impl fmt::Display for Docs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.lines().enumerate() {
            write!(f, "{}{line}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// An empty line that an author wants.
const KEPT: &str = " ";

/// The lines of documentation that a template has put together: of empty lines in a row, which are left where there was
/// nothing to say, one remains, and none at either end. Those of an author, which have a space in them, all remain.
pub(crate) fn page(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.trim_end().lines() {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.into_iter().map(str::trim_end).skip_while(|line| line.is_empty()).collect()
}

/// Whether code begins or ends in a line.
pub(crate) fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// The lines of code from its opening fence to the one that closes it, or to the end.
fn code<'a>(open: &str, lines: &mut impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut code = vec![open.to_owned()];
    for line in lines {
        code.push(line.to_owned());
        if is_fence(line) {
            break;
        }
    }
    while code.last().is_some_and(String::is_empty) {
        code.pop();
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "A summary.\n\n\nMore,\non two lines.\n```rust\nlet x = 1;\n\n\nlet y = 2;\n```\nEnd.";

    #[test]
    fn text_and_code_are_told_apart() {
        let docs = Docs::parse(&format!("\n{TEXT}\n\n"));
        let kinds: Vec<_> = docs.blocks.iter().map(|block| (block.kind, block.gap, block.lines.len())).collect();
        let (text, code) = (Kind::Text, Kind::Code);
        assert_eq!(kinds, [(text, 0, 1), (text, 2, 2), (code, 0, 6), (text, 0, 1)]);
        assert_eq!(Docs::parse(&docs.to_string()), docs);
        assert!(Docs::parse(" \n\n").is_empty());
        assert_eq!(Docs::parse("```\nopen\n\n").blocks[0].lines, ["```", "open"]);
    }

    #[test]
    fn a_page_has_no_more_empty_lines_than_its_author_wants() {
        let docs = Docs::parse(TEXT).to_string();
        assert_eq!(page(&format!("\n\n{docs}\n\n\n\nAnd this.\n\n")).join("\n"), format!("{TEXT}\n\nAnd this."));
    }
}
