//! The files next to the manifest.

use std::collections::BTreeSet;

/// The files in the folder of the manifest, as far as the manifest can name them.
#[derive(Clone, Debug, Default)]
pub struct Documents(BTreeSet<String>);

impl Documents {
    /// The paths are relative to the folder of the manifest, with slashes: `policies/deny-root-user.json`.
    pub fn new<T: Into<String>>(paths: impl IntoIterator<Item = T>) -> Self {
        Self(paths.into_iter().map(Into::into).collect())
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}
