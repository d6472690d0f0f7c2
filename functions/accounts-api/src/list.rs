//! `GET /accounts`: the requests, newest first.
//!
//! A page may have fewer requests than its limit and still a `nextToken`: filtering ends after some calls.

use aws_lambda_events::http::StatusCode;
use aws_lambda_events::query_map::QueryMap;
use futures::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, ErrorCode, OrganizationalUnitPath, RequestId, RequestRecord, Status, StepError};
use vending_records::Listed;

use vending_requests::account_id;

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, json};
use crate::page::{Mark, Place, Query, WRONG_TOKEN, query_problem};

/// How many pages of executions or records are looked through for one answer.
const ROUNDS: usize = 10;
/// How many records are read at the same time.
const READERS: usize = 10;
/// How long Step Functions keeps an execution that has ended.
const EXECUTIONS_KEPT: Duration = Duration::days(90);

/// Some of the requests, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RequestPage")]
pub(crate) struct Page {
    requests: Vec<Item>,
    /// Of the next page; null on the last one.
    next_token: Option<String>,
}

/// A request as a list shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RequestSummary")]
struct Item {
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

/// What was found in one round, and where the next one goes on.
type Found = (Vec<Item>, Option<Place>);

impl AccountsApi {
    pub(crate) async fn list(&self, parameters: &QueryMap) -> Result<Answer, Refusal> {
        let query = Query::read(parameters)?;
        let mut requests = Vec::new();
        let mut place = Some(query.place);
        for _ in 0..ROUNDS {
            let room = query.limit - requests.len();
            let (found, next) = match place.clone() {
                Some(Place::Executions(token)) if room > 0 => self.among_executions(token, query.status, room).await?,
                _ => break,
            };
            requests.extend(found);
            place = next;
        }
        let room = query.limit - requests.len();
        if let Some(Place::Records(after)) = &place
            && room > 0
        {
            let (found, next) = self.among_records(after.as_ref(), query.status, room).await?;
            requests.extend(found);
            place = next;
        }
        let next_token = place.as_ref().and_then(Place::token);
        Ok(json(StatusCode::OK, &Page { requests, next_token })?)
    }

    async fn among_executions(
        &self,
        token: Option<String>,
        wanted: Option<Status>,
        room: usize,
    ) -> Result<Found, Refusal> {
        let limit = i32::try_from(room).unwrap_or(i32::MAX);
        let listed = self.requests.executions().list(wanted, token, limit).await;
        let page = listed.map_err(|error| match error.code() {
            ErrorCode::InvalidRequest => Refusal::invalid(vec![query_problem("nextToken", WRONG_TOKEN)]),
            _ => error.into(),
        })?;
        let executions = page.executions.into_iter();
        let matching = executions.filter(|(_, status)| wanted.is_none_or(|wanted| wanted == *status));
        let items = self.items(matching.map(|(id, status)| (id, Some(status)))).await?;
        let next = match page.next_token {
            Some(token) => Some(Place::Executions(Some(token))),
            // What runs has an execution.
            None if wanted == Some(Status::InProgress) => None,
            None => Some(Place::Records(None)),
        };
        Ok((items, next))
    }

    async fn among_records(
        &self,
        after: Option<&Mark>,
        wanted: Option<Status>,
        room: usize,
    ) -> Result<Found, StepError> {
        let mut rest = self.without_execution(after).await?.into_iter().peekable();
        let mut found = Vec::new();
        let mut last = None;
        for _ in 0..ROUNDS {
            let some: Vec<Listed> = rest.by_ref().take(room - found.len()).collect();
            last = some.last().map(mark).or(last);
            let items = self.items(some.into_iter().map(|record| (record.request_id, None))).await?;
            found.extend(items.into_iter().filter(|item| wanted.is_none_or(|wanted| wanted == item.status)));
        }
        let next = rest.peek().map(|_| Place::Records(last));
        Ok((found, next))
    }

    /// The records whose executions are kept no longer, newest first.
    async fn without_execution(&self, after: Option<&Mark>) -> Result<Vec<Listed>, StepError> {
        let kept_since = OffsetDateTime::now_utc() - EXECUTIONS_KEPT;
        let mut records = self.requests.records().all().await?;
        records.retain(|record| record.last_modified < kept_since && after.is_none_or(|after| mark(record) < *after));
        records.sort_by_key(|record| std::cmp::Reverse(mark(record)));
        Ok(records)
    }

    /// Reads the records of some requests, and leaves out what has none.
    async fn items(&self, requests: impl Iterator<Item = (RequestId, Option<Status>)>) -> Result<Vec<Item>, StepError> {
        let readers: Vec<_> = requests.map(|(id, status)| self.item(id, status)).collect();
        let items: Vec<_> = stream::iter(readers).buffered(READERS).collect().await;
        items.into_iter().filter_map(Result::transpose).collect()
    }

    async fn item(&self, id: RequestId, status: Option<Status>) -> Result<Option<Item>, StepError> {
        match self.requests.records().get(&id).await {
            Ok(record) => Ok(record.map(|record| item(record, status))),
            // One record that nobody understands must not hide the others.
            Err(error) if error.code() == ErrorCode::Unexpected => {
                tracing::warn!(request_id = %id, "left out of a list: {error}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn item(record: RequestRecord, status: Option<Status>) -> Item {
    let recorded = record.outcome.as_ref().map(|outcome| outcome.status);
    Item {
        status: status.or(recorded).unwrap_or(Status::Expired),
        account_id: account_id(&record),
        request_id: record.request_id,
        account_name: record.request.account_name,
        organizational_unit: record.request.organizational_unit,
        requested_by: record.requested_by,
        requested_at: record.requested_at,
    }
}

fn mark(record: &Listed) -> Mark {
    Mark::new(record.last_modified.unix_timestamp(), &record.request_id)
}
