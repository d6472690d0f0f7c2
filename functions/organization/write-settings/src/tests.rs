//! Tests with an in-memory bucket and a mocked organization.

use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{ErrorCode, PlanBlocker, PlanMode, PlanReport, Settings};
use vending_plans::testing::{self, input, manifest, request};
use vending_records::testing::Bucket;

use super::*;

mod plan;
mod stored;

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

fn function(bucket: &Bucket, organization: &[&Rule]) -> WriteSettings {
    let organizations = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, organization);
    WriteSettings {
        settings: SettingsStore::new(Objects::new(bucket.client(), "records".to_owned())),
        organization: Organization::new(organizations),
        customizations: vec![CUSTOMIZATION.to_owned()],
    }
}

/// `Workloads/Production` with a budget.
fn with_budget(budget: u32) -> Value {
    let production = json!({ "vending": { "monthlyBudgetUsd": budget } });
    manifest(&json!({ "organizationalUnits": {
        "Workloads": { "vending": { "requests": "allowed" }, "organizationalUnits": { "Production": production } },
    } }))
}

/// Invokes the function as Lambda does. Returns its output, or the code and the message of its error.
async fn invoke(bucket: &Bucket, mode: PlanMode) -> Result<Value, (String, String)> {
    let (roots, lists) = (roots(), lists());
    testing::invoke(bucket, function(bucket, &[&roots, &lists]), mode).await
}

fn report(bucket: &Bucket, mode: PlanMode) -> PlanReport {
    testing::report(bucket, WriteSettings::FOLDER, mode)
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
    request(&bucket, manifest, &[]);
    invoke(&bucket, PlanMode::Plan).await.unwrap();
    invoke(&bucket, PlanMode::Apply).await.unwrap();
    bucket
}
