//! `GET /accounts/{requestId}`: how a request is doing. `GET /accounts/{accountId}`: what is kept about an account.

use aws_lambda_events::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_core::{Account, AccountId, Evidence, Failure, Outcome, RequestId, RequestRecord, Status, StepError};
use vending_executions::{Execution, StepView, recorded_steps};

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, json};

/// How long a claim may wait for its execution. The hourly sweep starts what is ten minutes old, so by then it has
/// come by.
const CLAIM_LIFETIME: Duration = Duration::minutes(75);

/// A request as the API shows it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestView<'a> {
    request_id: &'a RequestId,
    status: Status,
    /// The ARN of the first requester of the account, who may change it.
    requested_by: &'a str,
    /// The ARN of whoever caused this attempt.
    submitted_by: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    requested_at: OffsetDateTime,
    /// The account, as soon as the request has ended and there is one.
    account: Option<&'a Account>,
    /// In the order in which they began.
    steps: Vec<StepView>,
    failure: Option<Failure>,
    /// Of a vended account: its record, and what that was when this request had ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
}

impl AccountsApi {
    pub(crate) async fn get(&self, id: &str) -> Result<Answer, Refusal> {
        match id.parse() {
            Ok(account) => self.get_account(&account).await,
            Err(_) => self.get_request(id).await,
        }
    }

    async fn get_account(&self, id: &AccountId) -> Result<Answer, Refusal> {
        let record = self.accounts.get(id).await?;
        let record = record.ok_or_else(|| Refusal::not_found(format!("there is no record of an account {id}")))?;
        Ok(json(StatusCode::OK, &record)?)
    }

    async fn get_request(&self, id: &str) -> Result<Answer, Refusal> {
        let unknown = || Refusal::not_found(format!("there is no request `{id}`"));
        let id: RequestId = id.parse().map_err(|_| unknown())?;
        let record = self.requests.records().get(&id).await?.ok_or_else(unknown)?;
        Ok(self.show(&record).await?)
    }

    pub(crate) async fn show(&self, record: &RequestRecord) -> Result<Answer, StepError> {
        let view = match &record.outcome {
            Some(outcome) => RequestView::ended(record, outcome),
            None => self.observe(record).await?,
        };
        json(StatusCode::OK, &view)
    }

    /// A request without an outcome, as its execution shows it.
    async fn observe<'a>(&self, record: &'a RequestRecord) -> Result<RequestView<'a>, StepError> {
        let id = &record.request_id;
        let execution = self.requests.executions().describe(id).await?;
        let status = match execution {
            Execution::Absent => unstarted(record.requested_at, OffsetDateTime::now_utc()),
            Execution::Running => Status::InProgress,
            Execution::Succeeded => Status::Vended,
            Execution::Failed(_) => Status::Failed,
        };
        let mut view = RequestView::without_outcome(record, status);
        if execution != Execution::Absent {
            let history = self.requests.executions().history(id, execution == Execution::Running).await?;
            if let Execution::Failed(end) = &execution {
                view.failure = Some(end.failure(&history));
            }
            view.steps = history.steps;
        }
        Ok(view)
    }
}

fn unstarted(claimed_at: OffsetDateTime, now: OffsetDateTime) -> Status {
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
    fn a_claim_that_is_not_started_expires_when_the_sweep_has_come_by() {
        let claimed = OffsetDateTime::UNIX_EPOCH;
        let after = |minutes| unstarted(claimed, claimed + Duration::minutes(minutes));
        assert_eq!(after(74), Status::InProgress);
        assert_eq!(after(75), Status::Expired);
    }
}
