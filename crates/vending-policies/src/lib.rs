//! The policies of the organization: their documents with placeholders, and the cases that they are tried with.
//!
//! A [`Document`] is parsed from `policies/NAME.json` and filled with [`Values`]. Its [`Content`] is what AWS gets.
//! [`Cases`] are parsed from `policies/NAME.cases.yaml`. A [`Chain`] has the contents that are attached from the root
//! to an OU: [`Chain::try_cases`] says which cases have another outcome than expected, and [`Chain::denied_actions`]
//! what the policies deny a role, such as [`own_roles`]. Both are asked before a policy is attached.
//!
//! This crate does no I/O and does not use the AWS SDK. It knows nothing of the manifest but the types of policies.

mod cases;
mod chain;
mod content;
mod document;
mod json;
mod own_role;
mod placeholder;
mod policy_type;
mod principal;
mod problem;
mod schema;
mod structure;
mod values;

pub use cases::{Case, Cases, Expected};
pub use chain::{Chain, Denial, DeniedAction, FailedCase, Level, Outcome, RoleCheck};
pub use content::Content;
pub use document::Document;
pub use own_role::{OwnRole, own_roles};
pub use placeholder::Placeholder;
pub use policy_type::PolicyType;
pub use principal::{Named, Principal};
pub use problem::FileProblem;
pub use schema::schema;
pub use values::{CASE_ACCOUNT, Values};
