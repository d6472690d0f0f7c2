//! Words that this project no longer uses, with the ones to use instead. docs/src/reference/glossary.md has its terms.

use std::fs;
use std::path::{Path, PathBuf};

use crate::project::root;

const RETIRED: &[(&str, &str)] = &[
    ("anew", "again, recreate"),
    ("artefact", "artifact"),
    ("behaviour", "behavior"),
    ("beside", "in addition to, next to"),
    ("by another road", "outside account-vending, an existing account"),
    ("colour", "color"),
    ("door", "entry point"),
    ("enrolment", "enrollment"),
    ("everybody", "everyone, all callers"),
    ("from birth", "since the account was created"),
    ("heal", "be transient"),
    ("heals", "is transient"),
    ("hears of", "is notified of"),
    ("is no JSON", "is not valid JSON"),
    ("let go of", "release"),
    ("licence", "license"),
    ("meanwhile", "concurrently, in the meantime"),
    ("nobody", "no one, no caller"),
    ("put right", "repair, repaired"),
    ("recognise", "recognize"),
    ("settle", "propagate, complete, respond"),
    ("settled", "propagated, complete"),
    ("settles", "propagates, completes"),
    ("settling", "propagating"),
    ("somebody", "another caller, a user"),
    ("time-out", "timeout"),
    ("way in", "access"),
    ("ways in", "access"),
    ("whoever", "the caller that"),
];

/// Where the words stand as data.
const EXEMPT: &[&str] = &["tests/contract/words.rs", "CHANGELOG.md"];
const FOLDERS: &[&str] = &[
    ".github",
    "crates",
    "docs",
    "events",
    "functions",
    "fuzz",
    "organization",
    "schemas",
    "service-catalog",
    "statemachine",
    "tests",
    "xtask",
];
const KINDS: &[&str] = &["json", "md", "mjs", "py", "rs", "toml", "txt", "yaml", "yml"];

fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root()).unwrap().map(Result::unwrap) {
        let is_searched = FOLDERS.iter().any(|folder| entry.file_name() == *folder);
        if is_searched {
            collect(&entry.path(), &mut found);
        } else if is_text(&entry.path()) {
            found.push(entry.path());
        }
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "node_modules" && entry.file_name() != "target" {
            collect(&path, found);
        } else if is_text(&path) {
            found.push(path);
        }
    }
}

fn is_text(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known))
}

/// Whether a text has a word, in any case, between characters that are no letters.
fn has_word(text: &str, word: &str) -> bool {
    let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word).any(|(start, _)| {
        !is_letter(text[..start].chars().next_back()) && !is_letter(text[start + word.len()..].chars().next())
    })
}

#[test]
fn retired_words_are_not_used() {
    let mut used = Vec::new();
    for path in files() {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if EXEMPT.contains(&name.as_str()) || name.ends_with("package-lock.json") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            let retired = RETIRED.iter().filter(|(word, _)| has_word(&line, &word.to_lowercase()));
            used.extend(retired.map(|(word, instead)| format!("{name}:{}: `{word}`: use {instead}", number + 1)));
        }
    }
    assert!(used.is_empty(), "{} retired words:\n{}", used.len(), used.join("\n"));
}
