//! `POST /accounts/plan`: what a list of requests would do. It changes nothing.
//!
//! The requests are compared with the records. The number of calls of AWS Organizations does not grow with the list.

mod blocker;
mod changes;

use std::collections::HashMap;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use futures::stream::{self, StreamExt, TryStreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use vending_api::{ApiError, Response, json, read_json_up_to};
use vending_core::{
    AccountId, AccountKey, AccountRequest, EmailAddress, ErrorCode, Problem, RequestId, RequestPolicy, RequestRecord,
    Requester, StepError,
};
use vending_requests::{Action, account_id, may_have_account};
use vending_settings::PresentSettings;

use crate::AccountsApi;
use crate::body::parse_request;
use crate::change_account::parse_change;
use crate::plan::blocker::Blocker;
use crate::plan::changes::{FieldChange, changes};

/// The maximum number of requests in a list.
pub(crate) const MAXIMUM_REQUESTS: usize = 100;
const MAXIMUM_BYTES: usize = 1024 * 1024;
/// How many requests are compared concurrently.
const CONCURRENT_READS: usize = 10;
/// The service through which the management account sets the Regions and contacts of its accounts.
const ACCOUNT_MANAGEMENT: &str = "account.amazonaws.com";

/// What a list of requests would do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    /// In the order of the list.
    requests: Vec<RequestPlan>,
    /// Only if accounts would be created; `null` if AWS does not return the quota.
    account_quota: Option<AccountQuota>,
    /// What prevents all requests.
    blockers: Vec<Blocker>,
}

/// What one request would do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RequestPlan {
    action: Action,
    /// The ID that the request would have, or of the request that it waits for. `null` if the request is invalid.
    request_id: Option<RequestId>,
    /// The last request for the account, which this one was compared with. If there is a later one, the plan is outdated.
    basis: Option<RequestId>,
    account_id: Option<AccountId>,
    /// The complete request, with derived values. `null` if the request is invalid.
    request: Option<AccountRequest>,
    /// The fields that differ from the last request.
    changes: Vec<FieldChange>,
    /// What prevents the request.
    blockers: Vec<Blocker>,
}

/// The quota of accounts, and how many accounts exist.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountQuota {
    limit: usize,
    /// `null` in an organization that is too large to count.
    accounts: Option<usize>,
}

impl AccountsApi {
    pub(crate) async fn plan(&self, caller: &Requester, event: &ApiGatewayProxyRequest) -> Result<Response, ApiError> {
        let body = read_json_up_to(MAXIMUM_BYTES, event)?;
        let items = items(&body).map_err(|problem| ApiError::invalid(vec![problem]))?;
        let settings = self.settings.read().await?;
        settings.look_up_units(items).await?;
        let compared: Vec<_> = items.iter().map(|item| self.compare(item, caller, &settings)).collect();
        let compared = stream::iter(compared).buffered(CONCURRENT_READS);
        let mut requests: Vec<RequestPlan> = compared.try_collect().await?;
        refuse_duplicates(&mut requests);
        let mut blockers = Vec::new();
        let account_quota = if requests.iter().any(RequestPlan::creates) {
            blockers.extend(self.missing_trusted_access().await?);
            self.check_new_accounts(&mut requests, &mut blockers).await?
        } else {
            None
        };
        Ok(json(StatusCode::OK, &Plan { requests, account_quota, blockers })?)
    }

    /// Compares one request with the last one for its email.
    async fn compare(
        &self,
        body: &Value,
        caller: &Requester,
        settings: &PresentSettings<'_>,
    ) -> Result<RequestPlan, StepError> {
        let policy = settings.policy_for(body, caller).await?;
        let email = AccountRequest::email(body, &policy);
        let last = match &email {
            Some(email) => self.requests.records().latest(&AccountKey::from_email(email)).await?,
            None => None,
        };
        let last = last.as_ref();
        match parse(last, email.as_ref(), body, &policy) {
            Ok(request) => {
                let preview = self.requests.preview(last, &request, caller).await?;
                Ok(RequestPlan {
                    action: preview.action,
                    request_id: Some(preview.request_id),
                    changes: last.map(|last| changes(&last.request, &request)).unwrap_or_default(),
                    request: Some(request),
                    blockers: preview.reason.map(Blocker::conflict).into_iter().collect(),
                    ..RequestPlan::refused(last)
                })
            }
            Err(problems) => Ok(RequestPlan {
                blockers: problems.into_iter().map(Blocker::invalid).collect(),
                ..RequestPlan::refused(last)
            }),
        }
    }

    /// Checks the quota of accounts, and that no account of the organization has the email of a new account. Only
    /// CreateAccount finds accounts with the email outside the organization.
    async fn check_new_accounts(
        &self,
        requests: &mut [RequestPlan],
        blockers: &mut Vec<Blocker>,
    ) -> Result<Option<AccountQuota>, StepError> {
        let listing = self.settings.units().organization().listing().await?;
        let mut creations = 0;
        for plan in requests.iter_mut().filter(|plan| plan.creates()) {
            creations += 1;
            if let Some(owner) = plan.request.as_ref().and_then(|request| listing.owner_of(&request.account_email)) {
                let detail =
                    format!("account {owner} in the organization has this email and was not created by this stack");
                plan.blockers.push(Blocker::new(ErrorCode::EmailAlreadyExists, detail));
            }
        }
        let Some(limit) = self.quotas.maximum().await? else { return Ok(None) };
        let accounts = listing.count();
        if let Some(accounts) = accounts.filter(|accounts| accounts + creations > limit) {
            let detail = format!(
                "the organization has {accounts} accounts, and its quota is {limit}: {creations} more would exceed it"
            );
            blockers.push(Blocker::new(ErrorCode::AccountLimitExceeded, detail));
        }
        Ok(Some(AccountQuota { limit, accounts }))
    }

    async fn missing_trusted_access(&self) -> Result<Option<Blocker>, StepError> {
        if self.settings.units().organization().has_trusted_access(ACCOUNT_MANAGEMENT).await? {
            return Ok(None);
        }
        let detail = format!("{ACCOUNT_MANAGEMENT} does not have trusted access to the organization");
        let remedy = format!(
            "run in the management account: aws organizations enable-aws-service-access --service-principal {ACCOUNT_MANAGEMENT}"
        );
        Ok(Some(Blocker::new(ErrorCode::AccessDenied, detail).with_remedy(remedy)))
    }
}

/// Parses a request by the rules of `POST /accounts`, or of `PUT` if the account exists.
fn parse(
    last: Option<&RequestRecord>,
    email: Option<&EmailAddress>,
    body: &Value,
    policy: &RequestPolicy,
) -> Result<AccountRequest, Vec<Problem>> {
    match last {
        Some(last) if account_id(last).is_some() => parse_change(&last.request, body.clone(), policy),
        Some(last) if may_have_account(last) => parse_request(body, policy, Vec::new()),
        _ => {
            let violation = email.and_then(|email| policy.email_violation(email));
            let problems = violation.map(|detail| Problem::at(&["accountEmail"], detail)).into_iter().collect();
            parse_request(body, policy, problems)
        }
    }
}

impl RequestPlan {
    /// A request that is rejected, for blockers to be added.
    fn refused(last: Option<&RequestRecord>) -> Self {
        Self {
            action: Action::Refuse,
            request_id: None,
            basis: last.map(|last| last.request_id.clone()),
            account_id: last.and_then(account_id),
            request: None,
            changes: Vec::new(),
            blockers: Vec::new(),
        }
    }

    fn refuse(&mut self, blocker: Blocker) {
        self.action = Action::Refuse;
        self.blockers.push(blocker);
    }

    fn creates(&self) -> bool {
        self.action == Action::Create
    }
}

/// The requests of a body.
fn items(body: &Value) -> Result<&[Value], Problem> {
    let expected = format!("must be a list of 1 to {MAXIMUM_REQUESTS} requests");
    let Value::Object(fields) = body else {
        return Err(Problem::at(&[], "must be a JSON object with the field `requests`"));
    };
    if let Some(unknown) = fields.keys().find(|name| *name != "requests") {
        return Err(Problem::at(&[unknown], "is an unknown field; expected one of requests"));
    }
    let items = fields.get("requests").and_then(Value::as_array);
    let items = items.filter(|items| (1..=MAXIMUM_REQUESTS).contains(&items.len()));
    items.map(Vec::as_slice).ok_or_else(|| Problem::at(&["requests"], expected))
}

/// Refuses requests for an email that an earlier request of the list has.
fn refuse_duplicates(requests: &mut [RequestPlan]) {
    let mut first = HashMap::new();
    for (index, plan) in requests.iter_mut().enumerate() {
        let Some(request) = &plan.request else { continue };
        let earlier = *first.entry(request.account_email.clone()).or_insert(index);
        if earlier != index {
            let detail =
                format!("must have another email: request {earlier} of the list has {}", request.account_email);
            plan.refuse(Blocker::invalid(Problem::at(&["accountEmail"], detail)));
        }
    }
}
