//! The part of `generate` that depends on the Rust types and on the policies: schemas/, and tables of the manual.

use anyhow::Result;

use crate::command::{cargo, run_shown};

/// The tests that compare the files also write them, so that xtask does not depend on an AWS SDK. Each has its binary.
const TESTS: [(&str, &str); 2] =
    [("contract", "schemas::schemas_match_the_types"), ("policies", "pages::pages_match_the_policies")];

/// Writes the files, or only compares them.
pub(crate) fn run(check: bool) -> Result<()> {
    let label = if check { "comparing schemas/ and the manual" } else { "writing schemas/ and the manual" };
    for (binary, name) in TESTS {
        let mut test = cargo();
        test.args(["test", "--workspace", "--test", binary, "--locked", "--", "--exact", name]);
        if !check {
            test.env("ACCOUNT_VENDING_WRITE_SCHEMAS", "1");
        }
        run_shown(&mut test, label)?;
    }
    Ok(())
}
