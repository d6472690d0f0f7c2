//! `schemas`: writes into schemas/ what the Rust types say.

use anyhow::Result;

use crate::command::{cargo, run_shown};
use crate::progress::say;

/// The contract test that compares the files knows how to write them, so that nothing here depends on an AWS SDK.
const TEST: &str = "schemas::schemas_say_what_the_types_say";

pub(crate) fn run() -> Result<()> {
    let mut test = cargo();
    test.args(["test", "--package", "account-vending-tests", "--test", "contract", "--locked", "--", "--exact", TEST]);
    run_shown(test.env("ACCOUNT_VENDING_WRITE_SCHEMAS", "1"), "writing schemas/")?;
    say("schemas/ says what the types say. Commit it with the change.");
    Ok(())
}
