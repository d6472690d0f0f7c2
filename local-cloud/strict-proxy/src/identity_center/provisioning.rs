//! Provisioning: a change of a permission set reaches the accounts that have it only when it is provisioned.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{IdentityCenter, conflict, invalid, region, too_many_requests};
use crate::emulated::{page, uuid};
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, Outcome};

/// How many calls of ProvisionPermissionSet can be in progress:
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>.
const MAX_IN_PROGRESS: usize = 3;

const MAX_PAGE: usize = 100;

/// A request to provision a permission set.
pub(super) struct Provisioning {
    completes_at: Duration,
    set: String,
    failure: Option<String>,
    /// The fields that do not change.
    fields: Value,
}

impl Provisioning {
    fn status(&self, now: Duration) -> &'static str {
        match self.failure {
            _ if now < self.completes_at => "IN_PROGRESS",
            Some(_) => "FAILED",
            None => "SUCCEEDED",
        }
    }

    fn describe(&self, now: Duration) -> Value {
        let mut described = self.fields.clone();
        described["Status"] = json!(self.status(now));
        if let Some(failure) = self.failure.as_deref().filter(|_| now >= self.completes_at) {
            described["FailureReason"] = json!(failure);
        }
        described
    }
}

impl IdentityCenter {
    pub(super) async fn provision(&self, request: &AwsRequest) -> Outcome {
        let target = target(request)?;
        self.read_set(request).await?;
        let set = request.string("PermissionSetArn").unwrap_or_default();
        let (now, completes_at) = (self.clock.now(), self.completes_at());
        let mut sets = lock(&self.sets);
        let mut in_progress = sets.provisionings.iter().filter(|one| now < one.completes_at);
        if in_progress.clone().any(|one| one.set == set) {
            return Err(conflict("There is a conflicting operation in process.").into());
        }
        if in_progress.nth(MAX_IN_PROGRESS - 1).is_some() {
            return Err(too_many_requests().into());
        }
        let accounts = match target {
            Some(account) => vec![account.to_owned()],
            None => sets.set(set).accounts(now).into_iter().map(|(account, _)| account).collect(),
        };
        let (usable, unusable): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|account| self.accounts.is_usable(account));
        for account in &usable {
            sets.set(set).provision(account, completes_at);
        }
        let number = u64::try_from(sets.provisionings.len()).unwrap_or_default() + 1;
        let created = OffsetDateTime::now_utc().unix_timestamp();
        let fields = json!({
            "RequestId": uuid(number), "PermissionSetArn": set, "CreatedDate": created,
            "AccountId": target.or(unusable.first().map(String::as_str)),
        });
        let failure = unusable.first().map(|account| format!("The account {account} is not active."));
        let provisioning = Provisioning { completes_at, set: set.to_owned(), failure, fields };
        let response = json!({"PermissionSetProvisioningStatus": provisioning.describe(now)});
        sets.provisionings.push(provisioning);
        Ok(response)
    }

    pub(super) fn describe_provisioning(&self, request: &AwsRequest) -> Outcome {
        let id = request.string("ProvisionPermissionSetRequestId").unwrap_or_default();
        let (now, sets) = (self.clock.now(), lock(&self.sets));
        let found = sets.provisionings.iter().find(|one| one.fields["RequestId"] == id);
        let described = found.map(|found| json!({"PermissionSetProvisioningStatus": found.describe(now)}));
        described.ok_or_else(|| {
            let message = format!("Could not find a provisioning request with the ID {id}");
            AwsError::new(400, "ResourceNotFoundException", &message).into()
        })
    }

    /// The newest request is first.
    pub(super) fn list_provisionings(&self, request: &AwsRequest) -> Outcome {
        let status = request.parameters["Filter"]["Status"].as_str();
        if status.is_some_and(|status| !["IN_PROGRESS", "FAILED", "SUCCEEDED"].contains(&status)) {
            return Err(invalid("Filter.Status must be IN_PROGRESS, FAILED, or SUCCEEDED").into());
        }
        let (now, sets) = (self.clock.now(), lock(&self.sets));
        let summary = |one: &Provisioning| {
            let fields = &one.fields;
            json!({
                "RequestId": fields["RequestId"], "Status": one.status(now), "CreatedDate": fields["CreatedDate"],
            })
        };
        let all = sets.provisionings.iter().rev().map(summary).collect();
        let (listed, next) = filtered_page(all, request, |one| status.is_none_or(|status| one["Status"] == status))?;
        Ok(json!({"PermissionSetsProvisioningStatus": listed, "NextToken": next}))
    }

    pub(super) async fn list_accounts(&self, request: &AwsRequest) -> Outcome {
        let latest = latest(request)?;
        self.read_set(request).await?;
        let set = request.string("PermissionSetArn").unwrap_or_default();
        let accounts = lock(&self.sets).set(set).accounts(self.clock.now());
        let (accounts, next) = filtered_names(accounts, request, latest)?;
        Ok(json!({"AccountIds": accounts, "NextToken": next}))
    }

    pub(super) fn list_provisioned_sets(&self, request: &AwsRequest) -> Outcome {
        let latest = latest(request)?;
        let sets = lock(&self.sets).in_account(request.string("AccountId").unwrap_or_default(), self.clock.now());
        let (sets, next) = filtered_names(sets, request, latest)?;
        Ok(json!({"PermissionSets": sets, "NextToken": next}))
    }

    /// Returns the permission set that a call names, or the error of moto if it does not exist.
    pub(super) async fn read_set(&self, request: &AwsRequest) -> Result<Value, AwsResponse> {
        let parameters = &request.parameters;
        self.describe_set(request, &parameters["InstanceArn"], &parameters["PermissionSetArn"]).await
    }

    pub(super) async fn describe_set(
        &self,
        request: &AwsRequest,
        instance: &Value,
        set: &Value,
    ) -> Result<Value, AwsResponse> {
        let parameters = json!({"InstanceArn": instance, "PermissionSetArn": set.as_str().unwrap_or_default()});
        self.upstreams.identity_center(region(request), "DescribePermissionSet", &parameters).await
    }
}

/// The account to provision, or `None` for all that have the permission set.
fn target(request: &AwsRequest) -> Result<Option<&str>, AwsError> {
    let is_account = |id: &&str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    match (request.string("TargetType"), request.string("TargetId").filter(is_account)) {
        (Some("AWS_ACCOUNT"), Some(account)) => Ok(Some(account)),
        (Some("AWS_ACCOUNT"), None) => Err(invalid("TargetId must be the ID of an account for this TargetType")),
        (Some("ALL_PROVISIONED_ACCOUNTS"), _) => Ok(None),
        _ => Err(invalid("TargetType must be AWS_ACCOUNT or ALL_PROVISIONED_ACCOUNTS")),
    }
}

/// Whether to list only what is the latest, or only what is not.
fn latest(request: &AwsRequest) -> Result<Option<bool>, AwsError> {
    match request.string("ProvisioningStatus") {
        None => Ok(None),
        Some("LATEST_PERMISSION_SET_PROVISIONED") => Ok(Some(true)),
        Some("LATEST_PERMISSION_SET_NOT_PROVISIONED") => Ok(Some(false)),
        Some(_) => Err(invalid(
            "ProvisioningStatus must be LATEST_PERMISSION_SET_PROVISIONED or LATEST_PERMISSION_SET_NOT_PROVISIONED",
        )),
    }
}

fn filtered_names(
    all: Vec<(String, bool)>,
    request: &AwsRequest,
    latest: Option<bool>,
) -> Result<(Vec<Value>, Value), AwsError> {
    let all = all.into_iter().map(|(name, is_latest)| json!([name, is_latest])).collect();
    let (listed, next) = filtered_page(all, request, |one| latest.is_none_or(|latest| one[1] == latest))?;
    Ok((listed.into_iter().map(|mut one| one[0].take()).collect(), next))
}

/// Filters after the page is cut, so a page can be empty although a token follows. Callers have to expect it.
fn filtered_page(
    all: Vec<Value>,
    request: &AwsRequest,
    filter: impl Fn(&Value) -> bool,
) -> Result<(Vec<Value>, Value), AwsError> {
    let size = request.parameters["MaxResults"].as_u64();
    if size.is_some_and(|size| !(1..=100).contains(&size)) {
        return Err(invalid("MaxResults must be from 1 to 100"));
    }
    let (mut listed, next) = page(all, request.string("NextToken"), size, MAX_PAGE);
    listed.retain(filter);
    Ok((listed, next))
}
