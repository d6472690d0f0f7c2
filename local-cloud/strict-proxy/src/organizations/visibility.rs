//! New accounts become visible gradually.

use std::collections::HashMap;
use std::time::Duration;

use local_cloud::strict::Visibility;

use super::unavailable::{named_accounts, not_found};
use crate::identity::{Caller, denial};
use crate::wire::{AwsError, AwsRequest};

/// The accounts that were created through the proxy.
#[derive(Default)]
pub(super) struct NewAccounts {
    pub(super) settings: Visibility,
    by_id: HashMap<String, NewAccount>,
}

struct NewAccount {
    account_at: Duration,
    role_at: Duration,
    role_millis: u64,
    /// The roles that were created in the account, and when each can be assumed.
    roles: HashMap<String, Duration>,
    services_at: Duration,
    services_code: Option<String>,
}

impl NewAccounts {
    pub(super) fn add(&mut self, account: &str, planned: Option<Visibility>, now: Duration, completes_at: Duration) {
        let visibility = planned.unwrap_or_else(|| self.settings.clone());
        // Without a delay, the account is visible before the creation completes: a caller that lost the response can
        // find it.
        let after = |millis| match millis {
            0 => now,
            millis => completes_at.saturating_add(Duration::from_millis(millis)),
        };
        let new_account = NewAccount {
            account_at: after(visibility.account_millis),
            role_at: after(visibility.role_millis),
            role_millis: visibility.role_millis,
            roles: HashMap::new(),
            services_at: after(visibility.services_millis),
            services_code: visibility.services_code,
        };
        self.by_id.insert(account.to_owned(), new_account);
    }

    pub(super) fn add_role(&mut self, account: &str, name: &str, now: Duration) {
        if let Some(new_account) = self.by_id.get_mut(account) {
            let role_at = now.saturating_add(Duration::from_millis(new_account.role_millis));
            new_account.roles.insert(name.to_owned(), role_at);
        }
    }

    /// For a deleted organization. Keeps the settings.
    pub(super) fn forget_all(&mut self) {
        self.by_id.clear();
    }

    pub(super) fn is_hidden(&self, account: &str, now: Duration) -> bool {
        self.by_id.get(account).is_some_and(|new_account| now < new_account.account_at)
    }

    pub(super) fn propagation_error(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<AwsError> {
        match (request.service.as_str(), request.operation.as_str()) {
            ("organizations", operation) => self.hidden_account_error(request, operation, now),
            ("sts", "AssumeRole") => self.assume_role_error(request, caller, now),
            _ => self.service_error(request, caller, now),
        }
    }

    fn hidden_account_error(&self, request: &AwsRequest, operation: &str, now: Duration) -> Option<AwsError> {
        named_accounts(request).any(|account| self.is_hidden(account, now)).then(|| not_found(operation))
    }

    fn assume_role_error(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<AwsError> {
        let role = request.string("RoleArn")?;
        let new_account = self.by_id.get(role.split(':').nth(4)?)?;
        let name = role.rsplit('/').next()?;
        let role_at =
            new_account.roles.get(name).map_or(new_account.role_at, |created| new_account.role_at.max(*created));
        (now < role_at).then(|| denial::for_assume_role(caller, role))
    }

    fn service_error(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<AwsError> {
        let new_account = self.by_id.get(&caller.account)?;
        if now >= new_account.services_at {
            return None;
        }
        let known = SERVICE_ERRORS.iter().find(|(service, ..)| *service == request.service);
        let (status, code) = known.map_or((403, "SubscriptionRequiredException"), |(_, status, code)| (*status, *code));
        let code = new_account.services_code.as_deref().unwrap_or(code);
        Some(AwsError::new(status, code, message_for(code)))
    }
}

/// Error codes that tools report for new accounts. Other services return `SubscriptionRequiredException`.
const SERVICE_ERRORS: [(&str, u16, &str); 6] = [
    ("cloudtrail", 400, "CloudTrailInvalidClientTokenIdException"),
    ("config", 400, "UnrecognizedClientException"),
    ("ec2", 401, "OptInRequired"),
    ("iam", 403, "InvalidClientTokenId"),
    ("s3", 403, "InvalidAccessKeyId"),
    ("sts", 403, "InvalidClientTokenId"),
];

fn message_for(code: &str) -> &'static str {
    match code {
        "OptInRequired" => "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.",
        "SubscriptionRequiredException" => "The AWS Access Key Id needs a subscription for the service",
        "InvalidAccessKeyId" => "The AWS Access Key Id you provided does not exist in our records.",
        _ => "The security token included in the request is invalid.",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::Protocol;

    const NEW: &str = "111111111111";

    fn new_accounts(visibility: Visibility) -> NewAccounts {
        let mut new_accounts = NewAccounts::default();
        new_accounts.add(NEW, Some(visibility), Duration::ZERO, Duration::from_secs(1));
        new_accounts
    }

    fn code(
        new_accounts: &NewAccounts,
        service: &str,
        operation: &str,
        parameters: Value,
        millis: u64,
    ) -> Option<String> {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let protocol = Protocol::Json;
        let request = AwsRequest { service, operation, region: None, access_key_id: None, protocol, parameters };
        let account = if request.service == "organizations" || request.service == "sts" { "123456789012" } else { NEW };
        let error = new_accounts.propagation_error(&request, &Caller::root(account), Duration::from_millis(millis));
        error.map(|error| error.code)
    }

    #[test]
    fn hidden_account_is_not_found() {
        let new_accounts = new_accounts(Visibility { account_millis: 500, ..Visibility::default() });
        for (operation, parameters, expected) in [
            ("DescribeAccount", json!({"AccountId": NEW}), "AccountNotFoundException"),
            ("MoveAccount", json!({"AccountId": NEW}), "AccountNotFoundException"),
            ("ListParents", json!({"ChildId": NEW}), "ChildNotFoundException"),
            ("TagResource", json!({"ResourceId": NEW}), "TargetNotFoundException"),
        ] {
            let code = |millis| code(&new_accounts, "organizations", operation, parameters.clone(), millis);
            assert_eq!(code(1499).as_deref(), Some(expected));
            assert_eq!(code(1500), None);
        }
        let other = json!({"AccountId": "222222222222"});
        assert_eq!(code(&new_accounts, "organizations", "DescribeAccount", other, 0), None);
        assert!(new_accounts.is_hidden(NEW, Duration::from_millis(1499)));
    }

    #[test]
    fn new_account_roles_are_denied_until_visible() {
        let new_accounts = new_accounts(Visibility { role_millis: 500, ..Visibility::default() });
        let role = json!({"RoleArn": format!("arn:aws:iam::{NEW}:role/OrganizationAccountAccessRole")});
        let code = |millis| code(&new_accounts, "sts", "AssumeRole", role.clone(), millis);
        assert_eq!(code(1499).as_deref(), Some("AccessDenied"));
        assert_eq!(code(1500), None);
    }

    #[test]
    fn later_role_has_its_own_delay() {
        let mut new_accounts = new_accounts(Visibility { role_millis: 500, ..Visibility::default() });
        new_accounts.add_role(NEW, "AccountVending", Duration::from_mins(1));
        let code = |role: &str, millis| {
            let role = json!({"RoleArn": format!("arn:aws:iam::{NEW}:role/{role}")});
            code(&new_accounts, "sts", "AssumeRole", role, millis)
        };
        assert_eq!(code("account-vending/AccountVending", 60_499).as_deref(), Some("AccessDenied"));
        assert_eq!(code("account-vending/AccountVending", 60_500), None);
        assert_eq!(code("OrganizationAccountAccessRole", 60_000), None);
    }

    #[test]
    fn services_reject_new_accounts_with_their_codes() {
        let with_default_codes = new_accounts(Visibility { services_millis: 500, ..Visibility::default() });
        for (service, expected) in [
            ("iam", "InvalidClientTokenId"),
            ("cloudtrail", "CloudTrailInvalidClientTokenIdException"),
            ("guardduty", "SubscriptionRequiredException"),
        ] {
            assert_eq!(code(&with_default_codes, service, "Any", json!({}), 1499).as_deref(), Some(expected));
            assert_eq!(code(&with_default_codes, service, "Any", json!({}), 1500), None);
        }
        let services_code = Some("OptInRequired".to_owned());
        let new_accounts = new_accounts(Visibility { services_millis: 500, services_code, ..Visibility::default() });
        assert_eq!(code(&new_accounts, "iam", "GetRole", json!({}), 0).as_deref(), Some("OptInRequired"));
    }

    #[test]
    fn account_without_delays_is_visible_immediately() {
        let new_accounts = new_accounts(Visibility::default());
        assert_eq!(code(&new_accounts, "organizations", "DescribeAccount", json!({"AccountId": NEW}), 0), None);
        assert_eq!(code(&new_accounts, "iam", "GetRole", json!({}), 0), None);
    }
}
