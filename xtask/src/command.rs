//! Runs other programs, with their output in a log or on the terminal.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::progress::Activity;

const LOG_TAIL_LINES: usize = 25;

/// Runs `command` with its output in `target/local/logs/<log>`; an error shows the end of it.
pub(crate) fn run_logged(command: &mut Command, label: &str, log: &str) -> Result<()> {
    let activity = Activity::start(label);
    run_silently(command, label, log)?;
    activity.done();
    Ok(())
}

/// As [`run_logged`], without showing an activity: for several commands at once.
pub(crate) fn run_silently(command: &mut Command, label: &str, log: &str) -> Result<()> {
    let log = paths::log(log);
    let file = create_log(&log)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone().context("share the log file")?)
        .stderr(file)
        .status()
        .with_context(|| format!("start {} for: {label}", command.get_program().display()))?;
    if !status.success() {
        bail!("{label}: {status}. The end of {}:\n{}", paths::shown(&log), log_tail(&log));
    }
    Ok(())
}

/// Runs `command` with its output on the terminal.
pub(crate) fn run_shown(command: &mut Command, label: &str) -> Result<()> {
    let activity = Activity::start_with_output(label);
    let status = command.status().with_context(|| format!("start {} for: {label}", command.get_program().display()))?;
    if !status.success() {
        bail!("{label}: {status}. The errors are above");
    }
    activity.done();
    Ok(())
}

/// The cargo that runs xtask, in the root of the workspace.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut cargo = Command::new(program);
    cargo.current_dir(paths::root());
    for (name, _) in std::env::vars_os() {
        // `cargo run` sets these for xtask. If they are passed on, cargo builds some crates again.
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    cargo
}

pub(crate) fn create_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    File::create(path).with_context(|| format!("create {}", path.display()))
}

pub(crate) fn log_tail(path: &Path) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(LOG_TAIL_LINES)..];
    format!("    {}", tail.join("\n    "))
}
