//! `new-step`: creates the folder of a baseline or access step, from which `generate` does the rest.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::generate;
use crate::paths;
use crate::progress::say;

#[derive(clap::Args)]
pub(crate) struct NewStep {
    /// The name of its function, a verb first, like tag-volumes.
    #[arg(value_parser = folder_name)]
    folder: String,
    /// What it does, in one sentence.
    #[arg(long, default_value = "Describe the step here.")]
    description: String,
    /// Gives people or pipelines access: runs when the baseline is complete.
    #[arg(long)]
    access: bool,
    /// The checkout to write to.
    #[arg(long, hide = true, default_value_os_t = paths::root().to_owned())]
    root: PathBuf,
}

/// The files of a step, as they begin.
const FILES: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("new_step/Cargo.toml.txt")),
    ("function.yaml", include_str!("new_step/function.yaml.txt")),
    ("session-policy.json", include_str!("new_step/session-policy.json.txt")),
    ("src/main.rs", include_str!("new_step/main.rs.txt")),
    ("src/lib.rs", include_str!("new_step/lib.rs.txt")),
];

pub(crate) fn run(step: &NewStep) -> Result<()> {
    let folder = step.path();
    create(&step.root.join(&folder), step)?;
    generate::write(&step.root)?;
    say(format_args!("Created {folder}. What is left to do:"));
    for todo in [
        "implement and test it: functions/baseline/set-contacts and harden-ssm are short examples".to_owned(),
        format!(
            "list what its sessions may do in {folder}/session-policy.json, and its role in {folder}/function.yaml"
        ),
        "add a way to undo it to Drift::cause in tests/workflow/baseline.rs".to_owned(),
        "run `cargo xtask generate` and `cargo xtask check`".to_owned(),
    ] {
        say(format_args!("- {todo}"));
    }
    Ok(())
}

fn create(folder: &Path, step: &NewStep) -> Result<()> {
    if folder.exists() {
        bail!("{} exists already", folder.display());
    }
    for (name, text) in FILES {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        fs::write(&path, step.filled(text)).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

impl NewStep {
    fn path(&self) -> String {
        format!("functions/{}/{}", if self.access { "access" } else { "baseline" }, self.folder)
    }

    fn name(&self) -> String {
        let capitalized = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.folder.split('-').map(capitalized).collect()
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{{step}}", &self.folder)
            .replace("{{Step}}", &self.name())
            .replace("{{module}}", &self.folder.replace('-', "_"))
            .replace("{{records}}", if self.access { "AccessInput" } else { "RecordedInput" })
            .replace("{{description}}", &self.description)
    }
}

fn folder_name(text: &str) -> Result<String, String> {
    let is_word = |word: &str| {
        let starts_with_letter = word.starts_with(|first: char| first.is_ascii_lowercase());
        starts_with_letter && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if text.contains('-') && text.split('-').all(is_word) {
        return Ok(text.to_owned());
    }
    Err("expected lower-case words joined by -, like tag-volumes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_with_a_verb() {
        assert!(folder_name("tag-volumes").is_ok() && folder_name("harden-ec2").is_ok());
        for wrong in ["", "tag", "Tag-Volumes", "tag--volumes", "../x-y", "tag-2volumes"] {
            assert!(folder_name(wrong).is_err(), "{wrong}");
        }
    }
}
