//! The routes for plans and runs of the organization manifest.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use vending_core::PlanId;

use super::Client;
use crate::call::Call;
use crate::document::Document;
use crate::error::Error;
use crate::types::{OrganizationPlan, OrganizationRun};

/// A repeated call at most makes another plan, and a plan has one run: no idempotency key is needed.
impl Client {
    /// `POST /organization/plans`: starts to find out what a manifest would change. `documents` are all files that it
    /// names, and the cases of its policies, by their paths.
    pub fn plan_organization(&self, manifest: &Value, documents: &BTreeMap<String, String>) -> Result<PlanId, Error> {
        let body = json!({ "manifest": manifest, "documents": documents });
        let call = Call::with_body(Method::POST, "/organization/plans".to_owned(), &body);
        Ok(self.read::<StartedPlan>(&call)?.plan_id.clone())
    }

    /// `GET /organization/plans/{planId}`.
    pub fn organization_plan(&self, id: &PlanId) -> Result<Document<OrganizationPlan>, Error> {
        self.read(&Call::get(format!("/organization/plans/{id}")))
    }

    /// `POST /organization/runs`: starts to apply a plan, or returns the run that does already. `allowed` has the names of
    /// the guarded changes that it may make.
    pub fn run_organization_plan(&self, id: &PlanId, allowed: &[String]) -> Result<PlanId, Error> {
        let body = json!({ "planId": id, "allow": allowed });
        let call = Call::with_body(Method::POST, "/organization/runs".to_owned(), &body);
        Ok(self.read::<StartedRun>(&call)?.run_id.clone())
    }

    /// `GET /organization/runs/{runId}`.
    pub fn organization_run(&self, id: &PlanId) -> Result<Document<OrganizationRun>, Error> {
        self.read(&Call::get(format!("/organization/runs/{id}")))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartedPlan {
    plan_id: PlanId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartedRun {
    run_id: PlanId,
}
