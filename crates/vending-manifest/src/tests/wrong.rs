//! Wrong manifests, with all that is reported of each: file, line, column, and message.
//!
//! Each case in `wrong/*.txt` is a title, the manifest, `---`, and the diagnostics. To write the diagnostics after a
//! change, run the test with `ACCOUNT_VENDING_WRITE_DIAGNOSTICS=1` and review the difference.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Manifest;

const FILE: &str = "organization.yaml";

struct Case<'a> {
    title: &'a str,
    manifest: String,
    expected: Vec<&'a str>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/wrong")
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let case = |text: &'_ str| -> Option<(usize, usize)> { Some((text.find('\n')?, text.rfind("---\n")?)) };
    let blocks = text.split("#### ").skip(1);
    let read = |block| {
        let (title, separator) = case(block).unwrap_or_else(|| panic!("no `---` in {block}"));
        // `---doc---` stands for the separator of YAML documents.
        let manifest = block[title + 1..separator].replace("---doc---", "---");
        let expected = block[separator + 4..].lines().filter(|line| !line.is_empty()).collect();
        Case { title: &block[..title], manifest, expected }
    };
    blocks.map(read).collect()
}

fn diagnostics(manifest: &str) -> Vec<String> {
    let found = Manifest::from_yaml(FILE, manifest, None).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

fn check(name: &str, text: &str) -> usize {
    let cases = cases(text);
    if std::env::var_os("ACCOUNT_VENDING_WRITE_DIAGNOSTICS").is_some() {
        let written: Vec<String> = cases.iter().map(written).collect();
        fs::write(folder().join(name), written.join("\n")).unwrap();
        return cases.len();
    }
    for Case { title, manifest, expected } in &cases {
        let found = diagnostics(manifest);
        assert!(!found.is_empty(), "{name}: {title}: accepted");
        assert_eq!(&found, expected, "{name}: {title}");
    }
    cases.len()
}

fn written(case: &Case<'_>) -> String {
    let found = diagnostics(&case.manifest).join("\n");
    let manifest = case.manifest.replace("\n---\n", "\n---doc---\n");
    format!("#### {}\n{manifest}---\n{found}\n", case.title)
}

#[test]
fn wrong_manifests_have_exact_diagnostics() {
    let mut names: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let check = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        check(name, &fs::read_to_string(path).unwrap())
    };
    let count: usize = names.iter().map(check).sum();
    assert!(count >= 60, "{count} cases");
}
