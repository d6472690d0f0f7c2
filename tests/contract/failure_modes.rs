//! The table of failure modes in ARCHITECTURE.md is about tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::project::{read, root};

const MODES: usize = 26;

#[test]
fn every_failure_mode_is_tested_or_cannot_occur() {
    let architecture = read("ARCHITECTURE.md");
    let (_, section) = architecture.split_once("\n## Failure modes\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = section.lines().filter(|line| line.starts_with("| ")).skip(1).map(cells).collect();
    let numbers: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(numbers, (1..=MODES).map(|number| number.to_string()).collect::<Vec<_>>());
    let known = tests();
    for row in rows {
        let (number, met, tests) = (row[0], row[2], row[3]);
        if tests == "none" {
            assert!(met.starts_with("cannot occur: "), "{number} is neither tested nor impossible");
            continue;
        }
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).filter(|name| name.contains('_')).collect();
        assert!(!named.is_empty(), "{number} names no test");
        for name in named {
            assert!(known.contains(name), "{number} names {name}, which is no test");
        }
    }
}

#[test]
fn every_test_of_a_failure_mode_is_in_the_table() {
    let architecture = read("ARCHITECTURE.md");
    for name in tests().iter().filter(|name| name.starts_with("mode_")) {
        let number: usize = name[5..7].parse().unwrap();
        let row = architecture.lines().find(|line| line.starts_with(&format!("| {number} |"))).unwrap();
        assert!(row.contains(name.as_str()), "{name} is not in its row");
    }
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The names of all functions of the project that are tests.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["crates", "functions", "tests"] {
        collect(&root().join(folder), &mut names);
    }
    names
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let attributes = text.match_indices("#[test]").chain(text.match_indices("#[tokio::test]"));
            names.extend(attributes.filter_map(|(at, _)| {
                let (_, after) = text[at..].split_once("fn ")?;
                Some(after.split('(').next()?.to_owned())
            }));
        }
    }
}
