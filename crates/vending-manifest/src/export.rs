//! Writes the manifest of an organization that exists.
//!
//! The manifest describes what AWS has, so that a plan of it has no changes. What a manifest cannot describe is in its
//! comments. What a plan changes although the manifest describes AWS is in [`Export::differences`].

mod comments;
mod document;
mod existing;
mod policies;
mod policy_names;
mod settings;
mod units;
mod yaml;

use std::collections::BTreeMap;

pub use existing::{ExistingFeatures, ExistingOrganization, ExistingPolicy, ExistingUnit};

use crate::manifest::{Manifest, Root, RootAccess};
use comments::Comments;
use policies::ExportedPolicies;
use units::{ExportedUnits, Names};

/// What the caller chooses.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The address or the path of the JSON Schema of the manifest, for editors.
    pub schema: String,
    /// Whether the manifest adopts policies that this deployment does not manage. A plan then has changes, and it is
    /// blocked by a policy that denies the roles of account-vending what they need. Otherwise, these policies are only
    /// named in a comment.
    pub adopt: bool,
}

/// A manifest with its documents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Export {
    /// The text of `organization.yaml`.
    pub manifest: String,
    /// The contents of the files that the manifest names, by their paths relative to the manifest.
    pub documents: BTreeMap<String, String>,
    /// What a plan of the manifest changes. Each is one sentence, without a period at the end. The manifest has them in
    /// a comment.
    pub differences: Vec<String>,
}

/// Writes the manifest of an organization. The same organization has the same manifest.
pub fn export(existing: &ExistingOrganization, options: &ExportOptions) -> Export {
    let mut comments = Comments::default();
    let names = Names::of(existing);
    let policies = ExportedPolicies::of(existing, &names, options.adopt, &mut comments);
    let units = ExportedUnits::of(existing, &names, &policies, &mut comments);
    let manifest = manifest(existing, &policies, units, &mut comments);
    if options.adopt && !policies.adopted.is_empty() {
        comments.differ(format!("it adopts the policies {}", policies.adopted.join(", ")));
    }
    let text = yaml::write(&manifest, &comments, &options.schema);
    Export { manifest: text, documents: policies.documents, differences: comments.into_differences() }
}

fn manifest(
    existing: &ExistingOrganization,
    policies: &ExportedPolicies,
    units: ExportedUnits,
    comments: &mut Comments,
) -> Manifest {
    let of_settings = settings::of(existing, &units.paths, comments);
    Manifest {
        policies: policies.policies.clone(),
        root_access: existing.features.central_root_access.then_some(RootAccess::Central),
        root: Root {
            policies: policies.at(&existing.root),
            vending: existing.block(&existing.root),
            organizational_units: units.units,
        },
        ..of_settings
    }
}

#[cfg(test)]
mod tests;
