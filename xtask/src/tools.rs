//! The Python tools, each in its own virtual environment, because their dependencies conflict. All versions are pinned.
//!
//! uv installs them in seconds (pip takes minutes), and stores shared files only once.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::command::run_silently;
use crate::paths;
use crate::progress::{Activity, say};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

const UV: Tool = Tool { name: "uv", version: "0.13.9" };
pub(crate) const MINISTACK: Tool = Tool { name: "ministack", version: "1.5.33" };
pub(crate) const MOTO: Tool = Tool { name: "moto", version: "5.2.5" };
pub(crate) const SAM: Tool = Tool { name: "aws-sam-cli", version: "1.170.0" };
pub(crate) const CFN_LINT: Tool = Tool { name: "cfn-lint", version: "1.58.0" };
pub(crate) const SCHEMATHESIS: Tool = Tool { name: "schemathesis", version: "4.32.5" };
/// Includes Zig, which links the functions of a release.
pub(crate) const CARGO_LAMBDA: Tool = Tool { name: "cargo-lambda", version: "1.9.2" };

impl Tool {
    /// A program of the tool.
    pub(crate) fn program(self, name: &str) -> PathBuf {
        self.folder().join("bin").join(name)
    }

    /// The Python of the tool, without the settings of the shell for another Python. Scripts are passed to it by path,
    /// because the first line of a script cannot contain a long path.
    pub(crate) fn python(self) -> Command {
        let mut python = Command::new(self.program("python"));
        python.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        python
    }

    fn folder(self) -> PathBuf {
        paths::root().join("target/tools").join(format!("{}-{}", self.name, self.version))
    }

    fn requirements(self) -> PathBuf {
        paths::root().join("xtask/tools").join(format!("{}.txt", self.name))
    }

    /// Written last, so that it marks a complete install. It contains the folder, because an environment cannot be
    /// moved.
    fn stamp(self) -> PathBuf {
        self.folder().join("installed.txt")
    }

    fn stamp_text(self) -> Result<String> {
        let path = self.requirements();
        let pins = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        Ok(format!("{}\n{pins}", self.folder().display()))
    }

    fn is_installed(self) -> Result<bool> {
        let stamped = fs::read_to_string(self.stamp()).unwrap_or_default() == self.stamp_text()?;
        // The interpreter of the environment may have been removed.
        Ok(stamped && self.program("python").exists())
    }

    fn install(self, python: &OsStr) -> Result<()> {
        self.remove_unfinished()?;
        let log = format!("install-{}.log", self.name);
        let mut environment = uv();
        environment.arg("venv").arg("--python").arg(python).arg(self.folder());
        run_silently(&mut environment, "create a virtual environment", &log)?;
        let mut install = uv();
        install.args(["pip", "install", "--requirement"]).arg(self.requirements());
        install.arg("--python").arg(self.program("python"));
        run_silently(&mut install, &format!("install {} {}", self.name, self.version), &log)?;
        self.mark_installed()
    }

    /// Installs uv itself, with the pip of Python.
    fn install_with_pip(self, python: &OsStr) -> Result<()> {
        self.remove_unfinished()?;
        let log = format!("install-{}.log", self.name);
        run_silently(
            Command::new(python).args(["-m", "venv"]).arg(self.folder()),
            "create a virtual environment",
            &log,
        )
        .context(
            "could not create a virtual environment; on Debian and Ubuntu, first run `apt-get install python3-venv`",
        )?;
        let mut pip = self.python();
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--requirement"]);
        run_silently(pip.arg(self.requirements()), &format!("install {} {}", self.name, self.version), &log)?;
        self.mark_installed()
    }

    fn remove_unfinished(self) -> Result<()> {
        let folder = self.folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("remove the unfinished {}", folder.display()))?;
        }
        Ok(())
    }

    fn mark_installed(self) -> Result<()> {
        fs::write(self.stamp(), self.stamp_text()?).context("mark the install as complete")
    }
}

/// Everything that uv writes is in target/tools. Its cache is next to the environments, which link to its files.
fn uv() -> Command {
    let mut uv = Command::new(UV.program("uv"));
    uv.env("UV_CACHE_DIR", paths::root().join("target/tools/cache"));
    uv.env("UV_PYTHON_DOWNLOADS", "never").env_remove("VIRTUAL_ENV").current_dir(paths::root());
    uv
}

/// Installs the missing tools at the same time, because most of the time is spent on downloads.
pub(crate) fn install(tools: &[Tool]) -> Result<()> {
    install_during(tools, || Ok(()))
}

/// Installs the missing tools while `work` runs. Without Python, nothing is started.
pub(crate) fn install_during(tools: &[Tool], work: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut missing = Vec::new();
    for tool in tools {
        if !tool.is_installed()? {
            missing.push(*tool);
        }
    }
    if missing.is_empty() {
        return work();
    }
    let python = find_python()?;
    let names: Vec<String> = missing.iter().map(|tool| format!("{} {}", tool.name, tool.version)).collect();
    say(format_args!("- installing {} into target/tools", names.join(", ")));
    thread::scope(|scope| {
        let installs = scope.spawn(|| install_all(&missing, &python));
        work()?;
        let waiting = (!installs.is_finished()).then(|| Activity::start("waiting for the tools"));
        installs.join().map_err(|_| anyhow!("an installation panicked; run the command again"))??;
        waiting.map(Activity::done);
        Ok(())
    })
}

fn install_all(tools: &[Tool], python: &OsStr) -> Result<()> {
    if !UV.is_installed()? {
        UV.install_with_pip(python)?;
    }
    thread::scope(|scope| {
        let install = |tool: Tool| {
            scope.spawn(move || tool.install(python).map(|()| say(format_args!("  {} is installed", tool.name))))
        };
        let installs: Vec<_> = tools.iter().map(|tool| install(*tool)).collect();
        for install in installs {
            install.join().map_err(|_| anyhow!("an installation panicked; run the command again"))??;
        }
        Ok(())
    })
}

/// The first Python that every tool supports.
fn find_python() -> Result<std::ffi::OsString> {
    let candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
    for candidate in candidates {
        let new_enough = "import sys; sys.exit(sys.version_info < (3, 11))";
        let response = Command::new(candidate).args(["-c", new_enough]).output();
        if response.is_ok_and(|response| response.status.success()) {
            return Ok(candidate.into());
        }
    }
    bail!(
        "Python 3.11 or later was not found in PATH (tried {}); install it and run the command again",
        candidates.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned() {
        for tool in [UV, MINISTACK, MOTO, SAM, CFN_LINT, SCHEMATHESIS, CARGO_LAMBDA] {
            let pins = fs::read_to_string(tool.requirements()).unwrap();
            assert!(pins.lines().any(|pin| pin == format!("{}=={}", tool.name, tool.version)), "{}", tool.name);
            assert!(pins.lines().all(|pin| pin.starts_with('#') || pin.contains("==")), "{}", tool.name);
        }
    }
}
