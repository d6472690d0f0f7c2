//! `release`: packages that deploy without Rust, their SBOMs and checksums.

mod archive;
mod build;
mod package;
mod sbom;
mod tar;
mod vend;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::command::cargo;
use crate::paths;
use crate::progress::{Activity, say};
use build::{Architecture, Build, local_build, release_builds};
use package::VERSION;
use sbom::Product;

const CHECKSUMS: &str = "SHA256SUMS";
const PACKAGE_SUFFIX: &str = ".zip";
const SBOM_SUFFIX: &str = ".cdx.json";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Release {
    /// Write the files from any commit, to try them. Without this, the commit must have the tag of the version.
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: package the functions of the local cloud, for the architecture of this machine.
    #[arg(long, requires = "dry_run")]
    short: bool,
    /// With --dry-run: build for this architecture only.
    #[arg(long, value_name = "ARCHITECTURE", requires = "dry_run", conflicts_with = "short")]
    architecture: Option<Architecture>,
    /// Write the files to this folder instead of target/release-files.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn run(release: &Release) -> Result<()> {
    if !release.dry_run {
        check_commit(&git(&["tag", "--points-at", "HEAD"])?, &git(&["status", "--porcelain"])?)?;
    }
    let output = release.output.clone().unwrap_or_else(|| paths::root().join("target/release-files"));
    let builds = if release.short { vec![local_build()?] } else { release_builds(release.architecture)? };
    create_output(&output)?;
    let mut files = Vec::new();
    for build in &builds {
        files.push(write_package(build, &output)?);
        files.push(write_sbom(build.architecture, &output)?);
        files.push(vend::write_archive(build, &output)?);
        files.push(vend::write_sbom(build.architecture, &output)?);
    }
    files.push(write_checksums(&files, &output)?);
    show(&files)?;
    show_next_steps(release, &builds, &output);
    Ok(())
}

/// The template of the unpacked package that `release --dry-run --short` writes.
pub(crate) fn template_of_this_machine() -> PathBuf {
    unpacked(Architecture::OF_THIS_MACHINE).join("template.yaml")
}

/// A release is what its tag names, and nothing else.
fn check_commit(tags: &str, status: &str) -> Result<()> {
    if !tags.lines().any(|tag| tag == tag_name()) {
        bail!("this commit does not have the tag {}; tag it, or use --dry-run", tag_name());
    }
    if !status.is_empty() {
        bail!("the working tree has changes; commit or remove them, or use --dry-run:\n{}", status.trim_end());
    }
    Ok(())
}

fn tag_name() -> String {
    format!("v{VERSION}")
}

/// Removes the files of an earlier release, so that everything in the folder can be published.
fn create_output(output: &Path) -> Result<()> {
    fs::create_dir_all(output).with_context(|| format!("create {}", output.display()))?;
    for entry in fs::read_dir(output).with_context(|| format!("list {}", output.display()))? {
        let path = entry?.path();
        if path.is_file() && is_released(&file_name(&path)) {
            fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn is_released(name: &str) -> bool {
    name == CHECKSUMS
        || (name.starts_with("account-vending-") && (name.ends_with(PACKAGE_SUFFIX) || name.ends_with(SBOM_SUFFIX)))
        || vend::is_released(name)
}

/// Also unpacks it, which shows that the archive can be read.
fn write_package(build: &Build, output: &Path) -> Result<PathBuf> {
    let name = package_name(build.architecture);
    let activity = Activity::start(format!("packaging {name}"));
    let files = package::files(build)?;
    let archive = archive::zip(&name, &files).with_context(|| format!("pack {name}"))?;
    let path = output.join(format!("{name}{PACKAGE_SUFFIX}"));
    fs::write(&path, &archive).with_context(|| format!("write {}", path.display()))?;
    unpack(&archive, build.architecture)?;
    activity.done();
    Ok(path)
}

fn unpack(archive: &[u8], architecture: Architecture) -> Result<()> {
    let folder = unpacked(architecture);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    archive::unpack(archive, folder.parent().unwrap_or(&folder)).with_context(|| format!("unpack {}", folder.display()))
}

fn unpacked(architecture: Architecture) -> PathBuf {
    paths::root().join("target/release-unpacked").join(package_name(architecture))
}

fn package_name(architecture: Architecture) -> String {
    format!("account-vending-{VERSION}-{}", architecture.name())
}

fn write_sbom(architecture: Architecture, output: &Path) -> Result<PathBuf> {
    let product =
        Product { name: "account-vending", description: "The Lambda functions of account-vending", program: None };
    let sbom = sbom(product, architecture.target(), architecture)?;
    let path = output.join(package_name(architecture) + SBOM_SUFFIX);
    fs::write(&path, sbom).with_context(|| format!("write {}", path.display()))?;
    Ok(path)
}

fn sbom(product: Product<'_>, target: &str, architecture: Architecture) -> Result<String> {
    let sources = sbom::Sources {
        metadata: metadata(target)?,
        compiled: tree(product, target, "normal,build")?,
        shipped: tree(product, target, "normal,no-proc-macro")?,
    };
    sbom::render(product, &sources, VERSION, architecture.name()).context("make the SBOM")
}

fn metadata(target: &str) -> Result<String> {
    let options = ["metadata", "--locked", "--format-version", "1", "--filter-platform", target];
    stdout_of(cargo().args(options))
}

/// The crates of one program, or of the functions, which are the default members of the workspace.
fn tree(product: Product<'_>, target: &str, edges: &str) -> Result<String> {
    let options = ["tree", "--locked", "--color", "never", "--prefix", "none", "--target", target, "--edges", edges];
    let program = product.program.into_iter().flat_map(|name| ["--package", name]);
    stdout_of(cargo().args(options).args(program))
}

fn write_checksums(files: &[PathBuf], output: &Path) -> Result<PathBuf> {
    let activity = Activity::start("computing checksums");
    let mut lines = Vec::new();
    for file in files {
        let content = fs::read(file).with_context(|| format!("read {}", file.display()))?;
        lines.push((file_name(file), content));
    }
    let path = output.join(CHECKSUMS);
    fs::write(&path, checksums(&lines)).with_context(|| format!("write {}", path.display()))?;
    activity.done();
    Ok(path)
}

/// As `sha256sum --check` reads it.
fn checksums(files: &[(String, Vec<u8>)]) -> String {
    let line = |(name, content): &(String, Vec<u8>)| {
        (name.clone(), format!("{}  {name}\n", HEXLOWER.encode(&Sha256::digest(content))))
    };
    let by_name: BTreeMap<String, String> = files.iter().map(line).collect();
    by_name.into_values().collect()
}

fn show(files: &[PathBuf]) -> Result<()> {
    say("\nWritten:");
    for file in files {
        let size = fs::metadata(file).with_context(|| format!("read {}", file.display()))?.len();
        say(format_args!("  {:<60} {:>6}.{} MB", paths::shown(file), size / 1_000_000, size / 100_000 % 10));
    }
    Ok(())
}

fn show_next_steps(release: &Release, builds: &[Build], output: &Path) {
    if !release.dry_run {
        let (tag, files) = (tag_name(), paths::shown(output));
        say(format_args!("\nTo publish: gh release create {tag} --verify-tag --generate-notes {files}/*"));
        return;
    }
    say("\nThis was a dry run. docs/src/contributing/release.md describes how to release.");
    if builds.iter().any(|build| build.architecture == Architecture::OF_THIS_MACHINE) {
        let template = paths::shown(&template_of_this_machine());
        say(format_args!("To deploy the package to the local cloud: cargo xtask up --template {template}"));
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    stdout_of(Command::new("git").current_dir(paths::root()).args(arguments))
}

fn stdout_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("start {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("read the output of {command:?}"))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tagged_clean_commit_is_released() {
        assert!(check_commit(&format!("latest\nv{VERSION}\n"), "").is_ok());
    }

    #[test]
    fn untagged_or_changed_commit_is_rejected() {
        let untagged = check_commit("v0.0.0\nlatest\n", "").unwrap_err().to_string();
        assert_eq!(untagged, format!("this commit does not have the tag v{VERSION}; tag it, or use --dry-run"));
        let changed = check_commit(&format!("v{VERSION}\n"), " M template.yaml\n").unwrap_err().to_string();
        assert!(changed.ends_with("\n M template.yaml"), "{changed}");
    }

    #[test]
    fn checksums_have_the_format_of_sha256sum() {
        let files = [("b.zip".to_owned(), b"abc".to_vec()), ("a.json".to_owned(), Vec::new())];
        let expected = "\
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.json
ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b.zip
";
        assert_eq!(checksums(&files), expected);
    }

    #[test]
    fn only_released_files_are_removed() {
        for name in [
            "SHA256SUMS",
            "account-vending-0.1.0-arm64.zip",
            "account-vending-0.1.0-arm64.cdx.json",
            "vend-0.1.0-arm64.tar.gz",
            "vend-0.1.0-arm64.cdx.json",
        ] {
            assert!(is_released(name), "{name}");
        }
        for name in ["notes.md", "account-vending-notes.md", "vend-notes.md", "photos.zip"] {
            assert!(!is_released(name), "{name}");
        }
    }
}
