//! What AWS has, as far as a manifest can describe it.

use std::collections::BTreeSet;

use vending_core::{AccountId, OuId, Settings, VendingBlock};
use vending_policies::PolicyType;

/// An organization, as a function that calls AWS reads it:
///
/// - `root`, and [`ExistingFeatures::policy_types`]: ListRoots.
/// - `units`: ListOrganizationalUnitsForParent, from the root down.
/// - `policies`: ListPolicies for each enabled [`PolicyType`], and for each policy of it DescribePolicy,
///   ListTargetsForPolicy, and ListTagsForResource.
/// - `settings`: `settings.json` of the records bucket.
#[derive(Clone, Debug)]
pub struct ExistingOrganization {
    pub root: OuId,
    /// The OUs directly below the root, in any order.
    pub units: Vec<ExistingUnit>,
    /// The policies of all types, in any order.
    pub policies: Vec<ExistingPolicy>,
    pub features: ExistingFeatures,
    /// The stored settings, or `None` if no manifest has been applied. Then the manifest has every OU.
    pub settings: Option<Settings>,
}

/// An OU.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExistingUnit {
    pub id: OuId,
    pub name: String,
    /// The OUs directly below.
    pub units: Vec<Self>,
}

/// A policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExistingPolicy {
    pub id: String,
    pub policy_type: PolicyType,
    /// Its name in AWS.
    pub name: String,
    /// The document, as DescribePolicy returns it. It is not needed for policies that AWS manages.
    pub content: String,
    /// `AwsManaged` of its summary.
    pub is_aws_managed: bool,
    /// The name in the manifest, if the policy is managed by this deployment: the value of [`vending_core::GROUND_TAG`]
    /// after the name of the stack and a slash. Others have no tag, or that of another stack.
    pub own_name: Option<String>,
    /// The root and the OUs that it is attached to.
    pub units: BTreeSet<OuId>,
    /// The accounts that it is attached to.
    pub accounts: BTreeSet<AccountId>,
}

/// What is enabled for the organization.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExistingFeatures {
    /// The names in AWS of the policy types of the root whose status is `ENABLED`, such as `SERVICE_CONTROL_POLICY`.
    pub policy_types: BTreeSet<String>,
    /// Whether ListOrganizationsFeatures of IAM returns both `RootCredentialsManagement` and `RootSessions`.
    pub central_root_access: bool,
}

impl ExistingOrganization {
    /// What the present settings have at the root or an OU.
    pub(super) fn block(&self, id: &OuId) -> Option<VendingBlock> {
        self.settings.as_ref()?.blocks.get(id).cloned()
    }
}

impl ExistingPolicy {
    /// AWS Control Tower changes these policies itself.
    /// <https://docs.aws.amazon.com/controltower/latest/userguide/orgs-guidance.html>
    pub(super) fn is_of_control_tower(&self) -> bool {
        self.name.starts_with("aws-guardrails-")
    }
}
