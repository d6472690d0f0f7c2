//! The settings of the proxy.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::REGION;

/// Settings of creations. Missing fields keep their values.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// How long new creations are in progress; initially 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_progress_millis: Option<u64>,
    /// Emails of AWS accounts outside the organization. `*` matches any string. New entries are added to the existing
    /// ones, because tests run concurrently.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub external_emails: BTreeSet<String>,
}

/// Limits on accounts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// How many creations can be in progress at the same time; `None` for no limit.
    pub creations_in_flight: Option<usize>,
    /// How many accounts the organization can have, including the management account; `None` for no limit.
    pub accounts: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { creations_in_flight: Some(5), accounts: None }
    }
}

impl Settings {
    /// Users report that most creations take less than a minute.
    pub fn realistic() -> Self {
        Self { in_progress_millis: Some(20_000), external_emails: BTreeSet::new() }
    }
}

/// How long after its creation an account is not visible yet. Initially 0.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Visibility {
    /// For Organizations: describe, list, tag, and move the account.
    #[serde(default)]
    pub account_millis: u64,
    /// For STS: assume roles in the account. Roles that are created later take as long.
    #[serde(default)]
    pub role_millis: u64,
    /// For all other services: they reject the credentials of the account.
    #[serde(default)]
    pub services_millis: u64,
    /// The error code of these services, such as `OptInRequired`; by default, the code of each service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services_code: Option<String>,
}

impl Visibility {
    /// The times that account vending tools wait or retry.
    pub fn realistic() -> Self {
        Self { account_millis: 3_000, role_millis: 15_000, services_millis: 30_000, services_code: None }
    }
}

/// How account closures behave.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Closures {
    /// How long a closure is pending.
    pub pending_millis: u64,
    /// How many closures can be pending; `None` for no limit.
    pub max_pending: Option<usize>,
    /// How many closures can start within 30 days; `None` for no limit. The quota of AWS is 250 or, if that is more,
    /// 20% of the member accounts.
    pub max_in_30_days: Option<usize>,
}

impl Default for Closures {
    fn default() -> Self {
        Self { pending_millis: 1000, max_pending: Some(3), max_in_30_days: Some(250) }
    }
}

impl Closures {
    /// "You need to wait a few minutes before the account is fully closed."
    pub fn realistic() -> Self {
        Self { pending_millis: 180_000, ..Self::default() }
    }
}

/// How often a page of a list is empty although there are more results.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pages {
    /// From 0, the default, to 1. The page after an empty one is not empty.
    pub empty_share: f64,
    /// The seed of the random choice; by default, the seed of the proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Pages {
    /// AWS only says "occasionally".
    pub fn realistic() -> Self {
        Self { empty_share: 0.05, seed: None }
    }
}

/// When the events of a creation are delivered.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Delivery {
    #[default]
    Never,
    /// When the creation completes.
    OnTime,
    /// This long after the creation completes.
    Late { millis: u64 },
    /// Two times, when the creation completes.
    Twice,
    /// Before the caller receives the response of `CreateAccount`. The creation completes immediately.
    BeforeResponse,
}

/// How account assignments and the provisioning of permission sets behave.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignments {
    /// How long the creation or deletion of an assignment, or a provisioning, is in progress.
    pub in_progress_millis: u64,
    /// How many assignments can be in progress at the same time; `None` for no limit.
    pub max_in_progress: Option<usize>,
}

impl Default for Assignments {
    fn default() -> Self {
        Self { in_progress_millis: 1000, max_in_progress: Some(15) }
    }
}

impl Assignments {
    pub fn realistic() -> Self {
        Self { in_progress_millis: 10_000, ..Self::default() }
    }
}

/// The instance of IAM Identity Center of the organization. Missing fields have their defaults.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IdentityCenterInstance {
    /// The only Region that has it; `None` if it is not enabled.
    pub region: Option<String>,
    pub status: InstanceStatus,
    /// Without multi-account permissions, it has no permission sets.
    pub multi_account_permissions: bool,
}

impl Default for IdentityCenterInstance {
    fn default() -> Self {
        let status = InstanceStatus::Active;
        Self { region: Some(REGION.to_owned()), status, multi_account_permissions: true }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstanceStatus {
    CreateInProgress,
    CreateFailed,
    DeleteInProgress,
    Active,
}

/// Durations on the clock of the proxy.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delays {
    /// How long a Region is `ENABLING` or `DISABLING`.
    pub region_millis: u64,
    /// How long a quota increase is `PENDING` before it is approved.
    pub quota_millis: u64,
    /// How long a policy type is `PENDING_ENABLE`.
    pub policy_type_millis: u64,
    /// How long a new organization is initialized, and rejects new accounts.
    pub organization_millis: u64,
}

impl Default for Delays {
    fn default() -> Self {
        Self { region_millis: 1000, quota_millis: 1000, policy_type_millis: 1000, organization_millis: 0 }
    }
}

impl Delays {
    /// Shorter than in AWS, where a Region takes minutes to hours and an organization up to an hour, so that tests are
    /// fast.
    pub fn realistic() -> Self {
        Self { region_millis: 30_000, quota_millis: 60_000, policy_type_millis: 10_000, organization_millis: 60_000 }
    }
}

/// Whether and how calls are throttled.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttling {
    pub enabled: bool,
    /// Rates that replace the published ones, by operation.
    #[serde(default)]
    pub rates: BTreeMap<String, Rate>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    pub per_second: f64,
    pub burst: f64,
}
