//! The types of organization policies, and their quotas.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>

use super::errors::{invalid, required};
use crate::wire::{AwsError, AwsRequest};

#[derive(Debug)]
pub(super) struct PolicyType {
    pub(super) name: &'static str,
    /// In characters, including white space.
    pub(super) max_size: usize,
    /// How many policies can be attached to a root, an OU, or an account.
    pub(super) max_attached: usize,
    /// How many policies an organization can have.
    pub(super) max_policies: usize,
    /// The service that needs trusted access before the type can be enabled.
    pub(super) service: Option<&'static str>,
}

pub(super) const SCP: &str = "SERVICE_CONTROL_POLICY";
pub(super) const RCP: &str = "RESOURCE_CONTROL_POLICY";
/// moto attaches the AWS managed RCP to every entity, as AWS does when RCPs are enabled.
pub(super) const RCP_FULL_ACCESS: &str = "p-RCPFullAWSAccess";
/// The AWS managed policies.
pub(super) const FULL_ACCESS: [&str; 2] = ["p-FullAWSAccess", RCP_FULL_ACCESS];

/// The quotas of the types from `SECURITYHUB_CSPM_POLICY` on are not documented. The documentation of declarative and
/// GuardDuty policies requires trusted access, and so do tools for Security Hub policies
/// (<https://github.com/hashicorp/terraform-provider-aws/pull/45135>).
pub(super) static POLICY_TYPES: [PolicyType; 15] = [
    PolicyType { max_policies: 10_000, ..PolicyType::new(SCP, 10_240, 10) },
    PolicyType { max_policies: 2_000, ..PolicyType::new(RCP, 5_120, 5) },
    PolicyType::new("DECLARATIVE_POLICY_EC2", 10_000, 10).with_service("ec2.amazonaws.com"),
    PolicyType::new("BACKUP_POLICY", 10_000, 10).with_service("backup.amazonaws.com"),
    PolicyType::new("TAG_POLICY", 10_000, 10),
    PolicyType::new("CHATBOT_POLICY", 10_000, 5),
    PolicyType::new("AISERVICES_OPT_OUT_POLICY", 2_500, 5),
    PolicyType::new("SECURITYHUB_POLICY", 10_000, 10).with_service("securityhub.amazonaws.com"),
    PolicyType::new("SECURITYHUB_CSPM_POLICY", 10_000, 10).with_service("securityhub.amazonaws.com"),
    PolicyType::new("INSPECTOR_POLICY", 10_000, 10).with_service("inspector2.amazonaws.com"),
    PolicyType::new("GUARDDUTY_POLICY", 10_000, 10).with_service("guardduty.amazonaws.com"),
    PolicyType::new("S3_POLICY", 10_000, 10),
    PolicyType::new("BEDROCK_POLICY", 10_000, 10),
    PolicyType::new("UPGRADE_ROLLOUT_POLICY", 10_000, 10),
    PolicyType::new("NETWORK_SECURITY_DIRECTOR_POLICY", 10_000, 10),
];

impl PolicyType {
    const fn new(name: &'static str, max_size: usize, max_attached: usize) -> Self {
        Self { name, max_size, max_attached, max_policies: 1_000, service: None }
    }

    const fn with_service(mut self, service: &'static str) -> Self {
        self.service = Some(service);
        self
    }

    pub(super) fn find(name: &str) -> Option<&'static Self> {
        POLICY_TYPES.iter().find(|known| known.name == name)
    }

    /// Returns the type that a parameter names.
    pub(super) fn named(request: &AwsRequest, parameter: &str) -> Result<&'static Self, AwsError> {
        let unknown = || invalid("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string.");
        Self::find(required(request, parameter)?).ok_or_else(unknown)
    }

    /// SCPs and RCPs, which restrict permissions. The emulator has them. The others are management policies, which
    /// configure services.
    pub(super) fn is_authorization(&self) -> bool {
        [SCP, RCP].contains(&self.name)
    }

    /// The part of the ARNs of its policies.
    pub(super) fn in_arn(&self) -> String {
        self.name.to_lowercase()
    }
}
