//! Builds the functions of a release, for each architecture.

use std::path::PathBuf;

use anyhow::{Context, Result};
use flate2::Compression;

use crate::command::cargo;
use crate::compile::compile;
use crate::functions::{Profile, build_functions, command_line};
use crate::paths;
use crate::tools::{self, CARGO_LAMBDA};

/// An architecture of Lambda functions.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Architecture {
    Arm64,
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    pub(super) const ALL: [Self; 2] = [Self::Arm64, Self::X86_64];

    pub(super) const OF_THIS_MACHINE: Self = if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::X86_64 };

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// The target of programs that need no library of the machine that they run on.
    pub(super) fn static_target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-musl",
            Self::X86_64 => "x86_64-unknown-linux-musl",
        }
    }
}

/// The programs of one architecture, and how well their packages are compressed.
pub(super) struct Build {
    pub(super) architecture: Architecture,
    /// Has `<function>/bootstrap` for each function.
    pub(super) functions: PathBuf,
    /// The program `vend`.
    pub(super) vend: PathBuf,
    pub(super) compression: Compression,
}

/// Only this machine reads the package, so it is compressed quickly.
pub(super) fn local_build() -> Result<Build> {
    build_functions(Profile::Local)?;
    Ok(Build {
        architecture: Architecture::OF_THIS_MACHINE,
        functions: paths::root().join("target/lambda"),
        vend: command_line(),
        compression: Compression::fast(),
    })
}

pub(super) fn release_builds(architecture: Option<Architecture>) -> Result<Vec<Build>> {
    tools::install(&[CARGO_LAMBDA])?;
    let architectures = architecture.map_or_else(|| Architecture::ALL.to_vec(), |one| vec![one]);
    architectures.into_iter().map(release_build).collect()
}

/// cargo-lambda links against the C library of Lambda's runtime, which is older than that of most build machines.
fn release_build(architecture: Architecture) -> Result<Build> {
    // Not target/lambda, which has the functions of the local cloud.
    let functions = paths::root().join("target/release-lambda").join(architecture.name());
    let mut build = cargo();
    build.args(["lambda", "build", "--release", "--locked", "--target", architecture.target(), "--lambda-dir"]);
    build.arg(&functions).env("PATH", path_with_cargo_lambda()?);
    compile(&mut build, &format!("building the functions for {}", architecture.name()))?;
    let vend = release_vend(architecture)?;
    Ok(Build { architecture, functions, vend, compression: Compression::default() })
}

/// Against musl, so that the program runs on every Linux. cargo-lambda is used for its linker only.
fn release_vend(architecture: Architecture) -> Result<PathBuf> {
    let folder = paths::root().join("target/release-vend").join(architecture.name());
    let mut build = cargo();
    build.args(["lambda", "build", "--release", "--locked", "--package", "vend", "--bin", "vend"]);
    build.args(["--target", architecture.static_target(), "--lambda-dir"]);
    build.arg(&folder).env("PATH", path_with_cargo_lambda()?);
    compile(&mut build, &format!("building vend for {}", architecture.name()))?;
    Ok(folder.join("vend/bootstrap"))
}

/// Our version comes first. It finds its linker through the Python in the same folder.
fn path_with_cargo_lambda() -> Result<std::ffi::OsString> {
    let program = CARGO_LAMBDA.program("cargo-lambda");
    let bin = program.parent().context("cargo-lambda is not in a folder")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path))).context("extend PATH")
}
