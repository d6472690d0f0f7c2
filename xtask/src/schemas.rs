//! The part of `generate` that depends on the Rust types: schemas/.

use anyhow::Result;

use crate::command::{cargo, run_shown};

/// The contract test that compares the files also writes them, so that xtask does not depend on an AWS SDK.
const TEST: &str = "schemas::schemas_match_the_types";

/// Writes schemas/, or only compares it with the types.
pub(crate) fn run(check: bool) -> Result<()> {
    let mut test = cargo();
    test.args(["test", "--workspace", "--test", "contract", "--locked", "--", "--exact", TEST]);
    if !check {
        test.env("ACCOUNT_VENDING_WRITE_SCHEMAS", "1");
    }
    run_shown(&mut test, if check { "comparing schemas/" } else { "writing schemas/" })
}
