//! Cargo's subcommands that the tests need, built once into target/tools where they are missing.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{cargo, run_logged};
use crate::paths;

pub(crate) struct CargoTool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const DENY: CargoTool = CargoTool { name: "cargo-deny", version: "0.20.2" };
const NEXTEST: CargoTool = CargoTool { name: "cargo-nextest", version: "0.9.143" };

impl CargoTool {
    pub(crate) fn program(&self) -> PathBuf {
        self.folder().join("bin").join(self.name)
    }

    fn folder(&self) -> PathBuf {
        paths::root().join("target/tools").join(format!("{}-{}", self.name, self.version))
    }

    /// cargo writes the binary last, so it marks a complete install. Unoptimized, it builds in half the time.
    pub(crate) fn install(&self) -> Result<()> {
        if self.program().exists() {
            return Ok(());
        }
        let mut install = cargo();
        install.args(["install", "--locked", "--debug", self.name, "--version", self.version, "--root"]);
        install.arg(self.folder()).arg("--target-dir").arg(paths::root().join("target/tools/build"));
        let label = format!("installing {} {} (minutes, once)", self.name, self.version);
        run_logged(&mut install, &label, &format!("install-{}.log", self.name))
            .with_context(|| format!("{} could not be installed", self.name))
    }
}

/// The developer's own cargo-nextest, whatever its version, or else ours.
pub(crate) fn install_nextest() -> Result<()> {
    if has_nextest() { Ok(()) } else { NEXTEST.install() }
}

pub(crate) fn nextest() -> Command {
    let mut nextest = cargo();
    nextest.arg("nextest").arg("run");
    // cargo looks for subcommands along PATH; ours comes last.
    if let Some(bin) = NEXTEST.program().parent() {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        path.push(OsString::from(":"));
        path.push(bin);
        nextest.env("PATH", path);
    }
    nextest
}

fn has_nextest() -> bool {
    cargo().args(["nextest", "--version"]).output().is_ok_and(|answer| answer.status.success())
}
