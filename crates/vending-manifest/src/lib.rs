//! The organization manifest, `organization/organization.yaml`: the one file that describes an organization.
//!
//! [`Manifest::from_yaml`] parses and validates the file, and reports every problem with its line and column. A
//! [`Source`] keeps the positions for later: it leads from the JSON pointers of the API back to the file.
//! [`Manifest::from_json`] validates what the API receives, by the same rules. [`export()`] writes the manifest of an
//! organization that exists.
//!
//! This crate does no I/O: the caller reads the file, and lists the [`Documents`] next to it if it has the folder.

mod check;
mod core_accounts;
mod diagnostic;
mod documents;
mod export;
mod ground;
mod manifest;
mod manual;
mod not_managed;
mod policies;
mod position;
mod read;
mod schema;
mod settings;
mod source;
mod tree;
mod validate;
mod yaml;

pub use core_accounts::NamedAccount;
pub use diagnostic::Diagnostic;
pub use documents::Documents;
pub use export::{ExistingFeatures, ExistingOrganization, ExistingPolicy, ExistingUnit, Export, ExportOptions, export};
pub use ground::{
    AccessAnalyzer, ConfigBucket, ConfigRule, ControlTower, CostAnomalies, Costs, Encryption, GuardDuty,
    GuardDutyFeature, IdentityCenter, LogArchive, ObjectLock, ObjectLockMode, OrganizationTrail, PermissionSet,
    Security, SecurityHub,
};
pub use manifest::{CoreAccount, ManagementAccount, Manifest, Policy, Purpose, Root, RootAccess, Unit};
pub use manual::manual;
pub use policies::{PolicyProblem, TriedPolicies};
pub use position::Position;
pub use schema::schema;
pub use settings::NamedUnit;
pub use source::Source;
pub use vending_policies::PolicyType;

#[cfg(test)]
mod tests;
