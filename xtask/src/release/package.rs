//! What a package contains: the template with its code, so that `sam deploy` works in the unpacked folder.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use flate2::Compression;

use super::archive::{self, File};
use super::build::{Architecture, Build};
use crate::functions::function_names;
use crate::paths;

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files of a package, by their paths in it.
pub(crate) fn files(build: &Build) -> Result<Vec<File>> {
    let mut files = sources(build.architecture)?;
    let names = function_names()?;
    check_functions(&files, &names)?;
    files.extend(functions(&names, build)?);
    Ok(files)
}

fn sources(architecture: Architecture) -> Result<Vec<File>> {
    let template = String::from_utf8(read("template.yaml")?).context("read template.yaml")?;
    let mut files = vec![
        File::new("README.txt", readme(architecture)),
        File::new("LICENSE", read("LICENSE")?),
        File::new("template.yaml", packaged_template(&template, architecture)?),
        File::new("service-catalog/account.yaml", read("service-catalog/account.yaml")?),
    ];
    for name in state_machines()? {
        let path = format!("statemachine/{name}");
        files.push(File::new(path.as_str(), read(&path)?));
    }
    Ok(files)
}

fn readme(architecture: Architecture) -> String {
    include_str!("README.txt").replace("{version}", VERSION).replace("{architecture}", architecture.name())
}

/// The template with the code of the package instead of `target/lambda`, and with the architecture of that code.
fn packaged_template(template: &str, architecture: Architecture) -> Result<String> {
    let mut packaged = Vec::new();
    let (mut is_in_architecture, mut defaults) = (false, 0);
    for line in template.lines() {
        if is_named_entry(line) {
            is_in_architecture = line == "  Architecture:";
        }
        packaged.push(if let Some((indent, name)) = line.split_once("CodeUri: target/lambda/") {
            format!("{indent}CodeUri: functions/{name}.zip\n")
        } else if is_in_architecture && line.starts_with("    Default: ") {
            defaults += 1;
            format!("    Default: {}\n", architecture.name())
        } else {
            format!("{line}\n")
        });
    }
    if defaults != 1 {
        bail!("template.yaml has {defaults} defaults of the parameter Architecture: expected 1");
    }
    if let Some(line) = packaged.iter().find(|line| line.contains("target/")) {
        bail!("template.yaml names a file that is not in the package: {}", line.trim());
    }
    Ok(packaged.concat())
}

/// `  Name:`, which begins a parameter, a condition or a resource.
fn is_named_entry(line: &str) -> bool {
    line.strip_prefix("  ").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
}

fn state_machines() -> Result<Vec<String>> {
    let folder = paths::root().join("statemachine");
    let entries = fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<Result<_>>()?;
    names.retain(|name| name.ends_with(".asl.json"));
    names.sort();
    Ok(names)
}

/// A function that the template does not deploy would be missed only by users.
fn check_functions(files: &[File], names: &[String]) -> Result<()> {
    let template = files.iter().find(|file| file.path == "template.yaml").context("the package has no template")?;
    let template = String::from_utf8_lossy(&template.content);
    for name in names {
        if !template.lines().any(|line| line.trim() == format!("CodeUri: functions/{name}.zip")) {
            bail!("template.yaml does not deploy the function {name}; run `cargo xtask generate`");
        }
    }
    Ok(())
}

/// Compression takes as long as everything else together, so all cores share it.
fn functions(names: &[String], build: &Build) -> Result<Vec<File>> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let share = names.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let pack = |names: &[String]| names.iter().map(|name| function(name, build)).collect::<Result<Vec<File>>>();
        let packs: Vec<_> = names.chunks(share).map(|names| scope.spawn(move || pack(names))).collect();
        let mut functions = Vec::new();
        for pack in packs {
            functions.extend(pack.join().map_err(|_| anyhow!("a thread that packs functions panicked"))??);
        }
        Ok(functions)
    })
}

/// Lambda takes each function as an archive with an executable `bootstrap`; SAM uploads an archive as it is.
fn function(name: &str, build: &Build) -> Result<File> {
    let program = build.functions.join(name).join("bootstrap");
    let content = fs::read(&program).with_context(|| format!("read {}", program.display()))?;
    let bootstrap = File { compression: build.compression, is_executable: true, ..File::new("bootstrap", content) };
    let archive = archive::zip("", &[bootstrap]).with_context(|| format!("pack {name}"))?;
    // It is compressed already.
    Ok(File { compression: Compression::none(), ..File::new(format!("functions/{name}.zip"), archive) })
}

fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    let path = paths::root().join(path);
    fs::read(&path).with_context(|| format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
Parameters:
  LogLevel:
    Default: INFO
  Architecture:
    AllowedValues: [arm64, x86_64]
    Default: arm64 # of the functions
  Other:
    Default: arm64
Resources:
  # Moves an account.
  MoveAccountFunction:
    Properties:
      CodeUri: target/lambda/move-account
";

    #[test]
    fn template_names_the_code_of_the_package() {
        let expected = "\
Parameters:
  LogLevel:
    Default: INFO
  Architecture:
    AllowedValues: [arm64, x86_64]
    Default: x86_64
  Other:
    Default: arm64
Resources:
  # Moves an account.
  MoveAccountFunction:
    Properties:
      CodeUri: functions/move-account.zip
";
        assert_eq!(packaged_template(TEMPLATE, Architecture::X86_64).unwrap(), expected);
    }

    #[test]
    fn template_without_architecture_is_rejected() {
        let template = TEMPLATE.replace("  Architecture:", "  Processor:");
        let error = packaged_template(&template, Architecture::Arm64).unwrap_err().to_string();
        assert_eq!(error, "template.yaml has 0 defaults of the parameter Architecture: expected 1");
    }

    #[test]
    fn template_with_a_file_outside_is_rejected() {
        let template = TEMPLATE.to_owned() + "      ContentUri: target/layer\n";
        let error = packaged_template(&template, Architecture::Arm64).unwrap_err().to_string();
        assert_eq!(error, "template.yaml names a file that is not in the package: ContentUri: target/layer");
    }

    #[test]
    fn every_file_of_the_template_is_in_the_package() {
        for architecture in Architecture::ALL {
            let files = sources(architecture).unwrap();
            let names = function_names().unwrap();
            check_functions(&files, &names).unwrap();
            let mut paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
            paths.extend(names.iter().map(|name| format!("functions/{name}.zip")));
            let template = files.iter().find(|file| file.path == "template.yaml").unwrap();
            let template = std::str::from_utf8(&template.content).unwrap();
            let uris: Vec<&str> = template.lines().filter_map(|line| Some(line.split_once("Uri: ")?.1)).collect();
            assert!(uris.len() > names.len(), "the state machines have files, too");
            for path in uris {
                assert!(paths.iter().any(|packed| packed == path), "{path}");
            }
        }
    }

    #[test]
    fn function_missing_in_the_template_is_rejected() {
        let template = File::new("template.yaml", packaged_template(TEMPLATE, Architecture::Arm64).unwrap());
        check_functions(std::slice::from_ref(&template), &["move-account".into()]).unwrap();
        let error = check_functions(&[template], &["move".into()]).unwrap_err().to_string();
        assert_eq!(error, "template.yaml does not deploy the function move; run `cargo xtask generate`");
    }

    #[test]
    fn readme_names_version_and_architecture() {
        let readme = readme(Architecture::Arm64);
        assert!(readme.starts_with(&format!("account-vending {VERSION} for arm64\n")), "{readme}");
        assert!(!readme.contains(['{', '}']), "{readme}");
        assert!(readme.lines().all(|line| line.len() <= 120), "{readme}");
    }
}
