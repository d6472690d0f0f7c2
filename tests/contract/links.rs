//! The links of all documents lead somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::project::{read, root};

const MOST_WORDS_OF_README: usize = 900;
/// What is downloaded or built.
const NOT_OURS: [&str; 3] = [".git", "node_modules", "target"];

#[test]
fn links_and_anchors_resolve() {
    let documents: BTreeMap<PathBuf, String> =
        documents().into_iter().map(|path| (path.clone(), text(&path))).collect();
    for (path, text) in &documents {
        for link in links(text) {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { path.clone() } else { resolved(path, file) };
            assert!(root().join(&target).exists(), "{}: {link} does not exist", path.display());
            if let Some(anchor) = anchor {
                let linked = documents.get(&target).map(|text| anchors(text)).unwrap_or_default();
                assert!(linked.contains(anchor), "{}: {link} has no such heading", path.display());
            }
        }
    }
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = Path::new("docs/src/SUMMARY.md");
    let listed: BTreeSet<PathBuf> = links(&text(summary)).map(|link| resolved(summary, link)).collect();
    let pages = documents().into_iter().filter(|path| path.starts_with("docs/src") && path != summary);
    assert_eq!(listed, pages.collect::<BTreeSet<_>>());
}

#[test]
fn readme_is_short() {
    let words = read("README.md").split_whitespace().count();
    assert!(words <= MOST_WORDS_OF_README, "{words} words");
}

/// By their paths in the project.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.iter().map(|path| path.strip_prefix(root()).unwrap().to_owned()).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !NOT_OURS.iter().any(|name| path.ends_with(name)) {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

fn text(path: &Path) -> String {
    read(path.to_str().unwrap())
}

/// The targets of the links to other places in the project: `[text](target)`, outside code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    // Between backticks is every second part of a line.
    let outside_code = prose(text).flat_map(|line| line.split('`').step_by(2));
    let after_text = outside_code.flat_map(|part| part.split("](").skip(1));
    let targets = after_text.filter_map(|rest| rest.split([')', ' ']).next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// The lines outside fenced code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The anchors of a document's headings, as GitHub makes them: a repeated one gets a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for heading in prose(text).filter_map(heading) {
        let slug = slug(heading);
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|anchor| !anchors.contains(anchor));
        anchors.extend(free);
    }
    anchors
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len()).then(|| text.strip_prefix(' ')).flatten()
}

fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
    kept.flat_map(char::to_lowercase).map(|character| if character == ' ' { '-' } else { character }).collect()
}

/// The path of a link's target in the project.
fn resolved(from: &Path, link: &str) -> PathBuf {
    let mut path = from.parent().unwrap().to_owned();
    for component in Path::new(link).components() {
        match component {
            Component::ParentDir => assert!(path.pop(), "{}: {link} leaves the project", from.display()),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

#[test]
fn links_in_code_are_ignored() {
    let text = "a [b](c.md#d) `[e](f)` [`g`](h)\n```\n[i](j)\n```\n[k](https://l) ![m](n.png \"o\")";
    assert_eq!(links(text).collect::<Vec<_>>(), ["c.md#d", "h", "n.png"]);
}

#[test]
fn anchors_match_those_of_github() {
    let text = "# What's `new`, in 0.1?\n## A - b_c\n## A - b_c\n```\n# code\n```\n#no heading";
    let expected = ["whats-new-in-01", "a---b_c", "a---b_c-1"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
}
