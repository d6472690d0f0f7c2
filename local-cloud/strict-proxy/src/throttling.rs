//! The token buckets of Organizations, Account Management, and IAM Identity Center at the published rates: one for each
//! operation and account, but only one for each account in IAM Identity Center.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use local_cloud::strict::{Rate, Throttling};

use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest};

/// The rates for an account in the Organizations user guide
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits>), which has
/// `EnableAllFeatures` by its older name, `EnableFullControl`.
const RATES: [(&str, f64, f64); 50] = [
    ("AcceptHandshake", 1.0, 2.0),
    ("AttachPolicy", 2.0, 3.0),
    ("CancelHandshake", 2.0, 3.0),
    ("CloseAccount", 0.05, 1.0),
    ("CreateAccount", 0.1, 3.0),
    ("CreateOrganization", 1.0, 1.0),
    ("CreateOrganizationalUnit", 1.0, 2.0),
    ("CreatePolicy", 2.0, 3.0),
    ("DeclineHandshake", 1.0, 1.0),
    ("DeleteOrganization", 1.0, 1.0),
    ("DeleteOrganizationalUnit", 2.0, 3.0),
    ("DeletePolicy", 2.0, 3.0),
    ("DeregisterDelegatedAdministrator", 1.0, 2.0),
    ("DescribeAccount", 20.0, 30.0),
    ("DescribeCreateAccountStatus", 2.0, 2.0),
    ("DescribeHandshake", 1.0, 2.0),
    ("DescribeOrganization", 1.0, 2.0),
    ("DescribeOrganizationalUnit", 2.0, 2.0),
    ("DescribePolicy", 2.0, 2.0),
    ("DetachPolicy", 2.0, 3.0),
    ("DisableAWSServiceAccess", 1.0, 2.0),
    ("DisablePolicyType", 1.0, 1.0),
    ("EnableAWSServiceAccess", 1.0, 2.0),
    ("EnableAllFeatures", 1.0, 1.0),
    ("EnablePolicyType", 1.0, 1.0),
    ("InviteAccountToOrganization", 3.0, 5.0),
    ("LeaveOrganization", 1.0, 1.0),
    ("ListAWSServiceAccessForOrganization", 1.0, 3.0),
    ("ListAccounts", 8.0, 12.0),
    ("ListAccountsForParent", 5.0, 8.0),
    ("ListChildren", 6.0, 10.0),
    ("ListCreateAccountStatus", 5.0, 8.0),
    ("ListDelegatedAdministrators", 5.0, 8.0),
    ("ListDelegatedServicesForAccount", 1.0, 3.0),
    ("ListHandshakesForAccount", 5.0, 8.0),
    ("ListHandshakesForOrganization", 5.0, 8.0),
    ("ListOrganizationalUnitsForParent", 5.0, 8.0),
    ("ListParents", 5.0, 8.0),
    ("ListPolicies", 5.0, 8.0),
    ("ListPoliciesForTarget", 5.0, 8.0),
    ("ListRoots", 1.0, 2.0),
    ("ListTagsForResource", 10.0, 15.0),
    ("ListTargetsForPolicy", 5.0, 8.0),
    ("MoveAccount", 2.0, 3.0),
    ("RegisterDelegatedAdministrator", 1.0, 2.0),
    ("RemoveAccountFromOrganization", 2.0, 2.0),
    ("TagResource", 4.0, 6.0),
    ("UntagResource", 4.0, 6.0),
    ("UpdateOrganizationalUnit", 2.0, 3.0),
    ("UpdatePolicy", 2.0, 3.0),
];

/// The rates for an account in Account Management (<https://docs.aws.amazon.com/accounts/latest/reference/quotas.html>).
const ACCOUNT_RATES: [(&str, f64, f64); 9] = [
    ("DeleteAlternateContact", 1.0, 6.0),
    ("DisableRegion", 1.0, 1.0),
    ("EnableRegion", 1.0, 1.0),
    ("GetAlternateContact", 10.0, 15.0),
    ("GetContactInformation", 10.0, 15.0),
    ("GetRegionOptStatus", 5.0, 5.0),
    ("ListRegions", 5.0, 5.0),
    ("PutAlternateContact", 5.0, 8.0),
    ("PutContactInformation", 5.0, 8.0),
];

/// "IAM Identity Center APIs have a collective throttle maximum of 20 transactions per second"
/// (<https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>).
const IDENTITY_CENTER: (&str, Rate) = ("sso", Rate { per_second: 20.0, burst: 20.0 });

pub(crate) struct Buckets(Mutex<State>);

#[derive(Default)]
struct State {
    settings: Throttling,
    /// By account and operation.
    buckets: HashMap<(String, String), Bucket>,
    throttled: BTreeMap<String, u64>,
}

struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Buckets {
    pub(crate) fn new(enabled: bool) -> Self {
        let settings = Throttling { enabled, ..Throttling::default() };
        Self(Mutex::new(State { settings, ..State::default() }))
    }

    /// Refills all buckets.
    pub(crate) fn set(&self, settings: Throttling) {
        let mut state = lock(&self.0);
        state.settings = settings;
        state.buckets.clear();
    }

    pub(crate) fn settings(&self) -> Throttling {
        lock(&self.0).settings.clone()
    }

    /// Returns how many calls of each operation were throttled since the start.
    pub(crate) fn throttled(&self) -> BTreeMap<String, u64> {
        lock(&self.0).throttled.clone()
    }

    /// Takes a token, or returns the error if the bucket is empty.
    pub(crate) fn take(&self, account: &str, request: &AwsRequest, now: Duration) -> Option<AwsError> {
        match request.service.as_str() {
            "organizations" => self.take_from(account, &request.operation, now).then(|| too_many_requests(400)),
            "account" => {
                let account = request.string("AccountId").unwrap_or(account);
                self.take_from(account, &request.operation, now).then(|| too_many_requests(429))
            }
            "sso" => self
                .take_from(account, IDENTITY_CENTER.0, now)
                .then(|| AwsError::new(400, "ThrottlingException", "Rate exceeded")),
            _ => None,
        }
    }

    /// Returns whether the bucket is empty.
    fn take_from(&self, account: &str, operation: &str, now: Duration) -> bool {
        let mut state = lock(&self.0);
        let Some(rate) = rate(&state.settings, operation) else {
            return false;
        };
        let key = (account.to_owned(), operation.to_owned());
        let bucket = state.buckets.entry(key).or_insert(Bucket { tokens: rate.burst, at: now });
        let is_throttled = !bucket.take(rate, now);
        if is_throttled {
            *state.throttled.entry(operation.to_owned()).or_default() += 1;
        }
        is_throttled
    }
}

fn too_many_requests(status: u16) -> AwsError {
    AwsError::new(status, "TooManyRequestsException", TOO_MANY)
}

const TOO_MANY: &str = "You have sent too many requests in too short a period of time. The quota helps protect \
    against denial-of-service attacks. Try again later.";

/// Returns `None` for an operation that is not throttled.
fn rate(settings: &Throttling, operation: &str) -> Option<Rate> {
    if !settings.enabled {
        return None;
    }
    let published = RATES.iter().chain(&ACCOUNT_RATES).find(|(name, ..)| *name == operation);
    let published = published.map(|(_, per_second, burst)| Rate { per_second: *per_second, burst: *burst });
    let collective = (operation == IDENTITY_CENTER.0).then_some(IDENTITY_CENTER.1);
    settings.rates.get(operation).copied().or(published).or(collective)
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = passed.mul_add(rate.per_second, self.tokens).min(rate.burst);
        self.at = now;
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::wire::Protocol;

    fn enabled(rates: &[(&str, Rate)]) -> Buckets {
        let rates = rates.iter().map(|(name, rate)| ((*name).to_owned(), *rate)).collect();
        let buckets = Buckets::new(false);
        buckets.set(Throttling { enabled: true, rates });
        buckets
    }

    fn taken(buckets: &Buckets, operation: &str, calls: usize, seconds: u64) -> usize {
        let request = request("organizations", operation);
        let take = |_: &usize| buckets.take("1", &request, Duration::from_secs(seconds)).is_none();
        (0..calls).filter(take).count()
    }

    fn request(service: &str, operation: &str) -> AwsRequest {
        let (service, operation, protocol) = (service.to_owned(), operation.to_owned(), Protocol::Json);
        AwsRequest { service, operation, region: None, access_key_id: None, protocol, parameters: Value::Null }
    }

    #[test]
    fn bucket_holds_its_burst_and_refills() {
        let buckets = enabled(&[]);
        assert_eq!(taken(&buckets, "CreateAccount", 10, 0), 3);
        assert_eq!(taken(&buckets, "CreateAccount", 10, 9), 0);
        assert_eq!(taken(&buckets, "CreateAccount", 10, 11), 1);
        assert_eq!(taken(&buckets, "CreateAccount", 10, 1000), 3);
        assert_eq!(buckets.throttled(), BTreeMap::from([("CreateAccount".to_owned(), 33)]));
    }

    #[test]
    fn buckets_are_per_operation_and_account() {
        let buckets = enabled(&[]);
        assert_eq!(taken(&buckets, "ListRoots", 5, 0), 2);
        assert_eq!(taken(&buckets, "DescribeCreateAccountStatus", 5, 0), 2);
        assert_eq!(taken(&buckets, "EnablePolicyType", 5, 0), 1);
        let list_roots = request("organizations", "ListRoots");
        assert_eq!(buckets.take("2", &list_roots, Duration::ZERO), None);
        let throttled = buckets.take("1", &list_roots, Duration::ZERO).unwrap();
        assert_eq!((throttled.status, throttled.code.as_str()), (400, "TooManyRequestsException"));
    }

    #[test]
    fn identity_center_has_one_bucket_for_all_operations() {
        let buckets = enabled(&[]);
        let take = |operation: &str, now| buckets.take("1", &request("sso", operation), now);
        for _ in 0..10 {
            assert_eq!(take("ListInstances", Duration::ZERO), None);
            assert_eq!(take("DescribePermissionSet", Duration::ZERO), None);
        }
        assert_eq!(
            take("ListInstances", Duration::ZERO).map(|error| error.code).as_deref(),
            Some("ThrottlingException")
        );
        assert_eq!(take("ListInstances", Duration::from_millis(50)), None);
        assert_eq!(buckets.take("1", &request("iam", "ListRoots"), Duration::ZERO), None);
    }

    #[test]
    fn account_management_has_buckets_for_each_named_account() {
        let buckets = enabled(&[]);
        let take = |account: &str| {
            let parameters = serde_json::json!({"AccountId": account});
            let request = AwsRequest { parameters, ..request("account", "EnableRegion") };
            buckets.take("management", &request, Duration::ZERO).map(|error| error.status)
        };
        assert_eq!((take("1"), take("1"), take("2")), (None, Some(429), None));
    }

    #[test]
    fn disabled_or_unlimited_calls_are_not_throttled() {
        assert_eq!(taken(&Buckets::new(false), "ListRoots", 50, 0), 50);
        assert_eq!(taken(&enabled(&[]), "DescribeEffectivePolicy", 50, 0), 50);
        let slow = enabled(&[("DescribeEffectivePolicy", Rate { per_second: 1.0, burst: 4.0 })]);
        assert_eq!(taken(&slow, "DescribeEffectivePolicy", 50, 0), 4);
    }
}
