//! `schemathesis`: calls the deployed API with valid and invalid requests, and compares the responses with
//! schemas/openapi.yaml.

use anyhow::Result;

use crate::command::run_shown;
use crate::paths;
use crate::stack;
use crate::tools::{self, SCHEMATHESIS};

pub(crate) fn run() -> Result<()> {
    tools::install(&[SCHEMATHESIS])?;
    let stack = stack::load()?;
    let mut schemathesis = SCHEMATHESIS.python();
    schemathesis.env("HYPOTHESIS_STORAGE_DIRECTORY", paths::local().join("hypothesis"));
    schemathesis.current_dir(paths::root()).arg(SCHEMATHESIS.program("schemathesis"));
    schemathesis.args(["--config-file", "tests/schemathesis/schemathesis.toml"]);
    schemathesis.args(["run", "schemas/openapi.yaml", "--url", &stack.api_url]);
    run_shown(&mut schemathesis, "schemathesis")
}
