//! The settings of the stack for one account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alias_pattern::AliasPattern;
use crate::id::EmailAddress;
use crate::request::Contacts;
use crate::settings::{QuotaIncrease, Trail};

/// The settings of the stack for accounts in one OU.
///
/// `validate-request` reads them once, and the state of the execution carries them to the steps. So all steps of an
/// execution have the same settings.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSettings {
    pub governed_regions: Vec<String>,
    /// The names of the steps that are disabled in the OU.
    pub disabled_steps: Vec<String>,
    /// The trail that logs the account. Without it, the trail is not checked.
    pub trail: Option<Trail>,
    /// The central bucket that AWS Config delivers to. Without it, AWS Config is not enabled.
    pub config_bucket: Option<String>,
    /// Whether AWS Control Tower governs the OU and creates the recorders of AWS Config.
    pub governed_by_control_tower: bool,
    pub alias_pattern: Option<AliasPattern>,
    pub remove_default_vpcs: bool,
    pub quota_increases: Vec<QuotaIncrease>,
    /// The budget of an account whose request has none.
    pub monthly_budget_usd: Option<u32>,
    /// Who receives the warnings of the budget, in addition to the owner of the account.
    pub budget_subscribers: Vec<EmailAddress>,
    /// The contacts of an account whose request has none.
    pub contacts: Contacts,
}
