//! The Python tools, each in a virtual environment of its own (their dependencies clash), every version pinned.

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

pub(crate) const MINISTACK: Tool = Tool { name: "ministack", version: "1.5.33" };
pub(crate) const MOTO: Tool = Tool { name: "moto", version: "5.2.5" };
pub(crate) const SAM: Tool = Tool { name: "aws-sam-cli", version: "1.170.0" };
pub(crate) const CFN_LINT: Tool = Tool { name: "cfn-lint", version: "1.58.0" };
pub(crate) const SCHEMATHESIS: Tool = Tool { name: "schemathesis", version: "4.32.5" };
/// Brings its own Zig; for building what is released, not needed on this machine's own architecture.
#[cfg_attr(not(test), expect(dead_code, reason = "the release build is still to come"))]
pub(crate) const CARGO_LAMBDA: Tool = Tool { name: "cargo-lambda", version: "1.9.2" };

impl Tool {
    /// A program that the tool brings.
    pub(crate) fn program(self, name: &str) -> PathBuf {
        self.folder().join("bin").join(name)
    }

    /// The tool's own Python, whatever the shell sets for another one. It is given each script by its path,
    /// since the first line of a script cannot hold a long one.
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

    /// Written last, so it marks a complete install. It names the folder too, since an environment cannot be moved.
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
        // The interpreter it was made with may be gone by now.
        Ok(stamped && self.program("python").exists())
    }

    fn install(self, python: &OsStr) -> Result<()> {
        let folder = self.folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("remove the unfinished {}", folder.display()))?;
        }
        let log = format!("install-{}.log", self.name);
        run_silently(Command::new(python).args(["-m", "venv"]).arg(&folder), "make a virtual environment", &log)
            .context(
                "no virtual environment; on Debian and Ubuntu run `apt-get install python3-venv`, then this again",
            )?;
        let mut pip = self.python();
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--requirement"]);
        run_silently(pip.arg(self.requirements()), &format!("install {} {}", self.name, self.version), &log)?;
        fs::write(self.stamp(), self.stamp_text()?).context("mark the install as complete")
    }
}

/// Installs what is missing of `tools`, all at once: most of the time is waiting for the network.
pub(crate) fn install(tools: &[Tool]) -> Result<()> {
    let mut missing = Vec::new();
    for tool in tools {
        if !tool.is_installed()? {
            missing.push(*tool);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let python = find_python()?;
    let names: Vec<String> = missing.iter().map(|tool| format!("{} {}", tool.name, tool.version)).collect();
    let activity = Activity::start(format!("installing {} into target/tools", names.join(", ")));
    thread::scope(|scope| {
        let installs: Vec<_> = missing
            .iter()
            .map(|tool| {
                let python = &python;
                scope.spawn(move || tool.install(python).map(|()| say(format_args!("  {} is installed", tool.name))))
            })
            .collect();
        for install in installs {
            install.join().map_err(|_| anyhow!("an install ended in the middle; run the command again"))??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    activity.done();
    Ok(())
}

/// The first Python that is new enough for every tool.
fn find_python() -> Result<std::ffi::OsString> {
    let candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
    for candidate in candidates {
        let new_enough = "import sys; sys.exit(sys.version_info < (3, 11))";
        let answer = Command::new(candidate).args(["-c", new_enough]).output();
        if answer.is_ok_and(|answer| answer.status.success()) {
            return Ok(candidate.into());
        }
    }
    bail!("no Python 3.11 or newer on the PATH (looked for {}); install one and run this again", candidates.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned_at_its_version() {
        for tool in [MINISTACK, MOTO, SAM, CFN_LINT, SCHEMATHESIS, CARGO_LAMBDA] {
            let pins = fs::read_to_string(tool.requirements()).unwrap();
            assert!(pins.lines().any(|pin| pin == format!("{}=={}", tool.name, tool.version)), "{}", tool.name);
            assert!(pins.lines().all(|pin| pin.starts_with('#') || pin.contains("==")), "{}", tool.name);
        }
    }
}
