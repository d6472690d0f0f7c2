//! `check`: format, lints, unit and contract tests. Needs no local cloud and no network.

use anyhow::Result;

use crate::cargo_tools::{build_tests, install_nextest, nextest};
use crate::command::{cargo, run_shown};
use crate::compile::compile;
use crate::phases::Phases;

pub(crate) const FORMAT: &str = "format";
pub(crate) const LINTS: &str = "lints";
pub(crate) const TESTS: &str = "unit and contract tests";

pub(crate) fn run() -> Result<()> {
    install_nextest()?;
    let mut phases = Phases::new(&[FORMAT, LINTS, TESTS]);
    format(&mut phases);
    lints(&mut phases);
    tests(&mut phases);
    phases.summary()
}

pub(crate) fn format(phases: &mut Phases) {
    phases.check(FORMAT, "run `cargo fmt --all`", || run_shown(cargo().args(["fmt", "--all", "--check"]), "cargo fmt"));
}

pub(crate) fn lints(phases: &mut Phases) {
    phases.check(LINTS, "fix the warnings, or use `#[expect]` with a reason", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        compile(cargo().args(arguments), "cargo clippy")
    });
}

pub(crate) fn tests(phases: &mut Phases) {
    phases.check(TESTS, "run a failed test again with `cargo nextest run --workspace NAME`", || {
        build_tests()?;
        run_shown(nextest("not (binary(workflow) | binary(reliability))").arg("--no-fail-fast"), "cargo nextest")
    });
}
