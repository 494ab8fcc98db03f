//! Documentation, taken apart once: what is text, and what is code. Comment marks, widths and lists are a language's.

use std::fmt;

/// What an author says of an item. The first block is the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Docs {
    pub(crate) blocks: Vec<Block>,
}

/// A paragraph or a piece of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// As the author broke them; those of code with the fences around it.
    pub(crate) lines: Vec<String>,
    /// Whether an empty line stands in front of it.
    pub(crate) apart: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Code,
}

impl Docs {
    /// Takes Markdown apart. Code whose fence is left open is closed; several empty lines in a row are one.
    pub(crate) fn parse(text: &str) -> Self {
        let (mut blocks, mut apart) = (Vec::<Block>::new(), false);
        let mut lines = text.lines().map(str::trim_end);
        while let Some(line) = lines.next() {
            if is_fence(line) {
                blocks.push(Block { kind: Kind::Code, lines: code(line, &mut lines), apart });
            } else if line.is_empty() {
                apart = !blocks.is_empty();
                continue;
            } else {
                match blocks.last_mut() {
                    Some(last) if last.kind == Kind::Text && !apart => last.lines.push(line.to_owned()),
                    _ => blocks.push(Block { kind: Kind::Text, lines: vec![line.to_owned()], apart }),
                }
            }
            apart = false;
        }
        Self { blocks }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Its words in one line, for a row of a list.
    pub(crate) fn in_one_line(&self) -> String {
        let lines = self.blocks.iter().flat_map(|block| &block.lines);
        lines.flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
    }

    /// Its lines, each with the kind of the block that it is in.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Kind, &str)> {
        self.blocks.iter().flat_map(|block| {
            let gap = block.apart.then_some((Kind::Text, ""));
            gap.into_iter().chain(block.lines.iter().map(|line| (block.kind, line.as_str())))
        })
    }
}

/// As Markdown, without a line break at its end.
impl fmt::Display for Docs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (_, line)) in self.lines().enumerate() {
            write!(f, "{}{line}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

pub(crate) fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// The lines of code behind its opening fence.
fn code<'a>(open: &str, lines: &mut impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut code = vec![open.to_owned()];
    for line in lines {
        code.push(line.to_owned());
        if is_fence(line) {
            return code;
        }
    }
    code.push("```".to_owned());
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_code_are_told_apart() {
        let docs =
            Docs::parse("\nA summary.\n\n\nMore,\non two lines.\n```rust\nlet x = 1;\n\n\nlet y = 2;\n```\nEnd.\n");
        let kinds: Vec<_> = docs.blocks.iter().map(|block| (block.kind, block.lines.len(), block.apart)).collect();
        let (text, code) = (Kind::Text, Kind::Code);
        assert_eq!(kinds, [(text, 1, false), (text, 2, true), (code, 6, false), (text, 1, false)]);
        assert_eq!(
            docs.to_string(),
            "A summary.\n\nMore,\non two lines.\n```rust\nlet x = 1;\n\n\nlet y = 2;\n```\nEnd."
        );
        assert_eq!(Docs::parse(&docs.to_string()), docs);
    }

    #[test]
    fn an_open_fence_is_closed() {
        assert_eq!(Docs::parse("```\ncode").to_string(), "```\ncode\n```");
        assert!(Docs::parse(" \n\n").is_empty());
    }
}
