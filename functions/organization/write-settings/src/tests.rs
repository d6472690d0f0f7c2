//! Tests with an in-memory bucket and a mocked organization.

use std::collections::BTreeMap;

use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_core::{ErrorCode, ManifestDocument, PlanBlocker, PlanId, PlanRecord};
use vending_records::testing::Bucket;

use super::*;

mod apply;
mod plan;
mod stored;

const PLAN: &str = "20261130t140102z-0a1b2c3d";
const CUSTOMIZATION: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:own";

/// The OUs of the organization: `Workloads/Production` and `Sandbox`.
fn units(parent: &str) -> Vec<OrganizationalUnit> {
    let units: &[(&str, &str)] = match parent {
        "r-root" => &[("Workloads", "ou-w"), ("Sandbox", "ou-s")],
        "ou-w" => &[("Production", "ou-p")],
        _ => &[],
    };
    units.iter().map(|(name, id)| OrganizationalUnit::builder().name(*name).id(*id).build()).collect()
}

fn roots() -> Rule {
    mock!(aws_sdk_organizations::Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-root").build()).build())
}

fn lists() -> Rule {
    mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent).then_compute_output(|list| {
        let units = units(list.parent_id().unwrap_or_default());
        ListOrganizationalUnitsForParentOutput::builder().set_organizational_units(Some(units)).build()
    })
}

fn function(s3: aws_sdk_s3::Client, organization: &[&Rule]) -> WriteSettings {
    let organizations = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, organization);
    WriteSettings {
        store: Store::new(Objects::new(s3, "records".to_owned())),
        organization: Organization::new(organizations),
        customizations: vec![CUSTOMIZATION.to_owned()],
    }
}

fn plan_id() -> PlanId {
    PLAN.parse().unwrap()
}

fn input(mode: PlanMode) -> PlanInput {
    PlanInput { mode, plan_id: plan_id() }
}

/// A manifest with this root.
fn manifest(root: &Value) -> Value {
    json!({ "version": 1, "root": root })
}

/// `Workloads/Production` with a budget.
fn with_budget(budget: u32) -> Value {
    let production = json!({ "vending": { "monthlyBudgetUsd": budget } });
    manifest(&json!({ "organizationalUnits": {
        "Workloads": { "vending": { "requests": "allowed" }, "organizationalUnits": { "Production": production } },
    } }))
}

/// Stores the manifest, and the records of its plan and its run.
fn requested(bucket: &Bucket, manifest: &Value) {
    let document = ManifestDocument { manifest: manifest.clone(), documents: BTreeMap::new() };
    let (text, manifest_digest) = document.canonical();
    bucket.put(&manifest_digest.key(), &serde_json::from_str::<Value>(&text).unwrap());
    for mode in [PlanMode::Plan, PlanMode::Apply] {
        let record = PlanRecord {
            schema_version: 1,
            mode,
            plan_id: plan_id(),
            manifest_digest: manifest_digest.clone(),
            requested_by: "arn:jane".to_owned(),
            requested_at: OffsetDateTime::UNIX_EPOCH,
        };
        bucket.put(&input(mode).record_key(), &record);
    }
}

/// Invokes the function as Lambda does. Returns its output, or the code and the message of its error.
async fn invoke(bucket: &Bucket, mode: PlanMode) -> Result<Value, (String, String)> {
    let (roots, lists) = (roots(), lists());
    invoke_on(&function(bucket.client(), &[&roots, &lists]), mode).await
}

async fn invoke_on(function: &WriteSettings, mode: PlanMode) -> Result<Value, (String, String)> {
    let payload = serde_json::to_value(input(mode)).unwrap();
    let result = Box::pin(vending_runtime::handle(function, payload)).await;
    result.map_err(|failure| (failure.error_type, failure.error_message))
}

fn report(bucket: &Bucket, mode: PlanMode) -> PlanReport {
    bucket.read(&input(mode).report_key(FOLDER))
}

fn settings(bucket: &Bucket) -> Settings {
    bucket.read(Settings::KEY)
}

fn budget(bucket: &Bucket) -> Option<u32> {
    settings(bucket).blocks[&"ou-p".parse().unwrap()].monthly_budget_usd
}

/// Plans and applies a manifest, as an earlier plan did.
async fn applied(manifest: &Value) -> Bucket {
    let bucket = Bucket::default();
    requested(&bucket, manifest);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    invoke(&bucket, PlanMode::Apply).await.unwrap();
    bucket
}
