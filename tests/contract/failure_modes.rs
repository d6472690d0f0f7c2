//! The failure modes, the claims of security and the gaps of the emulators name tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::project::{read, root};

const MODES: usize = 32;
const FAILURE_MODES: &str = "docs/src/architecture/failure-modes.md";
const CLAIMS: &str = "docs/src/security/claims.md";

#[test]
fn failure_modes_are_tested_or_cannot_occur() {
    let page = read(FAILURE_MODES);
    let rows = rows(&page);
    let numbers: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(numbers, (1..=MODES).map(|number| number.to_string()).collect::<Vec<_>>());
    let known = tests();
    for row in rows {
        let (number, handled_by, tests) = (row[0], row[2], row[3]);
        if tests == "none" {
            assert!(handled_by.starts_with("cannot occur: "), "{number} is neither tested nor impossible");
            continue;
        }
        let named: Vec<&str> = named_tests(tests).collect();
        assert!(!named.is_empty(), "{number} names no test");
        for name in named {
            assert!(known.contains(name), "{number}: there is no test {name}");
        }
    }
}

/// What is said of AWS or of a tool needs no test; every test that is named exists.
#[test]
fn security_claims_are_tested_or_hold_by_aws() {
    let page = read(CLAIMS);
    let rows = rows(&page);
    assert!(rows.len() > 20, "{} claims", rows.len());
    let known = tests();
    for row in rows {
        let (claim, held_by) = (row[0], row[1]);
        let named: Vec<&str> = named_tests(held_by).collect();
        let by_other_means = held_by.starts_with("AWS: ") || held_by.contains("xtask/tools/");
        assert!(by_other_means || !named.is_empty(), "nothing holds: {claim}");
        for name in named {
            assert!(known.contains(name), "{claim}: there is no test {name}");
        }
    }
}

#[test]
fn gaps_of_the_emulators_name_existing_tests() {
    let readme = read("tests/README.md");
    let (_, section) = readme.split_once("\n### Only in unit tests\n").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let (rows, known) = (rows(section), tests());
    assert!(rows.len() > 10, "{} gaps", rows.len());
    for row in rows {
        let named: Vec<&str> = named_tests(row[1]).collect();
        assert!(!named.is_empty(), "{} names no test", row[0]);
        for name in named {
            assert!(known.contains(name), "{}: there is no test {name}", row[0]);
        }
    }
}

#[test]
fn tests_of_failure_modes_are_in_their_rows() {
    let page = read(FAILURE_MODES);
    for name in tests().iter().filter(|name| name.starts_with("mode_")) {
        let number: usize = name[5..7].parse().unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| {number} |"))).unwrap();
        assert!(row.contains(&format!("`{name}`")), "{name} is not in its row");
    }
}

/// The rows of the only table in a text, without its head.
fn rows(text: &str) -> Vec<Vec<&str>> {
    assert_eq!(text.lines().filter(|line| line.starts_with("|---")).count(), 1, "one table is expected");
    text.lines().filter(|line| line.starts_with("| ")).skip(1).map(cells).collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The names of tests in a cell: code that has an underscore and is no path.
fn named_tests(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2).filter(|name| name.contains('_') && !name.contains('/'))
}

/// The names of all functions of the project that are tests.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["crates", "functions", "tests", "xtask"] {
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
