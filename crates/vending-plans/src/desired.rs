//! The organization as the manifest describes it.

use std::collections::BTreeMap;

use vending_core::{ManifestDigest, StepError};
use vending_manifest::Manifest;
use vending_records::{Plans, unusable_manifest};

/// The manifest of a plan, and the files that it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    pub manifest: Manifest,
    /// The contents of the files, by their paths relative to the manifest.
    pub documents: BTreeMap<String, String>,
}

impl Desired {
    pub(crate) async fn read(plans: &Plans, digest: &ManifestDigest) -> Result<Self, StepError> {
        let document = plans.manifest(digest).await?;
        let manifest = Manifest::from_json(&document.manifest, None).map_err(|problems| {
            let first = problems.first().map(|problem| format!("is not valid: {} {}", problem.pointer, problem.detail));
            unusable_manifest(digest, &first.unwrap_or_default())
        })?;
        Ok(Self { manifest, documents: document.documents })
    }
}
