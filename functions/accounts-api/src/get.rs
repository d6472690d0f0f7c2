//! `GET /accounts/{requestId}`: how a request is doing.

use aws_lambda_events::http::StatusCode;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_core::{Account, ErrorCode, Failure, Outcome, RequestId, RequestRecord, Status, StepError};

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, json};
use crate::executions::Execution;
use crate::history::{StepView, recorded_steps, steps};

/// How long a claim may wait for its execution; the hourly sweep has seen it by then.
const CLAIM_LIFETIME: Duration = Duration::hours(1);

/// The failure's step where no step failed.
const STATE_MACHINE: &str = "VendAccount";

/// A request as the API shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    request_id: &'a RequestId,
    status: Status,
    requested_by: &'a str,
    submitted_by: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    account: Option<&'a Account>,
    steps: Vec<StepView>,
    failure: Option<Failure>,
}

impl AccountsApi {
    pub(crate) async fn get(&self, id: &str) -> Result<Answer, Refusal> {
        let unknown = || Refusal::not_found(format!("there is no request `{id}`"));
        let id: RequestId = id.parse().map_err(|_| unknown())?;
        let record = self.records.get(&id).await?.ok_or_else(unknown)?;
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
        let execution = self.executions.look(id).await?;
        let status = match execution {
            Execution::Absent => unstarted(record.requested_at, OffsetDateTime::now_utc()),
            Execution::Running => Status::InProgress,
            Execution::Succeeded => Status::Vended,
            Execution::Failed(_) => Status::Failed,
        };
        let mut view = RequestView::without_outcome(record, status);
        if execution != Execution::Absent {
            let events = self.executions.history(id).await?;
            view.steps = steps(&events, execution == Execution::Running);
        }
        if let Execution::Failed(why) = execution {
            let stopped = view.steps.iter().rfind(|step| step.has_failed());
            let step = stopped.map_or(STATE_MACHINE, |step| &step.step);
            view.failure = Some(Failure::new(step, ErrorCode::ExecutionEnded, why));
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_is_not_started_expires_after_an_hour() {
        let claimed = OffsetDateTime::UNIX_EPOCH;
        let after = |minutes| unstarted(claimed, claimed + Duration::minutes(minutes));
        assert_eq!(after(59), Status::InProgress);
        assert_eq!(after(60), Status::Expired);
    }
}
