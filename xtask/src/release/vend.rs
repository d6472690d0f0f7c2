//! The archive of the command line, and its SBOM.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::SBOM_SUFFIX;
use super::build::{Architecture, Build};
use super::package::VERSION;
use super::sbom::Product;
use super::tar::{Entry, tar_gz};
use crate::paths;
use crate::progress::Activity;

const SUFFIX: &str = ".tar.gz";

pub(super) fn is_released(name: &str) -> bool {
    name.starts_with("vend-") && (name.ends_with(SUFFIX) || name.ends_with(SBOM_SUFFIX))
}

fn name(architecture: Architecture) -> String {
    format!("vend-{VERSION}-{}", architecture.name())
}

/// The program and its license, in a folder.
pub(super) fn write_archive(build: &Build, output: &Path) -> Result<PathBuf> {
    let name = name(build.architecture);
    let activity = Activity::start(format!("packaging {name}"));
    let read = |path: &Path| fs::read(path).with_context(|| format!("read {}", path.display()));
    let entries = [
        Entry { path: format!("{name}/vend"), content: read(&build.vend)?, is_executable: true },
        Entry { path: format!("{name}/LICENSE"), content: read(&paths::root().join("LICENSE"))?, is_executable: false },
    ];
    let path = output.join(format!("{name}{SUFFIX}"));
    let archive = tar_gz(&entries, build.compression).with_context(|| format!("pack {name}"))?;
    fs::write(&path, archive).with_context(|| format!("write {}", path.display()))?;
    activity.done();
    Ok(path)
}

pub(super) fn write_sbom(architecture: Architecture, output: &Path) -> Result<PathBuf> {
    let product = Product {
        name: "account-vending-command-line",
        description: "The command line of account-vending",
        program: Some("vend"),
    };
    let sbom = super::sbom(product, architecture.static_target(), architecture)?;
    let path = output.join(name(architecture) + SBOM_SUFFIX);
    fs::write(&path, sbom).with_context(|| format!("write {}", path.display()))?;
    Ok(path)
}
