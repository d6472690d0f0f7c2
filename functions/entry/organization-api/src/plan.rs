//! `POST /organization/plans` and `GET /organization/plans/{planId}`: what the manifest would change.

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use vending_api::{ApiError, Response, accepted, json, read_json_up_to};
use vending_core::{
    Failure, ManifestDigest, ManifestDocument, OrganizationChange, PlanBlocker, PlanId, PlanInput, PlanMode, PlanNote,
    PlanRecord, PlanStatus, Requester,
};

use crate::{OrganizationApi, request};

/// A plan that was accepted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptedPlan<'a> {
    plan_id: &'a PlanId,
    status: PlanStatus,
}

/// What the manifest would change.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganizationPlan {
    plan_id: PlanId,
    status: PlanStatus,
    /// The ARN of the caller that requested the plan.
    requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    requested_at: OffsetDateTime,
    /// The SHA-256 digest of the manifest and its documents.
    manifest_digest: ManifestDigest,
    /// Empty until the plan has ended.
    changes: Vec<OrganizationChange>,
    /// What prevents the plan from being applied.
    blockers: Vec<PlanBlocker>,
    /// The JSON pointers of what is in the manifest, but not applied yet.
    not_managed: Vec<String>,
    /// What people should know or do by hand.
    notes: Vec<PlanNote>,
    /// Why the plan failed. Functions that run side by side can all fail.
    failures: Vec<Failure>,
}

impl OrganizationApi {
    pub(crate) async fn plan(&self, caller: &Requester, event: &ApiGatewayProxyRequest) -> Result<Response, ApiError> {
        let body = read_json_up_to(ManifestDocument::MAXIMUM_BYTES, event)?;
        let document = request::manifest(&body).map_err(ApiError::invalid)?;
        let (document, manifest_digest) = document.canonical();
        let requested_at = OffsetDateTime::now_utc();
        let plan_id = PlanId::new(requested_at, &manifest_digest);
        let input = PlanInput { mode: PlanMode::Plan, plan_id: plan_id.clone() };
        self.plans.create_manifest(&manifest_digest, document).await?;
        let record = PlanRecord {
            schema_version: PlanRecord::SCHEMA_VERSION,
            mode: input.mode,
            plan_id,
            manifest_digest,
            requested_by: caller.arn().to_owned(),
            requested_at,
            allowed: BTreeSet::new(),
        };
        self.plans.create_record(&input, &record).await?;
        self.executions.start_with(&input.execution_name(), &input).await?;
        let body = AcceptedPlan { plan_id: &input.plan_id, status: PlanStatus::InProgress };
        Ok(accepted(&format!("/organization/plans/{}", input.plan_id), &body)?)
    }

    pub(crate) async fn get_plan(&self, id: &str) -> Result<Response, ApiError> {
        let plan_id = id.parse().map_err(|_| not_found(id))?;
        let input = PlanInput { mode: PlanMode::Plan, plan_id };
        let record = self.plans.record(&input).await?.ok_or_else(|| not_found(id))?;
        let state = self.state(&input, &record).await?;
        let report = state.report;
        let plan = OrganizationPlan {
            plan_id: record.plan_id,
            status: state.status,
            requested_by: record.requested_by,
            requested_at: record.requested_at,
            manifest_digest: record.manifest_digest,
            changes: report.changes,
            blockers: report.blockers,
            not_managed: report.not_managed,
            notes: report.notes,
            failures: state.failures,
        };
        Ok(json(StatusCode::OK, &plan)?)
    }
}

pub(crate) fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no plan `{id}`"))
}
