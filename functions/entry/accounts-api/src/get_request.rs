//! `GET /requests/{requestId}`: the progress of a request.

use aws_lambda_events::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_api::{ApiError, Response, json};
use vending_core::{Evidence, Failure, Outcome, RequestId, RequestRecord, Status, StepError, VendedAccount};
use vending_executions::{Execution, StepView, recorded_steps};

use crate::AccountsApi;

/// How long a claim can wait for its execution. The hourly sweep starts claims that are ten minutes old, so it has run
/// by then.
const CLAIM_LIFETIME: Duration = Duration::minutes(75);

/// A request in a response.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestView<'a> {
    request_id: &'a RequestId,
    status: Status,
    /// The ARN of the requester, who can change the account.
    requested_by: &'a str,
    /// The ARN of the caller that started this attempt.
    submitted_by: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    requested_at: OffsetDateTime,
    /// The account, if the request has ended and has one.
    account: Option<&'a VendedAccount>,
    /// In the order in which they started.
    steps: Vec<StepView>,
    failure: Option<Failure>,
    /// For a vended request: where the account record is, and its digest when this request ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
}

impl AccountsApi {
    pub(crate) async fn get_request(&self, id: &str) -> Result<Response, ApiError> {
        let not_found = || ApiError::not_found(format!("there is no request `{id}`"));
        let id: RequestId = id.parse().map_err(|_| not_found())?;
        let record = self.requests.records().get(&id).await?.ok_or_else(not_found)?;
        Ok(self.show(&record).await?)
    }

    pub(crate) async fn show(&self, record: &RequestRecord) -> Result<Response, StepError> {
        let view = match &record.outcome {
            Some(outcome) => RequestView::ended(record, outcome),
            None => self.view_of_execution(record).await?,
        };
        json(StatusCode::OK, &view)
    }

    /// The view of a request without an outcome, from its execution.
    async fn view_of_execution<'a>(&self, record: &'a RequestRecord) -> Result<RequestView<'a>, StepError> {
        let id = &record.request_id;
        let execution = self.requests.executions().describe(id).await?;
        let status = match execution {
            Execution::NotFound => claim_status(record.requested_at, OffsetDateTime::now_utc()),
            Execution::Running => Status::InProgress,
            Execution::Succeeded => Status::Vended,
            Execution::Failed(_) => Status::Failed,
        };
        let mut view = RequestView::without_outcome(record, status);
        if execution != Execution::NotFound {
            let history = self.requests.executions().history(id, execution == Execution::Running).await?;
            if let Execution::Failed(end) = &execution {
                view.failure = Some(end.failure(&history));
            }
            view.steps = history.steps;
        }
        Ok(view)
    }
}

fn claim_status(claimed_at: OffsetDateTime, now: OffsetDateTime) -> Status {
    if now - claimed_at < CLAIM_LIFETIME { Status::InProgress } else { Status::Expired }
}

impl<'a> RequestView<'a> {
    fn ended(record: &'a RequestRecord, outcome: &'a Outcome) -> Self {
        Self {
            account: outcome.account.as_ref(),
            steps: recorded_steps(outcome),
            failure: outcome.failure.clone(),
            evidence: outcome.evidence.as_ref(),
            ..Self::without_outcome(record, outcome.status)
        }
    }

    fn without_outcome(record: &'a RequestRecord, status: Status) -> Self {
        Self {
            request_id: &record.request_id,
            status,
            requested_by: &record.requested_by,
            submitted_by: &record.submitted_by,
            requested_at: record.requested_at,
            account: None,
            steps: Vec::new(),
            failure: None,
            evidence: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claim_expires_after_the_next_sweep() {
        let claimed = OffsetDateTime::UNIX_EPOCH;
        let after = |minutes| claim_status(claimed, claimed + Duration::minutes(minutes));
        assert_eq!(after(74), Status::InProgress);
        assert_eq!(after(75), Status::Expired);
    }
}
