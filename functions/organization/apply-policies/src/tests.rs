//! Tests with an in-memory bucket and an organization that remembers its policies.

use serde_json::{Value, json};
use vending_core::{OrganizationChange, PlanMode, PlanReport};
use vending_plans::testing::{allow, by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

mod adopt;
mod attach;
mod content;
mod new_organization;
mod world;

use world::World;

const DENY: &str =
    r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*" }] }"#;
const OPT_OUT: &str = r#"{ "services": { "default": { "opt_out_policy": { "@@assign": "optOut" } } } }"#;

/// A manifest with the policies `guardrail` (an SCP) and `opt-out`, and these names at the root and at `Workloads`.
fn manifest(root: &[&str], workloads: &[&str]) -> Value {
    json!({
        "version": 1,
        "policies": { "guardrail": { "type": "scp" }, "opt-out": { "type": "aiOptOut" } },
        "root": { "policies": root, "organizationalUnits": { "Workloads": { "policies": workloads } } },
    })
}

const DOCUMENTS: [(&str, &str); 2] = [("policies/guardrail.json", DENY), ("policies/opt-out.json", OPT_OUT)];

async fn plan(bucket: &Bucket, world: &World, manifest: &Value, documents: &[(&str, &str)]) -> PlanReport {
    request(bucket, manifest, documents);
    invoke(bucket, world.function(), PlanMode::Plan).await.unwrap();
    report(bucket, ApplyPolicies::FOLDER, PlanMode::Plan)
}

async fn run(bucket: &Bucket, world: &World) -> Result<PlanReport, (String, String)> {
    invoke(bucket, world.function(), PlanMode::Apply).await?;
    Ok(report(bucket, ApplyPolicies::FOLDER, PlanMode::Apply))
}

/// Applies a manifest with everything that it must allow.
async fn applied(world: &World, manifest: &Value) -> PlanReport {
    let bucket = Bucket::default();
    let plan = plan(&bucket, world, manifest, &DOCUMENTS).await;
    assert_eq!(plan.blockers, []);
    let guarded: Vec<String> =
        plan.changes.iter().filter(|change| change.is_guarded()).map(OrganizationChange::name).collect();
    allow(&bucket, &guarded.iter().map(String::as_str).collect::<Vec<_>>());
    run(&bucket, world).await.unwrap()
}

fn names(report: &PlanReport) -> Vec<String> {
    by_name(&report.changes).into_keys().collect()
}

fn guarded(report: &PlanReport) -> Vec<String> {
    report.changes.iter().filter(|change| change.is_guarded()).map(OrganizationChange::name).collect()
}
