//! The subcommands of cargo that the tests need, built once into target/tools if they are missing.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::cargo;
use crate::compile::compile;
use crate::paths;
use crate::stack;

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

    /// cargo writes the binary last, so it marks a complete install. Without optimization, it builds in half the time.
    /// The build folder is removed, because it takes a gigabyte.
    pub(crate) fn install(&self) -> Result<()> {
        if self.program().exists() {
            return Ok(());
        }
        let build = paths::root().join("target/tools/build").join(self.name);
        let mut install = cargo();
        install.args(["install", "--locked", "--debug", self.name, "--version", self.version, "--root"]);
        install.arg(self.folder()).arg("--target-dir").arg(&build);
        compile(&mut install, &format!("installing {} {} (once)", self.name, self.version))
            .with_context(|| format!("{} could not be installed", self.name))?;
        fs::remove_dir_all(&build).with_context(|| format!("remove {}", build.display()))
    }
}

/// Installs cargo-nextest unless the developer has it, in any version.
pub(crate) fn install_nextest() -> Result<()> {
    if has_nextest() { Ok(()) } else { NEXTEST.install() }
}

/// Builds every test.
pub(crate) fn build_tests() -> Result<()> {
    compile(cargo().args(["test", "--workspace", "--locked", "--no-run"]), "building the tests")
}

/// Runs tests of the whole workspace: cargo selects the features of a dependency from the packages that it builds
/// together, and would compile the AWS SDK again for the tests of one package.
pub(crate) fn nextest(filter: &str) -> Command {
    let mut nextest = cargo();
    nextest.args(["nextest", "run", "--workspace", "--locked", "--cargo-quiet", "--filterset", filter]);
    // cargo finds subcommands in PATH; the installed one comes last.
    if let Some(bin) = NEXTEST.program().parent() {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        path.push(OsString::from(":"));
        path.push(bin);
        nextest.env("PATH", path);
    }
    nextest
}

/// Runs tests of one suite against the running stack.
pub(crate) fn cloud_tests(suite: &str, profile: &str, filter: &str) -> Command {
    let mut nextest = nextest(&format!("binary({suite}) & ({filter})"));
    nextest.args(["--profile", profile]).env("ACCOUNT_VENDING_STACK", stack::path());
    nextest
}

fn has_nextest() -> bool {
    cargo().args(["nextest", "--version"]).output().is_ok_and(|response| response.status.success())
}
