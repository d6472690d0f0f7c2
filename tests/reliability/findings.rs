//! What a run found, for docs/reliability.md.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Written beside `stack.json`; `cargo xtask test` makes the document of it.
pub(crate) fn keep(name: &str, finding: &Value) {
    let stack = PathBuf::from(std::env::var_os("ACCOUNT_VENDING_STACK").unwrap());
    let folder = stack.with_file_name("findings");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.json")), format!("{finding:#}\n")).unwrap();
}
