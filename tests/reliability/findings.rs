//! The results of a run, for docs/reliability.md.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Writes a finding next to `stack.json`; `cargo xtask reliability` renders the document from the findings.
pub(crate) fn save(name: &str, finding: &Value) {
    let stack = PathBuf::from(std::env::var_os("ACCOUNT_VENDING_STACK").unwrap());
    let folder = stack.with_file_name("findings");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.json")), format!("{finding:#}\n")).unwrap();
}
