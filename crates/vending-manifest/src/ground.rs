//! The parts of the manifest that all accounts share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;
use strum::EnumString;
use vending_core::{EmailAddress, TrailMode};

/// The CloudTrail trail that logs the accounts.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct OrganizationTrail {
    /// `organization`: one trail of the organization, which is checked for each account. `account`: a trail in each
    /// account. The default is `organization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<TrailMode>,
    /// The name of the organization trail in the home Region, or its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The bucket of the trail. Required for `mode: account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = BUCKET))]
    pub bucket: Option<String>,
    /// The paths of OUs whose accounts have the data events of S3 logged, or `all` alone. AWS charges for each event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true))]
    pub s3_data_events: Option<Vec<String>>,
}

pub(crate) const BUCKET: &str = "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$";

/// What AWS Config delivers to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ConfigBucket {
    /// The bucket that AWS Config in the accounts delivers to.
    #[schemars(extend("pattern" = BUCKET))]
    pub bucket: String,
}

/// What AWS Control Tower governs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ControlTower {
    /// The paths of the OUs that Control Tower governs, with all OUs below them. There, accounts use its recorder of AWS
    /// Config.
    #[schemars(extend("uniqueItems" = true))]
    pub organizational_units: Vec<String>,
}

/// The buckets for logs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct LogArchive {
    /// After how many days logs are deleted.
    #[schemars(range(min = 1, max = MAXIMUM_DAYS))]
    pub retention_days: u32,
    /// The default retention of S3 Object Lock for the bucket of the trail. AWS Config cannot deliver to a bucket that
    /// has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<ObjectLock>,
    /// `s3`: keys of S3. `kms`: a key of its own, for about 1 US dollar a month. The default is `s3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

pub(crate) const MAXIMUM_DAYS: u64 = 36_500;

/// The default retention of S3 Object Lock.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ObjectLock {
    /// `COMPLIANCE` can be shortened by no one, not even by AWS Support.
    pub mode: ObjectLockMode,
    /// For how many days a log cannot be deleted.
    #[schemars(range(min = 1, max = MAXIMUM_DAYS))]
    pub days: u32,
}

/// The mode of S3 Object Lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ObjectLockMode {
    Governance,
    Compliance,
}

/// How logs are encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema, EnumString)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Encryption {
    S3,
    Kms,
}

/// The security services. A service that is left out is left alone.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Security {
    /// Amazon GuardDuty in all accounts and governed Regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard_duty: Option<GuardDuty>,
    /// AWS Security Hub CSPM in all accounts and governed Regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_hub: Option<SecurityHub>,
    /// IAM Access Analyzer of the organization in all governed Regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_analyzer: Option<AccessAnalyzer>,
    /// AWS managed rules of AWS Config for all accounts, by name, like `s3-bucket-ssl-requests-only`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config_rules: BTreeMap<String, ConfigRule>,
}

/// Amazon GuardDuty.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct GuardDuty {
    /// The protection plans, in addition to the foundational one. AWS charges for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub features: Vec<GuardDutyFeature>,
}

/// A protection plan of GuardDuty.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema, EnumString, strum::Display, strum::EnumIter)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum GuardDutyFeature {
    #[serde(rename = "S3_DATA_EVENTS")]
    #[strum(serialize = "S3_DATA_EVENTS")]
    S3DataEvents,
    EksAuditLogs,
    EbsMalwareProtection,
    RdsLoginEvents,
    LambdaNetworkLogs,
    RuntimeMonitoring,
    AiProtection,
}

/// AWS Security Hub CSPM.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct SecurityHub {
    /// The standards, like `aws-foundational-security-best-practices/v/1.0.0`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub standards: Vec<String>,
}

/// IAM Access Analyzer. Its findings of access from outside the organization are free.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct AccessAnalyzer {
    /// After how many days without use access is a finding. AWS charges for each role and user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 365))]
    pub unused_access_after_days: Option<u32>,
}

/// An AWS managed rule of AWS Config.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ConfigRule {
    /// The parameters of the rule. All values are strings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// IAM Identity Center.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct IdentityCenter {
    /// The Region of IAM Identity Center. The default is us-east-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The display names of the groups. If the list is there, `access` can name only these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true))]
    pub groups: Option<Vec<String>>,
    /// Whether missing groups are created. The default is false, because an identity provider usually brings them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_groups: Option<bool>,
    /// The permission sets, by name. If they are there, `access` and `permissionSets` can name only these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission_sets: Option<BTreeMap<String, PermissionSet>>,
}

/// A permission set. It has `policyArns`, an `inlinePolicy`, or both.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct PermissionSet {
    /// What the permission set is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 700))]
    pub description: Option<String>,
    /// The AWS managed policies of the permission set, at most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true, "maxItems" = MAXIMUM_POLICIES))]
    pub policy_arns: Vec<String>,
    /// The file of an IAM policy next to this file, like `permission-sets/security-audit.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline_policy: Option<String>,
    /// How long a session can last, from PT1H to PT12H. The default of AWS is PT1H.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^PT([1-9]|1[0-2])H([1-5]?[0-9]M)?$"))]
    pub session: Option<String>,
}

pub(crate) const MAXIMUM_POLICIES: usize = 20;

/// Alerts about costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Costs {
    /// Alerts about unusual costs in the organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomalies: Option<CostAnomalies>,
}

/// Alerts about unusual costs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct CostAnomalies {
    /// The emails that receive the alerts.
    #[schemars(extend("minItems" = 1, "maxItems" = 10, "uniqueItems" = true))]
    pub subscribers: Vec<EmailAddress>,
    /// The impact in US dollars from which there is an alert.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub from_usd: Number,
}
