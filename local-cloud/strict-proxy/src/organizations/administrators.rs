//! The delegated administrators of AWS services.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html>

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Organization;
use super::errors::{Outcome, Rejection, error, required, violation};
use super::listing::page;
use super::trusted_access::unrecognized;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest};

/// The services that support delegated administrators, and how many an organization can have; `None` if AWS documents no
/// limit.
const SERVICES: [(&str, Option<usize>); 19] = [
    ("access-analyzer.amazonaws.com", Some(1)),
    ("account.amazonaws.com", None),
    ("auditmanager.amazonaws.com", Some(1)),
    ("backup.amazonaws.com", None),
    ("cloudtrail.amazonaws.com", Some(3)),
    ("config.amazonaws.com", Some(3)),
    ("config-multiaccountsetup.amazonaws.com", Some(3)),
    ("detective.amazonaws.com", Some(1)),
    ("guardduty.amazonaws.com", Some(1)),
    ("health.amazonaws.com", None),
    ("iam.amazonaws.com", None),
    ("inspector2.amazonaws.com", Some(1)),
    ("macie.amazonaws.com", Some(1)),
    ("member.org.stacksets.cloudformation.amazonaws.com", Some(5)),
    ("securityhub.amazonaws.com", Some(1)),
    ("securitylake.amazonaws.com", Some(1)),
    ("servicecatalog.amazonaws.com", None),
    ("ssm.amazonaws.com", None),
    ("sso.amazonaws.com", Some(1)),
];

/// In the order in which they were registered.
#[derive(Default)]
pub(super) struct Administrators(Vec<Administrator>);

struct Administrator {
    account: String,
    service: String,
    /// In seconds since 1970.
    registered_at: i64,
}

impl Administrators {
    fn has(&self, account: &str, service: &str) -> bool {
        self.services(account).any(|administrator| administrator.service == service)
    }

    fn services(&self, account: &str) -> impl Iterator<Item = &Administrator> {
        self.0.iter().filter(move |administrator| administrator.account == account)
    }

    fn count(&self, service: &str) -> usize {
        self.0.iter().filter(|administrator| administrator.service == service).count()
    }

    fn add(&mut self, account: &str, service: &str) {
        let registered_at = OffsetDateTime::now_utc().unix_timestamp();
        self.0.push(Administrator { account: account.to_owned(), service: service.to_owned(), registered_at });
    }

    /// Returns each account once, with the time of its first registration.
    fn accounts(&self, service: Option<&str>) -> Vec<(String, i64)> {
        let mut accounts: Vec<(String, i64)> = Vec::new();
        for administrator in &self.0 {
            let is_listed = service.is_none_or(|service| administrator.service == service);
            if is_listed && !accounts.iter().any(|(account, _)| *account == administrator.account) {
                accounts.push((administrator.account.clone(), administrator.registered_at));
            }
        }
        accounts
    }

    /// Returns accounts with their services.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|administrator| (administrator.account.as_str(), administrator.service.as_str()))
    }
}

impl Organization {
    pub(super) async fn register_administrator(&self, request: &AwsRequest) -> Outcome {
        let (account, service) = (required(request, "AccountId")?, required(request, "ServicePrincipal")?);
        let (_, limit) = SERVICES.iter().find(|(known, _)| *known == service).ok_or_else(unrecognized)?;
        self.check_administrator(account).await?;
        if lock(&self.governance).administrators.has(account, service) {
            let message = "The specified account is already a delegated administrator for this AWS service.";
            return Err(error("AccountAlreadyRegisteredException", message).into());
        }
        if !self.is_trusted(service).await? {
            let message = "You attempted to register a delegated administrator before you enabled service access. Call \
                the EnableAWSServiceAccess API first.";
            return Err(violation("SERVICE_ACCESS_NOT_ENABLED", message).into());
        }
        let mut governance = lock(&self.governance);
        if let Some(limit) = limit.filter(|limit| governance.administrators.count(service) >= *limit) {
            return Err(too_many(limit).into());
        }
        governance.administrators.add(account, service);
        Ok(json!({}))
    }

    /// Only an active member account can be an administrator.
    async fn check_administrator(&self, account: &str) -> Result<(), Rejection> {
        if account == self.management_account {
            let message = "You attempted to register the management account of the organization as a delegated \
                administrator for an AWS service integrated with Organizations.";
            return Err(violation("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", message).into());
        }
        let Some(member) = self.member(account).await? else {
            return Err(no_account().into());
        };
        if member["Status"] == "SUSPENDED" {
            let message = "You cannot register a suspended account as a delegated administrator.";
            return Err(violation("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", message).into());
        }
        Ok(())
    }

    pub(super) async fn deregister_administrator(&self, request: &AwsRequest) -> Outcome {
        let (account, service) = (required(request, "AccountId")?, required(request, "ServicePrincipal")?);
        if self.member(account).await?.is_none() {
            return Err(no_account().into());
        }
        let mut governance = lock(&self.governance);
        if !governance.administrators.has(account, service) {
            return Err(not_registered().into());
        }
        governance.administrators.0.retain(|known| known.account != account || known.service != service);
        Ok(json!({}))
    }

    pub(super) async fn list_administrators(&self, request: &AwsRequest) -> Outcome {
        let accounts = lock(&self.governance).administrators.accounts(request.string("ServicePrincipal"));
        let mut listed = Vec::new();
        for (account, registered_at) in accounts {
            if let Some(mut member) = self.member(&account).await? {
                member["DelegationEnabledDate"] = registered_at.into();
                listed.push(member);
            }
        }
        Ok(page(request, "DelegatedAdministrators", listed))
    }

    pub(super) async fn list_delegated_services(&self, request: &AwsRequest) -> Outcome {
        let account = required(request, "AccountId")?;
        if self.member(account).await?.is_none() {
            return Err(no_account().into());
        }
        let governance = lock(&self.governance);
        let services = governance.administrators.services(account).map(Administrator::delegated_service);
        let services: Vec<Value> = services.collect();
        if services.is_empty() {
            return Err(not_registered().into());
        }
        Ok(page(request, "DelegatedServices", services))
    }

    /// Whether an account administers any service.
    pub(super) fn is_administrator(&self, account: &str) -> bool {
        lock(&self.governance).administrators.services(account).next().is_some()
    }

    pub(super) fn administers(&self, account: &str, service: &str) -> bool {
        lock(&self.governance).administrators.has(account, service)
    }
}

impl Administrator {
    fn delegated_service(&self) -> Value {
        json!({"ServicePrincipal": self.service, "DelegationEnabledDate": self.registered_at})
    }
}

fn too_many(limit: usize) -> AwsError {
    if limit == 1 {
        let message = "You attempted to register an AWS account as a delegated administrator for an AWS service that \
            already has a delegated administrator. To complete this operation, you must first deregister any existing \
            delegated administrators for this service.";
        return violation("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", message);
    }
    let message = "You attempted to register more delegated administrators than allowed for the service principal.";
    violation("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED", message)
}

fn no_account() -> AwsError {
    error("AccountNotFoundException", "You specified an account that doesn't exist.")
}

fn not_registered() -> AwsError {
    let message = "The specified account is not a delegated administrator for this AWS service.";
    error("AccountNotRegisteredException", message)
}
