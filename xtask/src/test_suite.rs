//! `test`: every check and every test, each as a phase of its own.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo_tools::{DENY, install_nextest, nextest};
use crate::cloud::{Cloud, Options};
use crate::command::{cargo, run_logged, run_shown};
use crate::deploy::sam;
use crate::function_logs;
use crate::functions::build_functions;
use crate::lint::render_state_machines;
use crate::paths;
use crate::phases::Suite;
use crate::progress::say;
use crate::reliability;
use crate::schemathesis;
use crate::stack::Stack;
use crate::tools::{self, CFN_LINT, MINISTACK, MOTO, SAM, SCHEMATHESIS};
use crate::up;

pub(crate) fn run() -> Result<()> {
    if Cloud::load()?.is_some_and(|cloud| cloud.is_alive()) {
        say("A local cloud is up. The tests start their own, so it is taken down first.");
        up::down()?;
    }
    let mut suite = Suite::default();
    suite.phase("tools", "look at the log it names, then run this again", prepare);
    if suite.all_passed() {
        checks(&mut suite);
        cloud_tests(&mut suite);
    }
    suite.summary()
}

fn prepare() -> Result<()> {
    tools::install(&[MINISTACK, MOTO, SAM, CFN_LINT, SCHEMATHESIS])?;
    install_nextest()?;
    DENY.install()
}

fn checks(suite: &mut Suite) {
    suite
        .phase("format", "run `cargo fmt --all`", || run_shown(cargo().args(["fmt", "--all", "--check"]), "cargo fmt"));
    suite.phase("clippy", "mend what it shows, or expect it with a reason", || {
        run_shown(
            cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
            "cargo clippy",
        )
    });
    suite.phase("dependencies", "see deny.toml: choose another crate, or allow this one with a reason", || {
        let mut deny = Command::new(DENY.program());
        run_shown(deny.current_dir(paths::root()).args(["check", "bans", "licenses", "sources"]), "cargo deny")
    });
    suite.phase("template", "mend template.yaml, service-catalog/ or statemachine/ where it points", lint_templates);
    suite.phase("unit and contract tests", "run one again with `cargo nextest run --workspace NAME`", || {
        let arguments = ["--workspace", "--locked", "--filterset", "not (binary(workflow) | binary(reliability))"];
        run_shown(nextest().args(arguments), "cargo nextest")
    });
}

fn lint_templates() -> Result<()> {
    let cfn_lint = |template: &std::path::Path| {
        let mut lint = CFN_LINT.python();
        lint.current_dir(paths::root()).arg(CFN_LINT.program("cfn-lint")).arg(template);
        run_shown(&mut lint, &format!("cfn-lint {}", paths::shown(template)))
    };
    cfn_lint(&paths::root().join("template.yaml"))?;
    cfn_lint(&paths::root().join("service-catalog/account.yaml"))?;
    cfn_lint(&render_state_machines()?)?;
    let mut validate = sam("http://127.0.0.1:9")?;
    run_logged(
        validate.args(["validate", "--lint", "--template-file", "template.yaml"]),
        "sam validate",
        "sam-validate.log",
    )
}

fn cloud_tests(suite: &mut Suite) {
    let remedy = "mend what does not compile";
    if !suite.phase("build the functions", remedy, build_functions) {
        suite.skip("tests on the local cloud", "the functions were not built");
        return;
    }
    let remedy =
        "look at target/local/logs; start the same cloud with `cargo xtask up --strict` and run one test again";
    suite.phase("workflow tests", remedy, || workflow_tests(false));
    let remedy = "start a cloud with `cargo xtask up --strict` and run it again with `cargo xtask schemathesis`";
    suite.phase("API against its description", remedy, || then_down(schemathesis::run(), "workflow"));
    let remedy = "as above, with `cargo xtask up --strict --evaluate-iam`; the answers name what was denied";
    suite.phase("workflow tests with IAM evaluated", remedy, || workflow_tests(true));
    let remedy = "see tests/reliability/identity.rs; a permission that nothing uses goes, or gets a test that uses it";
    suite.phase("least privilege", remedy, || then_down(reliability::roles(), "workflow-evaluate-iam"));
    let remedy = "as above, with `cargo xtask up --strict --evaluate-iam --speed 20` and `--profile reliability`";
    suite.phase("reliability", remedy, || then_down(reliability::test(reliability::Sweep::Shared), "reliability"));
}

/// Leaves the cloud up for what else is to be tested on it.
fn workflow_tests(evaluate_iam: bool) -> Result<()> {
    let options = Options { strict: true, evaluate_iam, ..Options::default() };
    up::ensure_up(&options)?;
    let mut nextest = nextest();
    nextest.args(["--package", "account-vending-tests", "--test", "workflow", "--locked"]);
    nextest.args(["--profile", if evaluate_iam { "enforce-iam" } else { "workflow" }]);
    run_shown(nextest.env("ACCOUNT_VENDING_STACK", Stack::path()), "cargo nextest")
}

/// Takes the cloud down, whatever the tests came to, and keeps its logs. The first error is the one to show.
fn then_down(tested: Result<()>, logs: &str) -> Result<()> {
    let ended = up::down().and_then(|()| keep_logs(logs));
    tested.and(ended)
}

/// Moves the cloud's logs to a folder of their own, where the next cloud does not write over them.
fn keep_logs(name: &str) -> Result<()> {
    let kept = paths::log(name);
    if kept.exists() {
        fs::remove_dir_all(&kept).with_context(|| format!("remove {}", kept.display()))?;
    }
    fs::create_dir_all(&kept).with_context(|| format!("create {}", kept.display()))?;
    for log in ["moto.log", "strict-proxy.log", "ministack.log", "sam-deploy.log", function_logs::FOLDER] {
        let from = paths::log(log);
        if from.exists() {
            fs::rename(&from, kept.join(log)).with_context(|| format!("move {}", from.display()))?;
        }
    }
    say(format_args!("Logs of this cloud: {}", paths::shown(&kept)));
    Ok(())
}
