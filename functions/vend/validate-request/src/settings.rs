//! The settings of the stack for accounts, by OU.

mod customizations;
mod disabled_steps;
mod quota_increases;

use std::num::NonZeroU32;

use vending_core::{
    AccountSettings, AliasPattern, Contacts, EmailAddress, OrganizationalUnitPath, OuScope, OuSettings, QuotaIncrease,
    StateMachineArn, Trail, TrailMode,
};
use vending_runtime::{Environment, StartError};

use self::disabled_steps::DisabledSteps;

const BUDGET_SUBSCRIBERS: &str = "BUDGET_SUBSCRIBERS";
const CONTROL_TOWER_UNITS: &str = "CONTROL_TOWER_ORGANIZATIONAL_UNITS";
const MONTHLY_BUDGETS_USD: &str = "MONTHLY_BUDGETS_USD";
const QUOTA_INCREASES: &str = "QUOTA_INCREASES";

#[derive(Debug)]
pub(crate) struct Settings {
    governed_regions: Vec<String>,
    disabled_steps: DisabledSteps,
    trail: Trail,
    config_bucket: Option<String>,
    control_tower_units: OuScope,
    alias_pattern: Option<AliasPattern>,
    remove_default_vpcs_in: OuScope,
    quota_increases: Vec<QuotaIncrease>,
    monthly_budgets_usd: OuSettings<NonZeroU32>,
    budget_subscribers: Vec<EmailAddress>,
    contacts: Contacts,
    customizations: OuSettings<StateMachineArn>,
}

impl Settings {
    /// Reads
    /// - `GOVERNED_REGIONS`: the Regions in which the baseline is applied;
    /// - `SWITCHED_OFF_STEPS`: the folder names of disabled steps. With `@` and the path of an OU, a step is disabled
    ///   only in that OU and below: `request-quota-increases,set-budget@Sandbox`;
    /// - `TRAIL_MODE`: `organization` (the default), with the name of the trail in `ORGANIZATION_TRAIL_NAME`, or its
    ///   ARN if its home Region is another one; or `account`, with the bucket of the trails in `TRAIL_BUCKET_NAME`;
    /// - `CONFIG_BUCKET_NAME`: the bucket of the log archive to which AWS Config delivers;
    /// - `CONTROL_TOWER_ORGANIZATIONAL_UNITS`: the paths of the OUs that Control Tower governs;
    /// - `ACCOUNT_ALIAS_PATTERN`: the pattern of the account aliases, like `acme-{accountName}`;
    /// - `REMOVE_DEFAULT_VPCS`: the paths of the OUs in whose accounts the default VPCs are deleted; `*` means all OUs;
    /// - `QUOTA_INCREASES`: a list of `service/quota=value`, each with the prefix `region:` if it is not for the home
    ///   Region (`AWS_REGION`, which Lambda sets), like `ec2/L-1216C47A=64,eu-west-1:vpc/L-F678F1CE=20`;
    /// - `MONTHLY_BUDGETS_USD`: the default budget by OU, as in `Sandbox=50,Workloads/Development=500,*=1000`;
    /// - `BUDGET_SUBSCRIBERS`: at most nine emails that every budget notifies in addition to the owner of the account;
    /// - `SECURITY_CONTACT`, `BILLING_CONTACT`, and `OPERATIONS_CONTACT`: the default contacts, each as
    ///   `name, title, email, phone`;
    /// - `CUSTOMIZATION_STATE_MACHINE_ARNS` and, in the same order, `CUSTOMIZATION_ORGANIZATIONAL_UNITS`: the state
    ///   machine of the organization to run after the baseline, by OU; `*` means all other OUs.
    ///
    /// All but `GOVERNED_REGIONS`, the bucket of AWS Config, and the name of the trail or its bucket are optional.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        let budgets =
            OuSettings::parse(&environment.list(MONTHLY_BUDGETS_USD), "a whole number of US dollars, 1 or more");
        let quotas = quota_increases::parse(&environment.list(QUOTA_INCREASES), &environment.required("AWS_REGION")?);
        Ok(Self {
            governed_regions: environment.required_list("GOVERNED_REGIONS")?,
            disabled_steps: DisabledSteps::from_environment(environment)?,
            trail: trail(environment)?,
            config_bucket: Some(environment.required("CONFIG_BUCKET_NAME")?),
            control_tower_units: environment.parsed_or_empty(CONTROL_TOWER_UNITS)?,
            alias_pattern: environment.parsed_if_set("ACCOUNT_ALIAS_PATTERN")?,
            remove_default_vpcs_in: environment.parsed_or_empty("REMOVE_DEFAULT_VPCS")?,
            quota_increases: quotas.map_err(|why| invalid(QUOTA_INCREASES, &why))?,
            monthly_budgets_usd: budgets.map_err(|error| invalid(MONTHLY_BUDGETS_USD, &error))?,
            budget_subscribers: budget_subscribers(environment)?,
            contacts: Contacts {
                security: environment.parsed_if_set("SECURITY_CONTACT")?,
                billing: environment.parsed_if_set("BILLING_CONTACT")?,
                operations: environment.parsed_if_set("OPERATIONS_CONTACT")?,
            },
            customizations: customizations::from_environment(environment)?,
        })
    }

    /// The settings for accounts in an OU.
    pub(crate) fn for_unit(&self, unit: &OrganizationalUnitPath) -> AccountSettings {
        AccountSettings {
            governed_regions: self.governed_regions.clone(),
            disabled_steps: self.disabled_steps.names_in(unit),
            trail: Some(self.trail.clone()),
            config_bucket: self.config_bucket.clone(),
            governed_by_control_tower: self.control_tower_units.contains(unit),
            alias_pattern: self.alias_pattern.clone(),
            remove_default_vpcs: self.remove_default_vpcs_in.contains(unit),
            quota_increases: self.quota_increases.clone(),
            monthly_budget_usd: self.monthly_budgets_usd.get(unit).map(|amount| amount.get()),
            budget_subscribers: self.budget_subscribers.clone(),
            contacts: self.contacts.clone(),
        }
    }

    /// The state machine to run after the baseline of accounts in an OU.
    pub(crate) fn customization_for(&self, unit: &OrganizationalUnitPath) -> Option<String> {
        self.customizations.get(unit).map(ToString::to_string)
    }
}

fn trail(environment: &Environment) -> Result<Trail, StartError> {
    match environment.optional("TRAIL_MODE").as_deref() {
        None | Some("organization") => {
            let name = Some(environment.required("ORGANIZATION_TRAIL_NAME")?);
            Ok(Trail { mode: TrailMode::Organization, name, bucket: None })
        }
        Some("account") => {
            let bucket = Some(environment.required("TRAIL_BUCKET_NAME")?);
            Ok(Trail { mode: TrailMode::Account, name: None, bucket })
        }
        Some(other) => Err(invalid("TRAIL_MODE", &format!("`{other}` is not valid: expected organization or account"))),
    }
}

/// AWS allows ten email subscribers for a notification, and one is the owner.
const MAXIMUM_SUBSCRIBERS: usize = 9;

/// Parses the subscribers. Errors do not contain the emails, which are personal data.
fn budget_subscribers(environment: &Environment) -> Result<Vec<EmailAddress>, StartError> {
    let entries = environment.list(BUDGET_SUBSCRIBERS);
    if entries.len() > MAXIMUM_SUBSCRIBERS {
        return Err(invalid(BUDGET_SUBSCRIBERS, &format!("must have at most {MAXIMUM_SUBSCRIBERS} emails")));
    }
    let email = |(index, entry): (usize, &String)| {
        entry.parse().map_err(|error| invalid(BUDGET_SUBSCRIBERS, &format!("email {} {error}", index + 1)))
    };
    entries.iter().enumerate().map(email).collect()
}

fn invalid(name: &'static str, why: &impl ToString) -> StartError {
    StartError::Invalid { name, why: why.to_string() }
}

#[cfg(test)]
mod tests;
