//! Runs the commands that no other phase of `test` runs, as a user types them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{cargo, run_logged, run_shown};
use crate::paths;
use crate::progress::say;
use crate::release;

/// Runs the commands and stops the local cloud.
pub(crate) fn run() -> Result<()> {
    // The second demo finds the account and deploys nothing. `bench` vends an account with the package of the release.
    let deploy_package = format!("up --template {}", release::template_of_this_machine().display());
    let commands = [
        "check",
        "demo",
        "demo",
        "up",
        "release --dry-run --short",
        &deploy_package,
        "bench --short",
        "generate --check",
    ];
    let ran = commands.into_iter().try_for_each(xtask);
    let ended = xtask("down");
    ran.and(ended)?;
    create_step()
}

fn xtask(command: &str) -> Result<()> {
    let program = std::env::current_exe().context("find the program of xtask")?;
    say(format_args!("\n$ cargo xtask {command}"));
    run_shown(Command::new(program).args(command.split(' ')), command)
}

/// Runs `new-step` in a copy of the checkout, and compiles the new step.
fn create_step() -> Result<()> {
    let copy = paths::local().join("new-step");
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("remove {}", copy.display()))?;
    }
    copy_sources(&copy)?;
    xtask(&format!("new-step tag-volumes --root {}", copy.display()))?;
    let mut check = cargo();
    check.current_dir(&copy).args(["check", "--offline", "--package", "tag-volumes", "--lib", "--bins"]);
    // With this package, cargo selects the features with which the dependencies are already compiled.
    check.args(["--package", "account-vending-tests", "--target-dir"]).arg(paths::root().join("target"));
    run_logged(&mut check, "compiling the step", "new-step.log")
}

/// Copies the files that git tracks or would add.
fn copy_sources(copy: &Path) -> Result<()> {
    let mut list = Command::new("git");
    list.current_dir(paths::root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = list.output().context("list the sources with git")?;
    for name in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
        let (from, to) = (paths::root().join(name), copy.join(name));
        // The file was deleted, and the deletion is not committed.
        if !from.exists() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        fs::copy(&from, &to).with_context(|| format!("copy {name}"))?;
    }
    Ok(())
}
