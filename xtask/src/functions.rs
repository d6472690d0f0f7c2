//! Builds the functions: the one place that knows how.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::command::cargo;
use crate::paths;
use crate::progress::{Activity, say};

/// Builds every function and puts it where template.yaml looks for it: `target/lambda/<name>/bootstrap`.
pub(crate) fn build_functions() -> Result<()> {
    let names = function_names()?;
    let mut build = cargo();
    build.args(["build", "--release"]);
    for name in &names {
        build.args(["--package", name]);
    }
    let first_time = !paths::root().join("target/lambda").exists();
    let patience = if first_time { " (the first time takes minutes)" } else { "" };
    let executables = executables(&mut build, &format!("building the functions{patience}"))?;
    let mut changed = Vec::new();
    for name in &names {
        let Some(executable) = executables.get(name) else {
            bail!("functions/{name} builds no binary `{name}`; folder, package and binary have one name");
        };
        if install_bootstrap(name, executable)? {
            changed.push(name.as_str());
        }
    }
    match changed.as_slice() {
        [] => say("  target/lambda: nothing changed"),
        changed => say(format_args!("  target/lambda: {} changed", changed.join(", "))),
    }
    Ok(())
}

/// Builds one program for this machine and answers where it is.
pub(crate) fn build_program(package: &str, binary: &str) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--release", "--package", package, "--bin", binary]);
    let mut executables = executables(&mut build, &format!("building {binary}"))?;
    executables.remove(binary).with_context(|| format!("package {package} builds no binary {binary}"))
}

/// `ls functions`: folder = package = binary.
pub(crate) fn function_names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(paths::root().join("functions")).context("list functions/")? {
        let entry = entry.context("list functions/")?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[derive(Deserialize)]
struct BuildMessage {
    executable: Option<PathBuf>,
    target: Option<BuildTarget>,
}

#[derive(Deserialize)]
struct BuildTarget {
    name: String,
}

/// Runs a build with its progress on the terminal; asks cargo itself where the binaries are,
/// since a developer may have set another target folder or architecture.
fn executables(build: &mut Command, label: &str) -> Result<BTreeMap<String, PathBuf>> {
    let activity = Activity::start_beside(label);
    build.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped()).stderr(Stdio::inherit());
    let output = build.spawn().and_then(std::process::Child::wait_with_output).context("start cargo")?;
    if !output.status.success() {
        bail!("{label}: {}. What does not compile stands above", output.status);
    }
    activity.done();
    Ok(executables_in(&String::from_utf8_lossy(&output.stdout)))
}

fn executables_in(messages: &str) -> BTreeMap<String, PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<BuildMessage>(line).ok());
    messages.filter_map(|message| Some((message.target?.name, message.executable?))).collect()
}

/// Copies only what differs, so that an unchanged function keeps its time stamp. True when it was copied.
fn install_bootstrap(name: &str, executable: &Path) -> Result<bool> {
    let folder = paths::root().join("target/lambda").join(name);
    let bootstrap = folder.join("bootstrap");
    let built = fs::read(executable).with_context(|| format!("read {}", executable.display()))?;
    if fs::read(&bootstrap).is_ok_and(|installed| installed == built) {
        return Ok(false);
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    fs::copy(executable, &bootstrap).with_context(|| format!("write {}", bootstrap.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_executables_from_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"create-account"},"executable":"/t/release/create-account"}
{"reason":"build-finished","success":true}"#;
        let found = executables_in(messages);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("create-account".into(), "/t/release/create-account".into())]
        );
    }
}
