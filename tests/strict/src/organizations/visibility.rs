//! New accounts are not there for everybody at once.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::faults::AwsError;
use crate::identity::{Caller, denial};
use crate::wire::AwsRequest;

/// How long after its creation has settled an account is not yet there. All 0 at start.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Visibility {
    /// For Organizations: to describe, list, tag and move it.
    #[serde(default)]
    pub account_millis: u64,
    /// For STS: no role of it can be assumed. A role that is made in it later takes as long by itself.
    #[serde(default)]
    pub role_millis: u64,
    /// For all else: its services refuse its own credentials.
    #[serde(default)]
    pub services_millis: u64,
    /// What its services answer, such as `OptInRequired`; else what each service is known to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services_code: Option<String>,
}

impl Visibility {
    /// What tools report that vend accounts: they wait about so long, or try again as often.
    pub(crate) fn as_on_aws() -> Self {
        Self { account_millis: 3_000, role_millis: 15_000, services_millis: 30_000, services_code: None }
    }
}

/// The accounts that were made through the proxy.
#[derive(Default)]
pub(super) struct Newcomers {
    pub(super) settings: Visibility,
    by_id: HashMap<String, Newcomer>,
}

struct Newcomer {
    account_at: Duration,
    role_at: Duration,
    role_millis: u64,
    /// The roles that were made in it, and from when on each can be assumed.
    roles: HashMap<String, Duration>,
    services_at: Duration,
    services_code: Option<String>,
}

impl Newcomers {
    pub(super) fn add(&mut self, account: &str, own: Option<Visibility>, now: Duration, settles_at: Duration) {
        let visibility = own.unwrap_or_else(|| self.settings.clone());
        // Without a delay it is there from its creation on: who lost the answer may look for it.
        let after = |millis| match millis {
            0 => now,
            millis => settles_at.saturating_add(Duration::from_millis(millis)),
        };
        let newcomer = Newcomer {
            account_at: after(visibility.account_millis),
            role_at: after(visibility.role_millis),
            role_millis: visibility.role_millis,
            roles: HashMap::new(),
            services_at: after(visibility.services_millis),
            services_code: visibility.services_code,
        };
        self.by_id.insert(account.to_owned(), newcomer);
    }

    pub(super) fn add_role(&mut self, account: &str, name: &str, now: Duration) {
        if let Some(newcomer) = self.by_id.get_mut(account) {
            let role_at = now.saturating_add(Duration::from_millis(newcomer.role_millis));
            newcomer.roles.insert(name.to_owned(), role_at);
        }
    }

    pub(super) fn is_hidden(&self, account: &str, now: Duration) -> bool {
        self.by_id.get(account).is_some_and(|newcomer| now < newcomer.account_at)
    }

    pub(super) fn too_early(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<AwsError> {
        match (request.service.as_str(), request.operation.as_str()) {
            ("organizations", operation) => self.unseen(request, operation, now),
            ("sts", "AssumeRole") => self.unassumable(request, caller, now),
            _ => self.inactive(request, caller, now),
        }
    }

    fn unseen(&self, request: &AwsRequest, operation: &str, now: Duration) -> Option<AwsError> {
        let fields = ["AccountId", "ChildId", "ResourceId", "TargetId"];
        let mut named = fields.into_iter().filter_map(|field| request.text(field));
        if !named.any(|account| self.is_hidden(account, now)) {
            return None;
        }
        let (code, message) = match operation {
            "ListParents" => ("ChildNotFoundException", "You specified a child that doesn't exist."),
            "DescribeAccount" | "MoveAccount" | "CloseAccount" => {
                ("AccountNotFoundException", "You specified an account that doesn't exist.")
            }
            _ => ("TargetNotFoundException", "You specified a target that doesn't exist."),
        };
        Some(AwsError::new(400, code, message))
    }

    fn unassumable(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<AwsError> {
        let role = request.text("RoleArn")?;
        let newcomer = self.by_id.get(role.split(':').nth(4)?)?;
        let name = role.rsplit('/').next()?;
        let role_at = newcomer.roles.get(name).map_or(newcomer.role_at, |made| newcomer.role_at.max(*made));
        (now < role_at).then(|| denial::of_assume_role(caller, role))
    }

    fn inactive(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<AwsError> {
        let newcomer = self.by_id.get(&caller.account)?;
        if now >= newcomer.services_at {
            return None;
        }
        let known = SERVICE_ERRORS.iter().find(|(service, ..)| *service == request.service);
        let (status, code) = known.map_or((403, "SubscriptionRequiredException"), |(_, status, code)| (*status, *code));
        let code = newcomer.services_code.as_deref().unwrap_or(code);
        Some(AwsError::new(status, code, words_of(code)))
    }
}

/// What tools report of accounts that are some seconds old. Other services answer `SubscriptionRequiredException`.
const SERVICE_ERRORS: [(&str, u16, &str); 6] = [
    ("cloudtrail", 400, "CloudTrailInvalidClientTokenIdException"),
    ("config", 400, "UnrecognizedClientException"),
    ("ec2", 401, "OptInRequired"),
    ("iam", 403, "InvalidClientTokenId"),
    ("s3", 403, "InvalidAccessKeyId"),
    ("sts", 403, "InvalidClientTokenId"),
];

fn words_of(code: &str) -> &'static str {
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

    fn newcomers(visibility: Visibility) -> Newcomers {
        let mut newcomers = Newcomers::default();
        newcomers.add(NEW, Some(visibility), Duration::ZERO, Duration::from_secs(1));
        newcomers
    }

    fn code(newcomers: &Newcomers, service: &str, operation: &str, parameters: Value, millis: u64) -> Option<String> {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        let protocol = Protocol::Json;
        let request = AwsRequest { service, operation, region: None, access_key_id: None, protocol, parameters };
        let account = if request.service == "organizations" || request.service == "sts" { "123456789012" } else { NEW };
        let error = newcomers.too_early(&request, &Caller::root(account), Duration::from_millis(millis));
        error.map(|error| error.code)
    }

    #[test]
    fn organizations_does_not_know_an_account_that_is_hidden() {
        let newcomers = newcomers(Visibility { account_millis: 500, ..Visibility::default() });
        for (operation, parameters, expected) in [
            ("DescribeAccount", json!({"AccountId": NEW}), "AccountNotFoundException"),
            ("MoveAccount", json!({"AccountId": NEW}), "AccountNotFoundException"),
            ("ListParents", json!({"ChildId": NEW}), "ChildNotFoundException"),
            ("TagResource", json!({"ResourceId": NEW}), "TargetNotFoundException"),
        ] {
            let code = |millis| code(&newcomers, "organizations", operation, parameters.clone(), millis);
            assert_eq!(code(1499).as_deref(), Some(expected));
            assert_eq!(code(1500), None);
        }
        let other = json!({"AccountId": "222222222222"});
        assert_eq!(code(&newcomers, "organizations", "DescribeAccount", other, 0), None);
        assert!(newcomers.is_hidden(NEW, Duration::from_millis(1499)));
    }

    #[test]
    fn roles_of_a_new_account_are_not_assumable_for_a_while() {
        let newcomers = newcomers(Visibility { role_millis: 500, ..Visibility::default() });
        let role = json!({"RoleArn": format!("arn:aws:iam::{NEW}:role/OrganizationAccountAccessRole")});
        let code = |millis| code(&newcomers, "sts", "AssumeRole", role.clone(), millis);
        assert_eq!(code(1499).as_deref(), Some("AccessDenied"));
        assert_eq!(code(1500), None);
    }

    #[test]
    fn a_role_that_is_made_later_takes_as_long_by_itself() {
        let mut newcomers = newcomers(Visibility { role_millis: 500, ..Visibility::default() });
        newcomers.add_role(NEW, "AccountVending", Duration::from_mins(1));
        let code = |role: &str, millis| {
            let role = json!({"RoleArn": format!("arn:aws:iam::{NEW}:role/{role}")});
            code(&newcomers, "sts", "AssumeRole", role, millis)
        };
        assert_eq!(code("account-vending/AccountVending", 60_499).as_deref(), Some("AccessDenied"));
        assert_eq!(code("account-vending/AccountVending", 60_500), None);
        assert_eq!(code("OrganizationAccountAccessRole", 60_000), None);
    }

    #[test]
    fn services_of_a_new_account_answer_each_in_its_way() {
        let newcomers_of = newcomers(Visibility { services_millis: 500, ..Visibility::default() });
        for (service, expected) in [
            ("iam", "InvalidClientTokenId"),
            ("cloudtrail", "CloudTrailInvalidClientTokenIdException"),
            ("guardduty", "SubscriptionRequiredException"),
        ] {
            assert_eq!(code(&newcomers_of, service, "Any", json!({}), 1499).as_deref(), Some(expected));
            assert_eq!(code(&newcomers_of, service, "Any", json!({}), 1500), None);
        }
        let services_code = Some("OptInRequired".to_owned());
        let newcomers = newcomers(Visibility { services_millis: 500, services_code, ..Visibility::default() });
        assert_eq!(code(&newcomers, "iam", "GetRole", json!({}), 0).as_deref(), Some("OptInRequired"));
    }

    #[test]
    fn without_delays_an_account_is_there_at_once() {
        let newcomers = newcomers(Visibility::default());
        assert_eq!(code(&newcomers, "organizations", "DescribeAccount", json!({"AccountId": NEW}), 0), None);
        assert_eq!(code(&newcomers, "iam", "GetRole", json!({}), 0), None);
    }
}
