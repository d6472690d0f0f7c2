//! What the manifest sets at one OU.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use strum::EnumString;

use super::checks;
use crate::alias_pattern::AliasPattern;
use crate::allowed;
use crate::arn::StateMachineArn;
use crate::id::{EmailAddress, InvalidId};
use crate::object_reader::{DUPLICATE, ObjectReader};
use crate::request::{
    AccessGrant, AccessPrincipal, Contacts, MAXIMUM_BUDGET, email, email_pattern, group_name, permission_set_name,
};
use crate::schema;

/// What holds for the accounts in an OU and below it, unless an OU below sets something else. Everything is optional.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(deny_unknown_fields)]
pub struct VendingBlock {
    /// Whether accounts can be requested here. Denied unless it is allowed here or above. Operators can always request
    /// accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// Whether accounts that were created outside account-vending are adopted when they appear here. It has no effect
    /// where requests are denied. The default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adopt: Option<bool>,
    /// The permission sets of IAM Identity Center that a request can name; `*` allows all. The default is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true, "maxItems" = checks::MAXIMUM_ENTRIES))]
    pub permission_sets: Option<Vec<String>>,
    /// The GitHub organizations and users whose repositories can deploy, with their numeric IDs, spelled as on GitHub.
    /// `https://api.github.com/users/NAME` shows the ID. The default is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = checks::github_owner_schema()))]
    #[schemars(extend("additionalProperties" = checks::github_id_schema()))]
    pub github_owners: Option<BTreeMap<String, u64>>,
    /// The AWS managed policies that a request can give to repositories; `*` allows all. The default is PowerUserAccess
    /// and ReadOnlyAccess.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true, "maxItems" = checks::MAXIMUM_ENTRIES))]
    pub deploy_policy_arns: Option<Vec<String>>,
    /// Steps to leave out, by the names of their folders. They are added to those of the OUs above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true, "items" = checks::step_schema()))]
    pub without_steps: Option<Vec<String>>,
    /// Whether the default VPCs of accounts are deleted. The default is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove_default_vpcs: Option<bool>,
    /// Service quotas to request in each account. A vend does not wait for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxItems" = checks::MAXIMUM_ENTRIES))]
    pub quota_increases: Option<Vec<QuotaIncrease>>,
    /// The ARN of your own state machine, which runs after the baseline. The stack's parameter `CustomizationStateMachineArns` must have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customization: Option<StateMachineArn>,
    /// The monthly budget in US dollars of accounts whose requests name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_BUDGET))]
    pub monthly_budget_usd: Option<u32>,
    /// Emails that receive the warnings of all budgets, in addition to the owner of the account; at most nine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true, "maxItems" = checks::MAXIMUM_SUBSCRIBERS))]
    pub budget_subscribers: Option<Vec<EmailAddress>>,
    /// The contacts of accounts whose requests name none. Each contact is inherited on its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Contacts>,
    /// Whether a request can name another security contact than `contacts`. Denied unless it is allowed here or above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_contact_override: Option<SecurityContactOverride>,
    /// The email of accounts whose requests have none, like `aws+{accountName}@example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[^@]*[{]accountName[}][^@]*@[^@]+$"))]
    pub email_pattern: Option<String>,
    /// Domains in which a request can name any email for a new account; `*` allows all. Otherwise, an email must fit
    /// `emailPattern`. Anyone who can read the mailbox may become the root user of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true, "maxItems" = checks::MAXIMUM_ENTRIES))]
    pub email_domains: Option<Vec<String>>,
    /// The account alias, like `acme-{accountName}`. If it is taken, digits of the account ID are added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[a-z0-9-]*[{]accountName[}][a-z0-9-]*$"))]
    pub alias_pattern: Option<AliasPattern>,
    /// Groups that get access to every account, in addition to those of its request and of the OUs above. Granted
    /// last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("uniqueItems" = true, "maxItems" = checks::MAXIMUM_ACCESS))]
    pub access: Option<Vec<GroupAccess>>,
}

/// Whether accounts can be requested.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema, EnumString)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Requests {
    Allowed,
    #[default]
    Denied,
}

/// Whether a request can name another security contact.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema, EnumString)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum SecurityContactOverride {
    Allowed,
    #[default]
    Denied,
}

/// A permission set of IAM Identity Center for a group.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct GroupAccess {
    /// The display name of a group.
    #[schemars(length(min = 1, max = 1024), extend("pattern" = schema::LINE))]
    pub group: String,
    /// The name of the permission set.
    #[schemars(extend("pattern" = schema::PERMISSION_SET))]
    pub permission_set: String,
}

/// A service quota and the value that every account needs at least.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct QuotaIncrease {
    /// The code of the service in Service Quotas, like `ec2`.
    #[schemars(extend("pattern" = checks::SERVICE_CODE))]
    pub service: String,
    /// The code of the quota, like `L-1216C47A`.
    #[schemars(extend("pattern" = checks::QUOTA_CODE))]
    pub code: String,
    /// The value to request.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = checks::MAXIMUM_QUOTA))]
    pub value: Number,
    /// The Region of the quota. The default is us-east-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl VendingBlock {
    /// Reads a block of the manifest.
    pub fn read(fields: &mut ObjectReader<'_>) -> Self {
        let entries = 0..=checks::MAXIMUM_ENTRIES;
        Self {
            requests: fields.choice("requests", &["allowed", "denied"]),
            adopt: fields.optional_boolean("adopt"),
            permission_sets: fields.optional_list("permissionSets", entries.clone(), allowed::permission_set),
            github_owners: github_owners(fields),
            deploy_policy_arns: fields.optional_list("deployPolicyArns", entries.clone(), allowed::policy_arn),
            without_steps: fields.optional_list("withoutSteps", entries.clone(), checks::step),
            remove_default_vpcs: fields.optional_boolean("removeDefaultVpcs"),
            quota_increases: quota_increases(fields),
            customization: fields.optional("customization", state_machine),
            monthly_budget_usd: fields.number("monthlyBudgetUsd", 1..=MAXIMUM_BUDGET),
            budget_subscribers: fields.optional_list("budgetSubscribers", 0..=checks::MAXIMUM_SUBSCRIBERS, email),
            contacts: fields.object("contacts", Contacts::read),
            security_contact_override: fields.choice("securityContactOverride", &["allowed", "denied"]),
            email_pattern: fields.optional("emailPattern", email_pattern),
            email_domains: fields.optional_list("emailDomains", entries, allowed::email_domain),
            alias_pattern: fields.optional("aliasPattern", alias_pattern),
            access: access(fields),
        }
    }
}

impl GroupAccess {
    fn read(fields: &mut ObjectReader<'_>) -> Option<Self> {
        let group = fields.required("group", group_name);
        let permission_set = fields.required("permissionSet", permission_set_name);
        Some(Self { group: group?, permission_set: permission_set? })
    }
}

impl From<GroupAccess> for AccessGrant {
    fn from(access: GroupAccess) -> Self {
        Self { principal: AccessPrincipal::Group(access.group), permission_set: access.permission_set }
    }
}

impl QuotaIncrease {
    fn read(fields: &mut ObjectReader<'_>) -> Option<Self> {
        let service = fields.required("service", checks::service_code);
        let code = fields.required("code", checks::quota_code);
        let value = fields.positive("value", checks::MAXIMUM_QUOTA);
        let region = fields.optional("region", crate::region::region);
        Some(Self { service: service?, code: code?, value: value?, region })
    }

    /// The Region of the quota.
    pub fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(crate::region::GLOBAL_REGION)
    }

    /// The value to request.
    pub fn value(&self) -> f64 {
        self.value.as_f64().unwrap_or_default()
    }

    fn is_same_quota(&self, other: &Self) -> bool {
        (&self.service, &self.code, self.region()) == (&other.service, &other.code, other.region())
    }
}

impl fmt::Display for QuotaIncrease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{} in {}", self.service, self.code, self.region())
    }
}

fn state_machine(text: &str) -> Result<StateMachineArn, String> {
    let expected = "must be the ARN of a state machine, like arn:aws:states:us-east-1:111122223333:stateMachine:name";
    text.parse().map_err(|_| expected.to_owned())
}

fn alias_pattern(text: &str) -> Result<AliasPattern, String> {
    text.parse().map_err(|error: InvalidId| error.to_string())
}

fn github_owners(fields: &mut ObjectReader<'_>) -> Option<BTreeMap<String, u64>> {
    const OWNERS: &str = "githubOwners";
    if !fields.is_given(OWNERS) {
        return None;
    }
    let check = |owner: &str| allowed::github_owner(owner).err();
    let mut owners = fields.numbers_by_name(OWNERS, &(1..=checks::MAXIMUM_GITHUB_ID), check);
    // JSON objects keep the order of their fields or not, by a feature that other crates enable.
    owners.sort_unstable();
    for (index, (owner, _)) in owners.iter().enumerate() {
        // GitHub compares names without case.
        if owners.iter().take(index).any(|(other, _)| other.eq_ignore_ascii_case(owner)) {
            fields.problem_at(&[OWNERS, owner], DUPLICATE);
        }
    }
    Some(owners.into_iter().collect())
}

fn quota_increases(fields: &mut ObjectReader<'_>) -> Option<Vec<QuotaIncrease>> {
    const QUOTAS: &str = "quotaIncreases";
    let conflict = |one: &QuotaIncrease, other: &QuotaIncrease| {
        one.is_same_quota(other).then_some("is a duplicate: the quota has an earlier entry in the same Region")
    };
    fields.is_given(QUOTAS).then(|| fields.objects(QUOTAS, checks::MAXIMUM_ENTRIES, conflict, QuotaIncrease::read))
}

fn access(fields: &mut ObjectReader<'_>) -> Option<Vec<GroupAccess>> {
    const ACCESS: &str = "access";
    let conflict = |one: &GroupAccess, other: &GroupAccess| (one == other).then_some(DUPLICATE);
    fields.is_given(ACCESS).then(|| fields.objects(ACCESS, checks::MAXIMUM_ACCESS, conflict, GroupAccess::read))
}
