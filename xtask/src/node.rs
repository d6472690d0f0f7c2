//! The packages of Node.js that the checks use, pinned by their lock file.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::run_logged;
use crate::paths;

const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder that contains `node_modules`.
pub(crate) fn folder() -> PathBuf {
    paths::root().join("target/tools/node")
}

/// Installs the packages unless those of the current lock file are installed.
pub(crate) fn install() -> Result<()> {
    let (folder, pinned) = (folder(), paths::root().join("xtask/tools/node"));
    let text = |folder: &PathBuf| FILES.map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default());
    if text(&folder) == text(&pinned) && folder.join("node_modules/installed").exists() {
        return Ok(());
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    for name in FILES {
        fs::copy(pinned.join(name), folder.join(name)).with_context(|| format!("copy {name}"))?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    run_logged(&mut npm, "installing jsonata and AWS's authorization data", "install-node.log").context(
        "the packages of Node.js could not be installed; check that Node.js 20 or later and npm are installed",
    )?;
    // Written last, so it marks a complete install.
    fs::write(folder.join("node_modules/installed"), "").context("mark the install as complete")
}
