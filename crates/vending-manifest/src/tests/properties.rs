//! Any text: parsing does not panic, and every position is inside the text.

use proptest::prelude::*;
use serde_json::Value;

use super::example::{VENDING_ONLY, example};
use crate::{Manifest, Position, Source};

const FILE: &str = "organization.yaml";

/// Text of the kind that YAML gives a meaning to.
fn yaml_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "version: 1\n",
        "root:",
        "\n",
        "  ",
        "    ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        "\"",
        "#",
        "&a ",
        "*a ",
        "<<: ",
        "!!str ",
        "? ",
        "|\n",
        ">\n",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "\u{feff}",
        "ä€𝄞",
        "null",
        "~",
        "0x1F",
        "1e999",
        ".inf",
        "organizationalUnits:",
        "vending:",
        "permissionSets:",
        "policies:",
        "accounts:",
        "\r\n",
        "\u{2028}",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

/// A valid manifest in which a part is replaced.
fn changed() -> impl Strategy<Value = String> {
    let manifest = prop::sample::select(vec![example(), VENDING_ONLY.to_owned()]);
    (manifest, any::<prop::sample::Index>(), 0..20_usize, prop_oneof![yaml_like(), any::<String>()]).prop_map(
        |(manifest, start, length, text)| {
            let characters: Vec<char> = manifest.chars().collect();
            let start = start.index(characters.len());
            let end = (start + length).min(characters.len());
            let (before, after) = (&characters[..start], &characters[end..]);
            before.iter().copied().chain(text.chars()).chain(after.iter().copied()).collect()
        },
    )
}

/// Whether a position is inside the text, or at its end. YAML ends lines with `\n`, `\r`, or both.
fn is_inside(text: &str, position: Position) -> bool {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some(index) = position.line.checked_sub(1) else { return false };
    let Some(line) = text.split('\n').nth(usize::try_from(index).unwrap()) else { return false };
    (1..=line.chars().count() as u64 + 1).contains(&position.column)
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let diagnostics = match Source::parse(FILE, text) {
        Err(diagnostic) => vec![*diagnostic],
        Ok(source) => {
            for position in source.positions().all() {
                prop_assert!(is_inside(text, position), "{position:?} in {text:?}");
            }
            source.validate(None).err().unwrap_or_default()
        }
    };
    for diagnostic in &diagnostics {
        let position = Position { line: diagnostic.line, column: diagnostic.column };
        prop_assert!(is_inside(text, position), "{diagnostic} in {text:?}");
        prop_assert!(!diagnostic.message.contains(char::is_control), "{diagnostic:?}");
    }
    prop_assert!(diagnostics.is_sorted_by_key(|diagnostic| (diagnostic.line, diagnostic.column)));
    Ok(())
}

/// Replaces one value at random.
fn changed_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(serde_json::json!({})),
        Just(serde_json::json!([{}])),
    ];
    let pointers = pointers(&json(), String::new());
    (prop::sample::select(pointers), leaf).prop_map(|(pointer, value)| {
        let mut manifest = json();
        if let Some(place) = manifest.pointer_mut(&pointer) {
            *place = value;
        }
        manifest
    })
}

fn json() -> Value {
    Source::parse(FILE, &example()).unwrap().value().clone()
}

fn pointers(value: &Value, pointer: String) -> Vec<String> {
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    let mut found = match value {
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| pointers(value, below(name))).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| pointers(value, below(&index.to_string()))).collect()
        }
        _ => Vec::new(),
    };
    found.push(pointer);
    found
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_reported(text in prop_oneof![any::<String>(), yaml_like(), changed()]) {
        check(&text)?;
    }

    #[test]
    fn any_json_is_read_or_reported(value in changed_json()) {
        match Manifest::from_json(&value, None) {
            Ok(manifest) => {
                let written = serde_json::to_value(&manifest).unwrap();
                prop_assert_eq!(Manifest::from_json(&written, None), Ok(manifest));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| !problem.detail.is_empty()));
            }
        }
    }
}

#[test]
fn deep_or_large_text_is_rejected() {
    let deep = "[".repeat(100_000);
    let nested = format!("{}1{}", "{a: ".repeat(60), "}".repeat(60));
    let bomb = (1..12).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        let below = level - 1;
        format!("{text}a{level}: &a{level} [*a{below}, *a{below}, *a{below}, *a{below}, *a{below}, *a{below}]\n")
    });
    for text in [deep, nested, bomb] {
        assert!(Source::parse(FILE, &text).is_err());
        check(&text).unwrap();
    }
}
