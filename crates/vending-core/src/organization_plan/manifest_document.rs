//! The stored document of a manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::id::ManifestDigest;

/// `organization/manifests/{digest}.json`: a manifest, and the files that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestDocument {
    pub manifest: Value,
    /// The contents of the files, by their paths relative to the manifest.
    #[serde(default)]
    pub documents: BTreeMap<String, String>,
}

impl ManifestDocument {
    /// The maximum size of the body of `POST /organization/plans`, which has the document.
    pub const MAXIMUM_BYTES: usize = 2 * 1024 * 1024;

    /// The document as it is stored, and its digest. The order of the fields does not change it.
    pub fn canonical(&self) -> (String, ManifestDigest) {
        let mut document = json!({ "manifest": self.manifest, "documents": self.documents });
        document.sort_all_objects();
        let text = document.to_string();
        let digest = ManifestDigest::from_bytes(text.as_bytes());
        (text, digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(manifest: &str) -> (String, ManifestDigest) {
        ManifestDocument { manifest: serde_json::from_str(manifest).unwrap(), documents: BTreeMap::new() }.canonical()
    }

    #[test]
    fn field_order_does_not_change_the_digest() {
        let (text, digest) = canonical(r#"{ "root": { "b": [2, 1], "a": null }, "version": 1 }"#);
        assert_eq!(text, r#"{"documents":{},"manifest":{"root":{"a":null,"b":[2,1]},"version":1}}"#);
        assert_eq!(canonical(r#"{ "version": 1, "root": { "a": null, "b": [2, 1] } }"#).1, digest);
        assert_ne!(canonical(r#"{ "version": 1, "root": { "a": null, "b": [1, 2] } }"#).1, digest);
    }
}
