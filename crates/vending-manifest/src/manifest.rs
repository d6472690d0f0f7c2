//! The types of the manifest. Their doc comments are the descriptions in the JSON Schema and the manual.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use strum::EnumString;
use vending_core::{Contacts, EmailAddress, GLOBAL_REGION, VendingBlock};
use vending_policies::PolicyType;

use crate::ground::{ConfigBucket, ControlTower, Costs, IdentityCenter, LogArchive, OrganizationTrail, Security};

/// An AWS organization: its organizational units (OUs), what holds in them, and what all accounts share. What the file
/// does not name is not managed: it is reported and left alone.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[schemars(title = "Organization manifest")]
pub struct Manifest {
    /// The version of the format, 1.
    #[schemars(extend("const" = Manifest::VERSION))]
    pub version: u32,
    /// The home Region of the log archive, the organization trail, the Config aggregator, and Security Hub. It must be
    /// one of the governed Regions, and not an opt-in Region. The default is us-east-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_region: Option<String>,
    /// The Regions in which the baseline is applied. us-east-1 must be among them, because global services log there.
    /// The default is us-east-1 alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1, "uniqueItems" = true, "contains" = serde_json::json!({ "const": GLOBAL_REGION })))]
    pub governed_regions: Option<Vec<String>>,
    /// The CloudTrail trail that logs the accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trail: Option<OrganizationTrail>,
    /// What AWS Config in the accounts delivers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigBucket>,
    /// What AWS Control Tower governs, if the organization has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_tower: Option<ControlTower>,
    /// IAM Identity Center. It must be enabled by hand first: <https://console.aws.amazon.com/singlesignon>.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_center: Option<IdentityCenter>,
    /// The management account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_account: Option<ManagementAccount>,
    /// The policies of the organization, by name. The document of a policy is `policies/NAME.json` next to this file.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Policy>,
    /// `central`: member accounts have no root credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_access: Option<RootAccess>,
    /// The root of the organization, which contains the OUs.
    pub root: Root,
    /// The buckets for logs, in the account whose purpose is `logArchive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_archive: Option<LogArchive>,
    /// The security services, administered by the account whose purpose is `audit`. A service that is left out is left
    /// alone in AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// Alerts about costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Costs>,
}

/// The root of the organization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Root {
    /// The policies that are attached to the root, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub policies: Vec<String>,
    /// What holds for the accounts in every OU, unless an OU sets something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vending: Option<VendingBlock>,
    /// The OUs below the root, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Option<Unit>>")]
    pub organizational_units: BTreeMap<String, Unit>,
}

/// An OU. It may be empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Unit {
    /// Former names of the OU. An OU with such a name, in the same place, is this OU; requests may still name it so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub formerly: Vec<String>,
    /// The policies that are attached to the OU, by name, in addition to those above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub policies: Vec<String>,
    /// What holds for the accounts in the OU and below, unless an OU below sets something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vending: Option<VendingBlock>,
    /// The core accounts of the organization in the OU, by account name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, CoreAccount>,
    /// The OUs below, by name. AWS allows five levels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Option<Unit>>")]
    pub organizational_units: BTreeMap<String, Unit>,
}

/// An account that the organization itself needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct CoreAccount {
    /// What the account is for. Each purpose has at most one account.
    pub purpose: Purpose,
    /// The email of the root user. The default is derived from the `emailPattern` that holds in the OU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// The monthly budget in US dollars. The default is the one that holds in the OU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_budget_usd: Option<u32>,
}

/// What a core account is for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, JsonSchema, EnumString)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Purpose {
    /// Has the buckets for logs.
    LogArchive,
    /// Administers the security services.
    Audit,
    /// Has what all workloads share.
    SharedServices,
}

/// The management account. It is not vended.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ManagementAccount {
    /// Whom AWS contacts about the management account.
    #[serde(skip_serializing_if = "Contacts::is_empty")]
    pub contacts: Contacts,
    /// Whether AWS Config records changes in the management account, which costs per change. The default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_changes: Option<bool>,
}

/// A policy of the organization.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    /// The type of the policy.
    #[serde(rename = "type")]
    pub policy_type: PolicyType,
    /// The ID of a policy that exists and that this manifest shall manage from now on, like `p-examplepolicyid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = POLICY_ID))]
    pub adopt: Option<String>,
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html>
pub(crate) const POLICY_ID: &str = "^p-[0-9a-zA-Z_]{8,128}$";

/// How root users of member accounts are managed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema, EnumString)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum RootAccess {
    Central,
}

impl Manifest {
    /// The version of the format that this code reads.
    pub const VERSION: u32 = 1;

    /// The home Region, with its default.
    pub fn home_region(&self) -> &str {
        self.home_region.as_deref().unwrap_or(GLOBAL_REGION)
    }

    /// The governed Regions, with their default.
    pub fn governed_regions(&self) -> Vec<String> {
        self.governed_regions.clone().unwrap_or_else(|| vec![GLOBAL_REGION.to_owned()])
    }
}
