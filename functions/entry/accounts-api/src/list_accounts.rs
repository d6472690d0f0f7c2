//! `GET /accounts`: the accounts, from their records, in the order of their IDs.
//!
//! A page is filtered after it is read, so it can have fewer accounts than its limit and still have a `nextToken`.

use aws_lambda_events::http::StatusCode;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use vending_api::{
    ApiError, Parameters, Response, from_token, json, limit, query_problem, reject_unknown, to_token, valid,
};
use vending_core::{
    AccountId, AccountRecord, AccountState, EmailAddress, ErrorCode, OrganizationalUnitPath, Problem, RequestId,
    StepError,
};
use vending_settings::SettingsLookup;

use crate::AccountsApi;

/// How many records are read concurrently.
const CONCURRENT_READS: usize = 10;

/// A page of accounts.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountPage {
    accounts: Vec<AccountSummary>,
    /// The token of the next page; `null` on the last page.
    next_token: Option<String>,
}

/// An account in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountSummary {
    account_id: AccountId,
    account_name: String,
    account_email: EmailAddress,
    organizational_unit: OrganizationalUnitPath,
    owner: Option<EmailAddress>,
    /// The ARN of the requester, who can change the account.
    requested_by: String,
    /// The last request for the account.
    request_id: RequestId,
    /// The state of the account in AWS when it was last seen.
    state: AccountState,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    state_since: OffsetDateTime,
    /// The version of the baseline of the last vend; `null` if no vend has succeeded.
    baseline_version: Option<String>,
}

#[derive(Debug)]
struct Query {
    limit: usize,
    after: Option<AccountId>,
    filter: Filter,
}

#[derive(Debug, Default)]
struct Filter {
    /// Accounts in this OU and below.
    organizational_unit: Option<OrganizationalUnitPath>,
    owner: Option<EmailAddress>,
    state: Option<AccountState>,
}

impl AccountsApi {
    pub(crate) async fn list_accounts(&self, parameters: &Parameters) -> Result<Response, ApiError> {
        let Query { limit, after, filter } = Query::parse(parameters)?;
        self.check_filter(&filter).await?;
        let (ids, has_more) = self.requests.accounts().ids_after(after.as_ref(), limit).await?;
        let next_token = ids.last().filter(|_| has_more).and_then(to_token);
        let records: Vec<_> = stream::iter(ids).map(|id| self.account(id)).buffered(CONCURRENT_READS).collect().await;
        let records = records.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        let accounts = records.into_iter().filter(|record| filter.matches(record)).map(summary).collect();
        Ok(json(StatusCode::OK, &AccountPage { accounts, next_token })?)
    }

    /// Rejects an OU that does not exist, because an empty list would hide the mistake.
    async fn check_filter(&self, filter: &Filter) -> Result<(), ApiError> {
        let Some(path) = &filter.organizational_unit else { return Ok(()) };
        match self.settings.read().await?.of(path).await? {
            SettingsLookup::Found(_) => Ok(()),
            SettingsLookup::Missing(detail) => {
                Err(ApiError::invalid(vec![query_problem("organizationalUnit", detail)]))
            }
        }
    }

    /// The record of an account. A record that cannot be parsed must not hide the others.
    async fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, StepError> {
        match self.requests.accounts().get(&id).await {
            Err(error) if error.code() == ErrorCode::Unexpected => {
                tracing::warn!(account.id = %id, "skipped a record: {error}");
                Ok(None)
            }
            record => record,
        }
    }
}

impl Query {
    fn parse(parameters: &Parameters) -> Result<Self, ApiError> {
        let mut problems = Vec::new();
        reject_unknown(parameters, &["organizationalUnit", "owner", "state", "limit", "nextToken"], &mut problems);
        let limit = valid(limit(parameters), "limit", &mut problems);
        let after = valid(parameters.get("nextToken").map(from_token).transpose(), "nextToken", &mut problems);
        let filter = Filter::parse(parameters, &mut problems);
        match (limit, after) {
            (Some(limit), Some(after)) if problems.is_empty() => Ok(Self { limit, after, filter }),
            _ => Err(ApiError::invalid(problems)),
        }
    }
}

impl Filter {
    fn parse(parameters: &Parameters, problems: &mut Vec<Problem>) -> Self {
        let unit = parameters.get("organizationalUnit").map(|text| text.parse().map_err(|error| format!("{error}")));
        let owner = parameters.get("owner").map(|text| text.parse().map_err(|error| format!("{error}")));
        let state = parameters.get("state").map(state);
        Self {
            organizational_unit: valid(unit.transpose(), "organizationalUnit", problems).flatten(),
            owner: valid(owner.transpose(), "owner", problems).flatten(),
            state: valid(state.transpose(), "state", problems).flatten(),
        }
    }

    fn matches(&self, record: &AccountRecord) -> bool {
        self.organizational_unit.as_ref().is_none_or(|unit| record.organizational_unit.is_within(unit.as_str()))
            && (self.owner.is_none() || self.owner == record.owner)
            && self.state.is_none_or(|state| state == record.state)
    }
}

fn state(text: &str) -> Result<AccountState, String> {
    text.parse()
        .map_err(|_| "must be one of PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED, GONE".to_owned())
}

fn summary(record: AccountRecord) -> AccountSummary {
    AccountSummary {
        account_id: record.account_id,
        account_name: record.account_name,
        account_email: record.account_email,
        organizational_unit: record.organizational_unit,
        owner: record.owner,
        requested_by: record.requested_by,
        request_id: record.request_id,
        state: record.state,
        state_since: record.state_since,
        baseline_version: record.baseline.map(|baseline| baseline.baseline_version),
    }
}
