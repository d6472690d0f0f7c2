//! `GET /requests`: the requests, newest first.
//!
//! A page can have fewer requests than its limit and still have a `nextToken`, because the number of calls is limited.

use aws_lambda_events::http::StatusCode;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_api::{ApiError, INVALID_TOKEN, Parameters, Response, json, query_problem};
use vending_core::{AccountId, ErrorCode, OrganizationalUnitPath, RequestId, RequestRecord, Status, StepError};
use vending_records::Listed;

use vending_requests::account_id;

use crate::AccountsApi;
use crate::page::{Cursor, Position, Query};

/// The maximum number of pages of executions or records that are read for one response.
const MAX_BATCHES: usize = 10;
/// How many records are read concurrently.
const CONCURRENT_READS: usize = 10;
/// How long Step Functions keeps an execution that has ended.
const EXECUTION_RETENTION: Duration = Duration::days(90);

/// A page of requests, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestPage {
    requests: Vec<RequestSummary>,
    /// The token of the next page; `null` on the last page.
    next_token: Option<String>,
}

/// A request in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RequestSummary {
    request_id: RequestId,
    status: Status,
    account_name: String,
    account_id: Option<AccountId>,
    organizational_unit: OrganizationalUnitPath,
    requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    requested_at: OffsetDateTime,
}

/// The requests of one read, and where the next read continues.
type Batch = (Vec<RequestSummary>, Option<Cursor>);

impl AccountsApi {
    pub(crate) async fn list_requests(&self, parameters: &Parameters) -> Result<Response, ApiError> {
        let query = Query::parse(parameters)?;
        let mut requests = Vec::new();
        let mut cursor = Some(query.cursor);
        for _ in 0..MAX_BATCHES {
            let remaining = query.limit - requests.len();
            let (found, next) = match cursor.clone() {
                Some(Cursor::Executions(token)) if remaining > 0 => {
                    self.list_executions(token, query.status, remaining).await?
                }
                _ => break,
            };
            requests.extend(found);
            cursor = next;
        }
        let remaining = query.limit - requests.len();
        if let Some(Cursor::Records(after)) = &cursor
            && remaining > 0
        {
            let (found, next) = self.list_records(after.as_ref(), query.status, remaining).await?;
            requests.extend(found);
            cursor = next;
        }
        let next_token = cursor.as_ref().and_then(Cursor::token);
        Ok(json(StatusCode::OK, &RequestPage { requests, next_token })?)
    }

    async fn list_executions(
        &self,
        token: Option<String>,
        status: Option<Status>,
        limit: usize,
    ) -> Result<Batch, ApiError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let listed = self.requests.executions().list(status, token, limit).await;
        let page = listed.map_err(|error| match error.code() {
            ErrorCode::InvalidRequest => ApiError::invalid(vec![query_problem("nextToken", INVALID_TOKEN)]),
            _ => error.into(),
        })?;
        let executions = page.executions.into_iter();
        let matching = executions.filter(|(_, actual)| status.is_none_or(|status| status == *actual));
        let items = self.items(matching.map(|(id, status)| (id, Some(status)))).await?;
        let next = match page.next_token {
            Some(token) => Some(Cursor::Executions(Some(token))),
            // A request in progress has an execution.
            None if status == Some(Status::InProgress) => None,
            None => Some(Cursor::Records(None)),
        };
        Ok((items, next))
    }

    async fn list_records(
        &self,
        after: Option<&Position>,
        status: Option<Status>,
        limit: usize,
    ) -> Result<Batch, StepError> {
        let mut rest = self.without_execution(after).await?.into_iter().peekable();
        let mut found = Vec::new();
        let mut last = None;
        for _ in 0..MAX_BATCHES {
            let batch: Vec<Listed> = rest.by_ref().take(limit - found.len()).collect();
            last = batch.last().map(position).or(last);
            let items = self.items(batch.into_iter().map(|record| (record.request_id, None))).await?;
            found.extend(items.into_iter().filter(|item| status.is_none_or(|status| status == item.status)));
        }
        let next = rest.peek().map(|_| Cursor::Records(last));
        Ok((found, next))
    }

    /// The records whose executions are older than their retention, newest first.
    async fn without_execution(&self, after: Option<&Position>) -> Result<Vec<Listed>, StepError> {
        let retained_since = OffsetDateTime::now_utc() - EXECUTION_RETENTION;
        let mut records = self.requests.records().all().await?;
        records.retain(|record| {
            record.last_modified < retained_since && after.is_none_or(|after| position(record) < *after)
        });
        records.sort_by_key(|record| std::cmp::Reverse(position(record)));
        Ok(records)
    }

    /// Reads the records of requests, and skips requests without a record.
    async fn items(
        &self,
        requests: impl Iterator<Item = (RequestId, Option<Status>)>,
    ) -> Result<Vec<RequestSummary>, StepError> {
        let reads: Vec<_> = requests.map(|(id, status)| self.item(id, status)).collect();
        let items: Vec<_> = stream::iter(reads).buffered(CONCURRENT_READS).collect().await;
        items.into_iter().filter_map(Result::transpose).collect()
    }

    async fn item(&self, id: RequestId, status: Option<Status>) -> Result<Option<RequestSummary>, StepError> {
        match self.requests.records().get(&id).await {
            Ok(record) => Ok(record.map(|record| item(record, status))),
            // A record that cannot be parsed must not hide the others.
            Err(error) if error.code() == ErrorCode::Unexpected => {
                tracing::warn!(request_id = %id, "skipped a record: {error}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn item(record: RequestRecord, status: Option<Status>) -> RequestSummary {
    let recorded = record.outcome.as_ref().map(|outcome| outcome.status);
    RequestSummary {
        status: status.or(recorded).unwrap_or(Status::Expired),
        account_id: account_id(&record),
        request_id: record.request_id,
        account_name: record.request.account_name,
        organizational_unit: record.request.organizational_unit,
        requested_by: record.requested_by,
        requested_at: record.requested_at,
    }
}

fn position(record: &Listed) -> Position {
    Position::new(record.last_modified.unix_timestamp(), &record.request_id)
}
