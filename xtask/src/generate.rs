//! `generate`: writes what follows from the folders in functions/. The folder is the registration of a function.

mod block;
mod manual;
mod parameters;
mod permissions;
mod registry;
mod state_machine;
mod template;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::functions::functions_in;
use crate::paths;
use crate::progress::say;
use crate::schemas;

#[derive(clap::Args)]
pub(crate) struct Generate {
    /// Write nothing; fail if a file is not up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(generate: &Generate) -> Result<()> {
    let root = paths::root();
    if generate.check {
        check(root)?;
    } else {
        write(root)?;
    }
    schemas::run(generate.check)?;
    say("Generated files are up to date.");
    Ok(())
}

/// A generated file, and what it must hold.
struct File {
    path: PathBuf,
    content: String,
}

fn files(root: &Path) -> Result<Vec<File>> {
    let functions = functions_in(root)?;
    let edited = |path: &'static str, edit: &dyn Fn(&str) -> Result<String>| -> Result<File> {
        let path = root.join(path);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let content = edit(&text).with_context(|| format!("generate {}", path.display()))?;
        Ok(File { path, content })
    };
    let new = |path: &str, content: String| File { path: root.join(path), content };
    Ok(vec![
        new("crates/vending-core/src/steps.rs", registry::render(&functions)?),
        edited("docs/src/reference/steps.md", &|text| manual::render(text, &functions))?,
        edited("docs/src/configure/parameters.md", &|text| parameters::render(text, &template(root)?))?,
        new("functions/vend/bootstrap-role/permissions.json", permissions::render(&functions)?),
        edited("statemachine/vend-account.asl.json", &|text| state_machine::render(text, &functions))?,
        edited("template.yaml", &|text| template::render(text, &functions))?,
    ])
}

fn template(root: &Path) -> Result<String> {
    fs::read_to_string(root.join("template.yaml")).context("read template.yaml")
}

fn is_current(file: &File) -> bool {
    fs::read_to_string(&file.path).is_ok_and(|text| text == file.content)
}

/// Writes only what changed, so that nothing is built again without need.
pub(crate) fn write(root: &Path) -> Result<()> {
    for file in files(root)?.iter().filter(|file| !is_current(file)) {
        fs::write(&file.path, &file.content).with_context(|| format!("write {}", file.path.display()))?;
        say(format_args!("- wrote {}", file.path.strip_prefix(root).unwrap_or(&file.path).display()));
    }
    Ok(())
}

fn check(root: &Path) -> Result<()> {
    let files = files(root)?;
    let stale: Vec<String> =
        files.iter().filter(|file| !is_current(file)).map(|file| paths::shown(&file.path)).collect();
    if !stale.is_empty() {
        bail!("not up to date: {}; run `cargo xtask generate`", stale.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_up_to_date() {
        check(paths::root()).unwrap();
    }
}
