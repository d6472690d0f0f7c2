#![no_main]

//! Any text as an organization manifest. A valid manifest is equal after serializing and parsing it, and problems have
//! a position in the text.

use libfuzzer_sys::fuzz_target;
use vending_manifest::{Manifest, Source};

fuzz_target!(|text: &str| {
    let lines = 1 + text.matches(['\n', '\r']).count() as u64;
    let diagnostics = match Source::parse("organization.yaml", text) {
        Err(diagnostic) => vec![*diagnostic],
        Ok(source) => match source.validate(None) {
            Err(diagnostics) => diagnostics,
            Ok(manifest) => {
                let written = serde_json::to_value(&manifest).unwrap();
                assert_eq!(Manifest::from_json(&written, None), Ok(manifest));
                return;
            }
        },
    };
    assert!(!diagnostics.is_empty());
    for diagnostic in diagnostics {
        assert!((1..=lines).contains(&diagnostic.line) && diagnostic.column > 0, "{diagnostic}");
    }
});
