//! The control API of the strict proxy: what its routes take and return, and its client.

mod accounts;
#[cfg(feature = "strict-client")]
mod client;
mod creations;
mod faults;
mod organization;
mod records;
mod settings;

pub use accounts::{AccountState, TagPolicy};
#[cfg(feature = "strict-client")]
pub use client::{StrictClient, StrictError};
pub use creations::{CreationPlan, Outcome};
pub use faults::{AwsError, Fault, Rule, RuleStatus};
pub use organization::{AccountSnapshot, OrganizationSnapshot, PolicySnapshot, UnitSnapshot};
pub use records::{Call, Decision, Delivered, RoleUsage};
pub use settings::{
    Assignments, Closures, Delays, Delivery, IdentityCenterInstance, InstanceStatus, Limits, Pages, Rate, Settings,
    Throttling, Visibility,
};
