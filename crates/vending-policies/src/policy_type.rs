//! The types of policies.

use schemars::JsonSchema;
use serde::Serialize;
use strum::EnumString;

/// The type of a policy.
#[derive(
    Clone,
    Copy,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    JsonSchema,
    EnumString,
    strum::Display,
    strum::VariantArray,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum PolicyType {
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A declarative policy for EC2.
    Ec2,
    /// An S3 policy.
    S3,
    /// An opt-out of the use of content for AI services.
    AiOptOut,
    /// A tag policy.
    Tag,
    /// A backup policy.
    Backup,
    /// A GuardDuty policy.
    GuardDuty,
}

impl PolicyType {
    /// The name of AWS.
    pub const fn aws_name(self) -> &'static str {
        match self {
            Self::Scp => "SERVICE_CONTROL_POLICY",
            Self::Rcp => "RESOURCE_CONTROL_POLICY",
            Self::Ec2 => "DECLARATIVE_POLICY_EC2",
            Self::S3 => "S3_POLICY",
            Self::AiOptOut => "AISERVICES_OPT_OUT_POLICY",
            Self::Tag => "TAG_POLICY",
            Self::Backup => "BACKUP_POLICY",
            Self::GuardDuty => "GUARDDUTY_POLICY",
        }
    }

    /// How many policies of this type AWS allows to attach to one root, OU, or account, without those that AWS attaches
    /// itself: `FullAWSAccess` and `RCPFullAWSAccess`.
    ///
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>: since May 2026, 10 SCPs
    /// can be attached. The page has no number for S3 and GuardDuty policies.
    pub const fn attachable(self) -> Option<usize> {
        match self {
            Self::Scp => Some(9),
            Self::Rcp => Some(4),
            Self::AiOptOut => Some(5),
            Self::Ec2 | Self::Tag | Self::Backup => Some(10),
            Self::S3 | Self::GuardDuty => None,
        }
    }

    /// How many characters a document can have, from the same page. It has no number for S3 and GuardDuty policies;
    /// they get that of the other management policies.
    pub const fn maximum_size(self) -> usize {
        match self {
            Self::Scp => 10_240,
            Self::Rcp => 5_120,
            Self::AiOptOut => 2_500,
            Self::Ec2 | Self::S3 | Self::Tag | Self::Backup | Self::GuardDuty => 10_000,
        }
    }

    /// Whether a policy at the root also holds for the management account.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>
    pub const fn affects_management_account(self) -> bool {
        !matches!(self, Self::Scp | Self::Rcp)
    }

    /// Whether a policy decides requests, so that it can be tried with cases. The others change settings.
    pub const fn is_evaluated(self) -> bool {
        matches!(self, Self::Scp | Self::Rcp)
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn words_are_those_of_the_manifest() {
        let words: Vec<String> = PolicyType::VARIANTS.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["scp", "rcp", "ec2", "s3", "aiOptOut", "tag", "backup", "guardDuty"]);
        for word in words {
            let policy_type: PolicyType = word.parse().unwrap();
            assert_eq!(serde_json::to_value(policy_type).unwrap(), word.as_str());
        }
    }

    #[test]
    fn only_scps_and_rcps_spare_the_management_account() {
        let sparing = |policy_type: &&PolicyType| !policy_type.affects_management_account();
        let found: Vec<_> = PolicyType::VARIANTS.iter().filter(sparing).collect();
        assert_eq!(found, [&PolicyType::Scp, &PolicyType::Rcp]);
    }
}
