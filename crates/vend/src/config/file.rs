//! `vend.toml`, and the user's file with its profiles.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use super::PROJECT_FILE;
use crate::exit::Exit;
use crate::failure::Failure;

/// The settings of a file, with the names of the options.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Values {
    pub(crate) api_url: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) aws_profile: Option<String>,
    pub(crate) stack: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFile {
    #[serde(default)]
    profiles: BTreeMap<String, Values>,
}

impl Values {
    /// The settings by their names in a file.
    fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("api-url", &self.api_url),
            ("region", &self.region),
            ("aws-profile", &self.aws_profile),
            ("stack", &self.stack),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// `vend.toml` in a folder or above.
pub(crate) fn project(folder: &Path) -> Result<Option<(PathBuf, Values)>, Failure> {
    for folder in folder.ancestors() {
        let path = folder.join(PROJECT_FILE);
        if let Some(values) = read(&path)? {
            return Ok(Some((path, values)));
        }
    }
    Ok(None)
}

/// `vend/config.toml` in the user's folder for configuration.
pub(crate) fn user_file() -> Result<PathBuf, Failure> {
    let strategy = choose_base_strategy().map_err(|_| Failure::usage("the home folder is not known; set HOME"))?;
    Ok(strategy.config_dir().join("vend").join("config.toml"))
}

/// A profile of the user's file, if there is one.
pub(crate) fn profile(name: &str) -> Result<Option<(String, PathBuf, Values)>, Failure> {
    // Without a home, there is no file.
    let Ok(path) = user_file() else { return Ok(None) };
    let file: Option<UserFile> = read(&path)?;
    let values = file.and_then(|mut file| file.profiles.remove(name));
    Ok(values.map(|values| (name.to_owned(), path, values)))
}

/// A profile that someone named.
pub(crate) fn required_profile(name: &str) -> Result<(String, PathBuf, Values), Failure> {
    let path = user_file()?;
    profile(name)?.ok_or_else(|| {
        let message = format!("there is no profile `{name}` in {}", path.display());
        Failure::usage(message).with_advice(format!("write it with: vend configure --profile {name} --api-url URL"))
    })
}

/// `None` if there is no such file.
fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::NotADirectory => {
            return Ok(None);
        }
        text => text.map_err(|error| Failure::usage(format!("could not read {}: {error}", path.display())))?,
    };
    toml_edit::de::from_str(&text).map(Some).map_err(|error| {
        let start = error.span().map(|span| span.start).unwrap_or_default();
        let (line, column) = position(&text, start);
        let message = error.message().lines().next().unwrap_or_default();
        Failure::usage(format!("{}:{line}:{column}: {message}", path.display()))
    })
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// Writes settings to a file, to a profile of it if one is named. Everything else in the file stays, comments too.
/// Returns the names of settings that had another value.
pub(crate) fn write(
    path: &Path,
    profile: Option<&str>,
    values: &Values,
    replace: bool,
) -> Result<Vec<String>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| Failure::usage(format!("could not read {}: {error}", path.display())))?,
    };
    let parsed: Result<DocumentMut, _> = text.parse();
    let mut document =
        parsed.map_err(|error| Failure::usage(format!("{} is not valid TOML: {error}", path.display())))?;
    let Some(table) = table(&mut document, profile) else {
        return Err(Failure::usage(format!("`profiles` in {} is not a table", path.display())));
    };
    let mut replaced = Vec::new();
    for (name, new) in values.named() {
        let old = table.get(name).and_then(Item::as_str);
        if old.is_some_and(|old| old != new) {
            replaced.push(name.to_owned());
        }
        set(table, name, new);
    }
    if replaced.is_empty() || replace {
        save(path, &document.to_string())?;
    }
    Ok(replaced)
}

/// Keeps the comment after the value.
fn set(table: &mut Table, name: &str, new: &str) {
    let Some(old) = table.get_mut(name).and_then(Item::as_value_mut) else {
        table.insert(name, value(new));
        return;
    };
    let decor = old.decor().clone();
    *old = new.into();
    *old.decor_mut() = decor;
}

fn table<'a>(document: &'a mut DocumentMut, profile: Option<&str>) -> Option<&'a mut Table> {
    let Some(profile) = profile else { return Some(document.as_table_mut()) };
    let mut parent = Table::new();
    parent.set_implicit(true);
    let profiles = document.entry("profiles").or_insert(Item::Table(parent)).as_table_mut()?;
    profiles.entry(profile).or_insert(Item::Table(Table::new())).as_table_mut()
}

fn save(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::new(Exit::Failed, format!("could not write {}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_counts_from_one_in_characters() {
        assert_eq!(position("a\näb = 1", 0), (1, 1));
        assert_eq!(position("a\näb = 1", 4), (2, 2));
    }

    #[test]
    fn table_of_a_profile_keeps_the_others() {
        let mut document: DocumentMut = "# mine\n[profiles.other]\nstack = \"x\" # why\n".parse().unwrap();
        table(&mut document, Some("default")).unwrap().insert("region", value("us-east-1"));
        let text = document.to_string();
        assert!(text.starts_with("# mine\n[profiles.other]\nstack = \"x\" # why\n"), "{text}");
        assert!(text.ends_with("[profiles.default]\nregion = \"us-east-1\"\n"), "{text}");
    }
}
