//! Reads the folders of the functions, and builds what runs on the local cloud.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command::cargo;
use crate::compile::executables;
use crate::paths;
use crate::progress::say;

/// How the functions are compiled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Profile {
    /// For this machine, with the dev profile, which compiles faster.
    Local,
    /// With the release profile.
    Release,
}

/// Builds every function, the strict proxy, and `vend`. A function is linked to `target/lambda/<name>/bootstrap`, the path in
/// template.yaml.
///
/// This builds the whole workspace: cargo selects the features of a dependency from the packages that it builds
/// together, and would compile the AWS SDK again for the tests.
pub(crate) fn build_functions(profile: Profile) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--workspace", "--exclude", "xtask", "--bins", "--locked"]);
    if profile == Profile::Release {
        build.arg("--release");
    }
    let programs = executables(&mut build, "building the functions")?;
    let mut changed = Vec::new();
    for name in function_names()? {
        let Some(program) = programs.get(&name) else {
            bail!("the package in the folder {name} builds no binary `{name}`: all need the same name");
        };
        if install_bootstrap(&name, program)? {
            changed.push(name);
        }
    }
    let vend = programs.get("vend").context("crates/vend builds no binary `vend`")?;
    install(vend, &command_line())?;
    let proxy = programs.get("strict-proxy").context("local-cloud/strict-proxy builds no binary `strict-proxy`")?;
    install(proxy, &strict_proxy())?;
    match changed.as_slice() {
        [] => say("  target/lambda: unchanged"),
        changed => say(format_args!("  target/lambda: {} changed", changed.join(", "))),
    }
    Ok(())
}

/// The stage of a function, from its path `functions/<stage>/<name>`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    Entry,
    Vend,
    Baseline,
    Access,
    /// Run by build-organization, which vends nothing.
    Organization,
    Maintenance,
}

impl Stage {
    fn from_folder(name: &str) -> Result<Self> {
        Ok(match name {
            "entry" => Self::Entry,
            "vend" => Self::Vend,
            "baseline" => Self::Baseline,
            "access" => Self::Access,
            "organization" => Self::Organization,
            "maintenance" => Self::Maintenance,
            _ => bail!(
                "functions/{name} is not a stage: expected entry, vend, baseline, access, organization, or maintenance"
            ),
        })
    }
}

/// A function, as its folder `functions/<stage>/<name>` describes it.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) stage: Stage,
    pub(crate) name: String,
    /// The description in its Cargo.toml, one sentence.
    pub(crate) description: String,
    /// The documentation of its crate, in Markdown with one line for each paragraph.
    pub(crate) documentation: String,
    /// The properties of its resource in template.yaml that do not follow from the folder: its `function.yaml`.
    pub(crate) properties: String,
    /// The policies of its sessions in member accounts: its `session-policy*.json`.
    pub(crate) session_policies: Vec<Value>,
}

impl Function {
    /// `create-account` is `CreateAccount`.
    pub(crate) fn pascal_case(&self) -> String {
        let capitalized = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.name.split('-').map(capitalized).collect()
    }

    fn read(folder: &Path) -> Result<Self> {
        let manifest: toml::Table = read(&folder.join("Cargo.toml"))?.parse().context("read its Cargo.toml")?;
        let description = manifest["package"].get("description").and_then(toml::Value::as_str);
        let stage = folder.parent().map(file_name).unwrap_or_default();
        let mut policies: Vec<PathBuf> = list(folder)?;
        policies.retain(|path| file_name(path).starts_with("session-policy"));
        let policies = policies.iter().map(|path| Ok(serde_json::from_str(&read(path)?)?));
        Ok(Self {
            stage: Stage::from_folder(&stage)?,
            name: file_name(folder),
            description: description.context("its Cargo.toml has no description")?.to_owned(),
            documentation: documentation(&read(&folder.join("src/lib.rs"))?),
            properties: read(&folder.join("function.yaml"))?,
            session_policies: policies.collect::<Result<_>>()?,
        })
    }

    #[cfg(test)]
    pub(crate) fn sample(stage: Stage, name: &str) -> Self {
        let (name, description) = (name.to_owned(), "A sample.".to_owned());
        let (documentation, properties) = (description.clone(), String::new());
        Self { stage, name, description, documentation, properties, session_policies: Vec::new() }
    }
}

/// The functions of a stage.
pub(crate) fn in_stage(functions: &[Function], stage: Stage) -> impl Iterator<Item = &Function> {
    functions.iter().filter(move |function| function.stage == stage)
}

/// All functions, sorted by stage and name.
pub(crate) fn functions_in(root: &Path) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    for stage in list(&root.join("functions"))? {
        for folder in list(&stage)?.iter().filter(|folder| folder.join("Cargo.toml").exists()) {
            functions.push(Function::read(folder).with_context(|| format!("read {}", paths::shown(folder)))?);
        }
    }
    Ok(functions)
}

/// The names of all functions: of their folders, packages, and binaries.
pub(crate) fn function_names() -> Result<Vec<String>> {
    Ok(functions_in(paths::root())?.into_iter().map(|function| function.name).collect())
}

/// The comment at the beginning of a crate.
fn documentation(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraphs: Vec<String> =
        lines.collect::<Vec<_>>().split(|line| line.is_empty()).map(|paragraph| paragraph.join(" ")).collect();
    paragraphs.join("\n\n")
}

/// The paths in a folder, sorted.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// Installs a function; returns whether it has changed.
fn install_bootstrap(name: &str, program: &Path) -> Result<bool> {
    install(program, &bootstrap(name))
}

/// The path of a built function.
pub(crate) fn bootstrap(name: &str) -> PathBuf {
    paths::root().join("target/lambda").join(name).join("bootstrap")
}

/// The path of the built strict proxy.
pub(crate) fn strict_proxy() -> PathBuf {
    paths::local().join("strict-proxy")
}

/// Where `vend` is installed.
pub(crate) fn command_line() -> PathBuf {
    paths::root().join("target/vend/vend")
}

/// Installs a program; returns whether it has changed. An unchanged program keeps its modification time.
///
/// Creates a hard link if possible, because the functions are large: cargo replaces a program and never changes it in
/// place.
fn install(program: &Path, place: &Path) -> Result<bool> {
    let built = fs::read(program).with_context(|| format!("read {}", program.display()))?;
    if fs::read(place).is_ok_and(|installed| installed == built) {
        return Ok(false);
    }
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    if place.exists() {
        fs::remove_file(place).with_context(|| format!("replace {}", place.display()))?;
    }
    if fs::hard_link(program, place).is_err() {
        fs::copy(program, place).with_context(|| format!("write {}", place.display()))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_has_one_line_per_paragraph() {
        let source = "//! Tags volumes\n//! and snapshots.\n//!\n//! In each Region.\n\nmod tags;\n//! No.\n";
        assert_eq!(documentation(source), "Tags volumes and snapshots.\n\nIn each Region.");
    }
}
