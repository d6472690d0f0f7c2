//! The state of a plan or a run: from its execution, and from the report that it wrote.

use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, Failure, PlanInput, PlanMode, PlanRecord, PlanReport, PlanStatus, StepError};
use vending_executions::Execution;

use crate::OrganizationApi;

/// How long an execution may be missing after its record was written: it is being started, or AWS does not show it yet.
const START_TIME: Duration = Duration::minutes(5);
/// The step of a failure that names none.
const STEP: &str = "BuildOrganization";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) status: PlanStatus,
    /// Empty until the plan or the run has ended.
    pub(crate) report: PlanReport,
    /// Functions that run side by side can all fail.
    pub(crate) failures: Vec<Failure>,
}

impl OrganizationApi {
    pub(crate) async fn state(&self, input: &PlanInput, record: &PlanRecord) -> Result<State, StepError> {
        let execution = self.executions.describe(&input.execution_name()).await?;
        if execution == Execution::Running {
            return Ok(in_progress());
        }
        let reports = self.plans.reports(input).await?;
        let is_complete = is_complete(input.mode, &reports);
        let report = PlanReport::merged(reports.into_iter().flatten().filter(|report| shows(input.mode, report)));
        Ok(match execution {
            Execution::Failed(end) => failed(report, end.failures(STEP)),
            // Step Functions forgets executions after 90 days, but the reports stay.
            _ if is_complete => State { status: PlanStatus::Succeeded, report, failures: Vec::new() },
            Execution::NotFound if OffsetDateTime::now_utc() - record.requested_at < START_TIME => in_progress(),
            Execution::NotFound => failed(report, vec![expired(input.mode)]),
            Execution::Succeeded | Execution::Running => failed(report, vec![without_report()]),
        })
    }
}

fn in_progress() -> State {
    State { status: PlanStatus::InProgress, report: PlanReport::default(), failures: Vec::new() }
}

fn failed(report: PlanReport, failures: Vec<Failure>) -> State {
    State { status: PlanStatus::Failed, report, failures }
}

/// Whether all functions have reported.
pub(crate) fn is_complete(mode: PlanMode, reports: &[Option<PlanReport>]) -> bool {
    reports.iter().all(|report| report.as_ref().is_some_and(|report| shows(mode, report)))
}

/// A run announces its changes before it makes them.
fn shows(mode: PlanMode, report: &PlanReport) -> bool {
    mode == PlanMode::Plan || report.is_applied
}

fn expired(mode: PlanMode) -> Failure {
    let (what, remedy) = match mode {
        PlanMode::Plan => ("plan", "make a new plan of the manifest"),
        PlanMode::Apply => ("run", "send POST /organization/runs with the plan again, or make a new plan"),
    };
    let message = format!("the {what} has not started, or it ended more than 90 days ago without a report");
    Failure { remedy: remedy.to_owned(), ..Failure::new(STEP, ErrorCode::ExecutionEnded, message) }
}

fn without_report() -> Failure {
    Failure::new(STEP, ErrorCode::Unexpected, "the execution succeeded, and has no report")
}
