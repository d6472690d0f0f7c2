//! What the functions of build-organization share.
//!
//! Each of them is an [`OrganizationStep`], which compares a part of the organization with the manifest. In a plan, it
//! lists what it would change. In a run, it changes what the plan lists and nothing else, and reads it back. The
//! [`OrganizationRunner`] reads what it needs from the records; its payload only names them.

mod changes;
mod core_accounts;
mod desired;
mod runner;
#[cfg(feature = "test-util")]
pub mod testing;
mod units;

pub use changes::PlannedChanges;
pub use core_accounts::{BUILDER_ROLE, BuilderSession, CoreAccounts};
pub use desired::Desired;
pub use runner::{OrganizationRunner, OrganizationStep, Output};
pub use units::{UnitIds, UnitState, Units, pointer};

#[cfg(test)]
mod tests;
