//! `new-step`: begins a step of the baseline or of access, wired up everywhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::progress::say;

#[derive(clap::Args)]
pub(crate) struct NewStep {
    /// The folder of its function, like tag-volumes: a verb first.
    #[arg(value_parser = folder_name)]
    folder: String,
    /// What it does, in one sentence.
    #[arg(long, default_value = "Sees to something in the account.")]
    description: String,
    /// A way in for people or programs: runs after the baseline.
    #[arg(long)]
    access: bool,
}

/// The files of a step, as they begin.
const FILES: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("new_step/Cargo.toml.txt")),
    ("src/main.rs", include_str!("new_step/main.rs.txt")),
    ("src/lib.rs", include_str!("new_step/lib.rs.txt")),
];

pub(crate) fn run(step: &NewStep) -> Result<()> {
    begin(paths::root(), step)?;
    say(format_args!("functions/{} is there, wired up in the state machine and the template.", step.folder));
    say("What is left to do:");
    for todo in [
        "write what it looks at and what it makes, and its tests: functions/enable-config shows how",
        "name its actions in SESSION_ACTIONS, and in the vending role's permissions in functions/bootstrap-role",
        "give it a row in the table of steps in README.md, and its parameters in template.yaml",
    ] {
        say(format_args!("- {todo}"));
    }
    say("`cargo nextest run -p account-vending-tests --test contract` says what is missing.");
    Ok(())
}

fn begin(root: &Path, step: &NewStep) -> Result<()> {
    let folder = root.join("functions").join(&step.folder);
    if folder.exists() {
        bail!("functions/{} is there already", step.folder);
    }
    for (name, text) in FILES {
        write(&folder.join(name), &step.filled(text))?;
    }
    let sample = read(&root.join("events/enable-config.json"))?;
    write(&root.join(format!("events/{}.json", step.folder)), &sample)?;
    for (file, insertions) in step.insertions() {
        let path = root.join(file);
        let mut text = read(&path)?;
        for insertion in insertions {
            text = insertion.into(&text).with_context(|| file.to_owned())?;
        }
        write(&path, &text)?;
    }
    Ok(())
}

impl NewStep {
    fn name(&self) -> String {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.folder.split('-').map(capital).collect()
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{{step}}", &self.folder)
            .replace("{{Step}}", &self.name())
            .replace("{{module}}", &self.folder.replace('-', "_"))
            .replace("{{description}}", &self.description)
    }

    /// Where a step is named, besides its own folder.
    fn insertions(&self) -> Vec<(&'static str, Vec<Insertion>)> {
        let (name, folder) = (self.name(), &self.folder);
        let (stage, next) = if self.access {
            ("    \"ApplyAccess\": {", "ReportOutcome")
        } else {
            ("    \"ApplyBaseline\": {", "RunCustomization")
        };
        let next_folder = if self.access { "report-outcome" } else { "run-customization" };
        let function = self.filled(include_str!("new_step/template.yaml.txt"));
        let mut files = vec![
            (
                "statemachine/vend-account.asl.json",
                vec![Insertion::first_item(stage, &format!("\"${{{name}FunctionArn}}\""))],
            ),
            (
                "template.yaml",
                vec![
                    Insertion::before(
                        &format!("        {next}FunctionArn: !GetAtt"),
                        &format!("        {name}FunctionArn: !GetAtt {name}Function.Arn\n"),
                    ),
                    Insertion::before(
                        &format!("                - !GetAtt {next}Function.Arn"),
                        &format!("                - !GetAtt {name}Function.Arn\n"),
                    ),
                    Insertion::before(&format!("  {next}Function:\n"), &function),
                ],
            ),
            (
                "crates/vending-executions/src/history.rs",
                vec![Insertion::before(
                    &format!("    (\"{next_folder}\","),
                    &format!("    (\"{folder}\", \"{name}\"),\n"),
                )],
            ),
        ];
        let switch = format!("\n    (\"{folder}\", \"{name}\"),");
        files.push((
            "functions/validate-request/src/switches.rs",
            vec![Insertion::after("SWITCHABLE: &[(&str, &str)] = &[", &switch)],
        ));
        if self.access {
            let after = Insertion::after("AFTER_THE_BASELINE: &[&str] = &[", &format!("\"{name}\", "));
            files.push(("crates/vending-core/src/account_record.rs", vec![after]));
        }
        files
    }
}

/// A text that is put at a place which the file marks.
struct Insertion {
    /// The texts that lead to the place, one after the other.
    way: Vec<String>,
    text: String,
    /// Whether the place is before the last mark instead of after it.
    before: bool,
}

impl Insertion {
    fn before(mark: &str, text: &str) -> Self {
        Self { way: vec![mark.to_owned()], text: text.to_owned(), before: true }
    }

    fn after(mark: &str, text: &str) -> Self {
        Self { before: false, ..Self::before(mark, text) }
    }

    fn first_item(stage: &str, item: &str) -> Self {
        Self { way: vec![stage.to_owned(), "\"Items\": [".to_owned()], text: format!("{item}, "), before: false }
    }

    fn into(self, text: &str) -> Result<String> {
        let mut place = 0;
        for mark in &self.way {
            let found = text[place..].find(mark).with_context(|| format!("there is no `{}`", mark.trim()))?;
            place += found + mark.len();
        }
        if self.before {
            place -= self.way.last().map_or(0, String::len);
        }
        let (head, tail) = text.split_at(place);
        // A list with an entry in each line gets another line.
        let is_list = self.text.ends_with(", ") && tail.starts_with('\n');
        let text = if is_list { format!("\n        {}", self.text.trim_end()) } else { self.text };
        Ok(format!("{head}{text}{tail}"))
    }
}

fn folder_name(text: &str) -> Result<String, String> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    if text.contains('-') && text.split('-').all(is_word) {
        return Ok(text.to_owned());
    }
    Err("must be lower-case words joined by -, like tag-volumes".to_owned())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(access: bool) -> NewStep {
        NewStep { folder: "tag-volumes".into(), description: "Tags volumes.".into(), access }
    }

    /// Whatever the real files look like now, a step finds its places in them.
    #[test]
    fn a_step_finds_its_places_in_every_file() {
        for access in [false, true] {
            for (file, insertions) in step(access).insertions() {
                let mut text = read(&paths::root().join(file)).unwrap();
                let before = text.matches("agVolumes").count();
                let count = insertions.len();
                for insertion in insertions {
                    text = insertion.into(&text).unwrap_or_else(|error| panic!("{file}: {error:#}"));
                }
                assert!(text.matches("agVolumes").count() >= before + count, "{file}");
            }
        }
    }

    #[test]
    fn the_state_machine_stays_json() {
        let insertions = step(false).insertions();
        let (file, insertions) = insertions.into_iter().next().unwrap();
        let mut text = read(&paths::root().join(file)).unwrap();
        for insertion in insertions {
            text = insertion.into(&text).unwrap();
        }
        let machine: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(machine["States"]["ApplyBaseline"]["Items"][0], "${TagVolumesFunctionArn}");
    }

    #[test]
    fn names_are_words_with_a_verb() {
        assert!(folder_name("tag-volumes").is_ok());
        for wrong in ["", "tag", "Tag-Volumes", "tag--volumes", "../x-y"] {
            assert!(folder_name(wrong).is_err(), "{wrong}");
        }
    }
}
