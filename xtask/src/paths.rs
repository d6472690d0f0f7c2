//! The paths of xtask: everything that it writes is in `target/`.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// State and logs of the local cloud of this checkout.
pub(crate) fn local() -> PathBuf {
    root().join("target/local")
}

pub(crate) fn logs() -> PathBuf {
    local().join("logs")
}

pub(crate) fn log(name: &str) -> PathBuf {
    logs().join(name)
}

/// A path relative to the checkout, as a user would type it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
