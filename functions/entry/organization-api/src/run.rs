//! `POST /organization/runs` and `GET /organization/runs/{runId}`: applies a plan.
//!
//! A run has the ID of its plan: the same plan, sent again, is the same run.

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use vending_api::{ApiError, Response, accepted, json, read_json_up_to};
use vending_core::{
    Failure, ManifestDigest, OrganizationChange, PlanId, PlanInput, PlanMode, PlanNote, PlanRecord, PlanStatus,
    Problem, Requester, StepError,
};
use vending_executions::Execution;

use crate::state::is_complete;
use crate::{OrganizationApi, plan, request};

const MAXIMUM_BYTES: usize = 64 * 1024;
/// The timeout of the state machine. A run that started earlier has ended.
pub const LONGEST_RUN: Duration = Duration::hours(4);

/// A run that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptedRun<'a> {
    run_id: &'a PlanId,
    status: PlanStatus,
}

/// A run of a plan.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganizationRun {
    /// The ID of the plan.
    run_id: PlanId,
    plan_id: PlanId,
    status: PlanStatus,
    /// The ARN of the caller that requested the run.
    requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    requested_at: OffsetDateTime,
    /// The SHA-256 digest of the manifest and its documents.
    manifest_digest: ManifestDigest,
    /// The changes that were made.
    changes: Vec<OrganizationChange>,
    /// What people should know or do by hand.
    notes: Vec<PlanNote>,
    /// Why the run failed. Functions that run side by side can all fail.
    failures: Vec<Failure>,
}

impl OrganizationApi {
    pub(crate) async fn run(&self, caller: &Requester, event: &ApiGatewayProxyRequest) -> Result<Response, ApiError> {
        let request = request::run(&read_json_up_to(MAXIMUM_BYTES, event)?).map_err(ApiError::invalid)?;
        let run = PlanInput { mode: PlanMode::Apply, plan_id: request.plan_id };
        if !self.has_started(&run).await? {
            let (plan, changes) = self.applicable_plan(&run.plan_id).await?;
            check_allowed(&changes, &request.allowed)?;
            self.check_other_runs(&plan).await?;
            self.start_run(&run, PlanRecord { allowed: request.allowed, ..plan }, caller).await?;
        }
        let body = AcceptedRun { run_id: &run.plan_id, status: PlanStatus::InProgress };
        Ok(accepted(&format!("/organization/runs/{}", run.plan_id), &body)?)
    }

    /// Whether an execution of the run was started. One that ended more than 90 days ago has left its report.
    async fn has_started(&self, run: &PlanInput) -> Result<bool, StepError> {
        if self.plans.record(run).await?.is_none() {
            return Ok(false);
        }
        let is_known = self.executions.describe(&run.execution_name()).await? != Execution::NotFound;
        Ok(is_known || is_complete(run.mode, &self.plans.reports(run).await?))
    }

    /// The plan and its changes, if nothing about it prevents its run.
    async fn applicable_plan(&self, id: &PlanId) -> Result<(PlanRecord, Vec<OrganizationChange>), ApiError> {
        let input = PlanInput { mode: PlanMode::Plan, plan_id: id.clone() };
        let record = self.plans.record(&input).await?.ok_or_else(|| plan::not_found(id.as_str()))?;
        let state = self.state(&input, &record).await?;
        let report = state.report;
        let reason = match state.status {
            PlanStatus::InProgress => format!("wait until GET /organization/plans/{id} shows that it has ended"),
            PlanStatus::Failed => "it failed; make a new plan".to_owned(),
            PlanStatus::Succeeded => match report.blockers.len() {
                0 => return Ok((record, report.changes)),
                1 => "it has 1 blocker; correct it, and make a new plan".to_owned(),
                count => format!("it has {count} blockers; correct them, and make a new plan"),
            },
        };
        Err(ApiError::conflict(format!("plan {id} cannot be applied: {reason}")))
    }

    /// Rejects a plan that was made before another run, and a run while another one is in progress. The functions
    /// themselves reject what two concurrent calls could start.
    async fn check_other_runs(&self, plan: &PlanRecord) -> Result<(), ApiError> {
        let recent = self.executions.started_since(plan.requested_at - LONGEST_RUN).await?;
        for execution in recent {
            let Some(other) = PlanInput::run_of_execution(&execution.name).filter(|id| *id != plan.plan_id) else {
                continue;
            };
            if execution.started_at > plan.requested_at {
                let detail = format!("run {other} was started after plan {} was made; make a new plan", plan.plan_id);
                return Err(ApiError::conflict(detail));
            }
            if execution.is_running {
                let detail = format!(
                    "run {other} is in progress; wait until GET /organization/runs/{other} shows that it has ended"
                );
                return Err(ApiError::conflict(detail));
            }
        }
        Ok(())
    }

    async fn start_run(&self, run: &PlanInput, plan: PlanRecord, caller: &Requester) -> Result<(), StepError> {
        let record = PlanRecord {
            mode: run.mode,
            requested_by: caller.arn().to_owned(),
            requested_at: OffsetDateTime::now_utc(),
            schema_version: PlanRecord::SCHEMA_VERSION,
            ..plan
        };
        self.plans.create_record(run, &record).await?;
        self.executions.start_with(&run.execution_name(), run).await?;
        Ok(())
    }

    pub(crate) async fn get_run(&self, id: &str) -> Result<Response, ApiError> {
        let not_found = || ApiError::not_found(format!("there is no run `{id}`"));
        let input = PlanInput { mode: PlanMode::Apply, plan_id: id.parse().map_err(|_| not_found())? };
        let record = self.plans.record(&input).await?.ok_or_else(not_found)?;
        let state = self.state(&input, &record).await?;
        let report = state.report;
        let run = OrganizationRun {
            run_id: record.plan_id.clone(),
            plan_id: record.plan_id,
            status: state.status,
            requested_by: record.requested_by,
            requested_at: record.requested_at,
            manifest_digest: record.manifest_digest,
            changes: report.changes,
            notes: report.notes,
            failures: state.failures,
        };
        Ok(json(StatusCode::OK, &run)?)
    }
}

/// Rejects a run that does not allow a guarded change, or that allows what is none.
fn check_allowed(changes: &[OrganizationChange], allowed: &BTreeSet<String>) -> Result<(), ApiError> {
    let guarded: BTreeSet<String> =
        changes.iter().filter(|change| change.is_guarded()).map(OrganizationChange::name).collect();
    let unknown: Vec<&str> = allowed.difference(&guarded).map(String::as_str).collect();
    if !unknown.is_empty() {
        let detail = format!("must have names of guarded changes of the plan, not {}", unknown.join(", "));
        return Err(ApiError::invalid(vec![Problem::at(&["allow"], detail)]));
    }
    let missing: Vec<&str> = guarded.difference(allowed).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiError::conflict(format!("the plan has guarded changes that `allow` must name: {}", missing.join(", "))))
}
