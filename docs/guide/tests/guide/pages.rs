//! Pages: their blocks, headings and links.

use crate::{book, page_names, read};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// A block of a page, between its fences.
#[derive(Debug)]
pub(crate) struct Block {
    /// Its place, for messages.
    pub(crate) place: String,
    /// The language that the fence names.
    pub(crate) language: String,
    /// Where it is from.
    pub(crate) from: Option<From>,
    pub(crate) text: String,
}

/// What the comment before a block says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Include(String),
    Run,
    Illustration,
}

/// The blocks of a page; `rewrite` may give each another text, which is put in its place.
pub(crate) fn each_block(page: &str, mut rewrite: impl FnMut(Block) -> Option<String>) {
    // Pages are written anew by several tests, each of which reads them first.
    static PAGES: Mutex<()> = Mutex::new(());
    let _alone = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let path = book().join(page);
    let before = read(&path);
    let (mut after, mut comment) = (String::new(), None);
    let mut lines = before.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        after.push_str(line);
        after.push('\n');
        let Some(language) = line.strip_prefix("```") else {
            comment = parse_comment(line);
            continue;
        };
        let mut text = String::new();
        loop {
            match lines.next() {
                Some((_, "```")) => break,
                Some((_, line)) => text.extend([line, "\n"]),
                None => panic!("{page}:{}: this block does not end", number + 1),
            }
        }
        let place = format!("{page}:{}", number + 1);
        let block = Block { place, language: language.to_owned(), from: comment.take(), text: text.clone() };
        after.push_str(&rewrite(block).unwrap_or(text));
        after.push_str("```\n");
    }
    if after != before {
        std::fs::write(&path, after).expect("the page can be written");
    }
}

fn parse_comment(line: &str) -> Option<From> {
    let comment = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    if let Some(path) = comment.strip_prefix("include ") {
        return Some(From::Include(path.to_owned()));
    }
    if comment.strip_prefix("illustration: ").is_some_and(|reason| !reason.is_empty()) {
        return Some(From::Illustration);
    }
    (comment == "run").then_some(From::Run)
}

/// The lines of a page that are no code.
fn prose(page: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in read(book().join(page)).lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((number + 1, line.to_owned()));
        }
    }
    lines
}

/// As mdBook makes an anchor of a heading.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).into_iter().filter_map(|(_, line)| {
        let heading = line.trim_start_matches('#');
        (heading.len() < line.len()).then(|| heading.trim().to_lowercase())
    });
    let anchor = |heading: String| {
        let letters = heading.chars().filter_map(|char| match char {
            ' ' => Some('-'),
            char => (char.is_alphanumeric() || char == '_' || char == '-').then_some(char),
        });
        letters.collect()
    };
    headings.map(anchor).collect()
}

/// The targets of the links in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

#[test]
fn every_block_says_where_it_is_from() {
    for page in page_names() {
        each_block(&page, |block| {
            let known = block.from.is_some() || block.language == "text";
            assert!(known, "{}: a block of `{}` without an include, run or illustration", block.place, block.language);
            None
        });
    }
}

#[test]
fn links_lead_somewhere() {
    for page in page_names() {
        for (number, line) in prose(&page) {
            for link in links(&line) {
                let place = format!("{page}:{number}: {link}");
                if link.starts_with("https://") {
                    continue;
                }
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let file = if file.is_empty() { &*page } else { file };
                assert!(book().join(file).exists(), "{place}: there is no such file");
                assert!(
                    anchor.is_empty() || anchors(file).contains(anchor),
                    "{place}: no such heading: {:?}",
                    anchors(file)
                );
            }
        }
    }
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = read(book().join("SUMMARY.md"));
    let mut listed: Vec<_> = summary.lines().flat_map(links).map(str::to_owned).collect();
    listed.push("SUMMARY.md".to_owned());
    listed.sort();
    assert_eq!(listed, page_names());
}

#[test]
fn pages_start_with_the_title_of_the_summary() {
    let summary = read(book().join("SUMMARY.md"));
    for line in summary.lines() {
        let Some((title, rest)) =
            line.trim_start_matches(['-', ' ']).strip_prefix('[').and_then(|it| it.split_once("]("))
        else {
            continue;
        };
        let page = rest.trim_end_matches(')');
        assert_eq!(read(book().join(page)).lines().next(), Some(&*format!("# {title}")), "{page}");
    }
}
