//! The settings for one account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use crate::alias_pattern::AliasPattern;
use crate::id::{EmailAddress, OuId};
use crate::request::Contacts;
use crate::settings::{QuotaIncrease, Settings, Trail, VendingSettings};
use crate::steps::StepName;

/// The settings for accounts in one OU.
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
    /// The Region of IAM Identity Center. The default is the Region of the functions.
    pub identity_center_region: Option<String>,
}

impl AccountSettings {
    /// The settings for accounts in an OU: what `ou` sets there, and what holds for all accounts. `ancestors` are as in
    /// [`Settings::resolve`].
    pub fn new(settings: &Settings, ou: &VendingSettings, ancestors: &[OuId]) -> Self {
        Self {
            governed_regions: settings.governed_regions.clone(),
            disabled_steps: disabled_steps(ou),
            trail: settings.trail.clone(),
            config_bucket: settings.config_bucket.clone(),
            governed_by_control_tower: settings.is_governed_by_control_tower(ancestors),
            alias_pattern: ou.alias_pattern.clone(),
            remove_default_vpcs: ou.remove_default_vpcs,
            quota_increases: ou.quota_increases.clone(),
            monthly_budget_usd: ou.monthly_budget_usd,
            budget_subscribers: ou.budget_subscribers.clone(),
            contacts: ou.contacts.clone(),
            identity_center_region: settings.identity_center_region.clone(),
        }
    }
}

/// The names of the steps that the settings leave out. They name the folders.
fn disabled_steps(ou: &VendingSettings) -> Vec<String> {
    let is_left_out = |step: &StepName| ou.without_steps.contains(step.folder());
    StepName::iter().filter(is_left_out).map(|step| step.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn account_gets_the_settings_of_its_ou() {
        let settings = json!({
            "schemaVersion": 1, "homeRegion": "eu-central-1", "governedRegions": ["us-east-1", "eu-central-1"],
            "trail": { "mode": "organization", "name": "organization-trail" }, "configBucket": "log-archive",
            "controlTowerUnitIds": ["ou-governed"], "identityCenterRegion": "eu-central-1",
            "blocks": {
                "r-root": { "monthlyBudgetUsd": 1000, "withoutSteps": ["request-quota-increases"] },
                "ou-governed": { "monthlyBudgetUsd": 50, "withoutSteps": ["set-budget"], "removeDefaultVpcs": false },
            },
        });
        let settings = Settings::parse(settings.to_string().as_bytes()).unwrap();
        let account_in = |unit: &str| {
            let ancestors: Vec<OuId> = ["r-root", unit].iter().map(|id| id.parse().unwrap()).collect();
            AccountSettings::new(&settings, &settings.resolve(&ancestors), &ancestors)
        };
        let governed = account_in("ou-governed");
        assert_eq!(governed.disabled_steps, ["RequestQuotaIncreases", "SetBudget"]);
        assert_eq!((governed.monthly_budget_usd, governed.remove_default_vpcs), (Some(50), false));
        assert!(governed.governed_by_control_tower);
        assert_eq!(governed.governed_regions, ["us-east-1", "eu-central-1"]);
        assert_eq!(governed.trail, settings.trail);
        assert_eq!(governed.config_bucket.as_deref(), Some("log-archive"));
        assert_eq!(governed.identity_center_region.as_deref(), Some("eu-central-1"));
        let other = account_in("ou-other");
        assert_eq!((other.monthly_budget_usd, other.remove_default_vpcs), (Some(1000), true));
        assert_eq!(other.disabled_steps, ["RequestQuotaIncreases"]);
        assert!(!other.governed_by_control_tower);
    }
}
