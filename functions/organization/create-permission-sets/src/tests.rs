//! Tests with an in-memory bucket and an IAM Identity Center that remembers its permission sets and groups.

use serde_json::{Value, json};
use vending_core::{OrganizationChange, PlanMode, PlanReport};
use vending_plans::testing::{allow, by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

mod differences;
mod errors;
mod groups;
mod instance;
mod lost;
mod permission_sets;
mod provisioning;
mod world;

use world::{Set, World};

const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const AUDIT: &str = "arn:aws:iam::aws:policy/SecurityAudit";
const INLINE: &str =
    r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "config:Select*", "Resource": "*" }] }"#;
const DOCUMENTS: [(&str, &str); 1] = [("inline.json", INLINE)];

fn manifest(identity_center: &Value) -> Value {
    json!({ "version": 1, "root": {}, "identityCenter": identity_center })
}

fn with_sets(sets: &Value) -> Value {
    manifest(&json!({ "permissionSets": sets }))
}

/// A permission set with an AWS managed policy, an inline policy, and sessions of 4 hours.
fn auditor() -> Value {
    json!({ "description": "reads", "policyArns": [AUDIT], "inlinePolicy": "inline.json", "session": "PT4H" })
}

fn sample() -> Value {
    with_sets(&json!({ "Auditor": auditor(), "Reader": { "policyArns": [READ] } }))
}

async fn plan(bucket: &Bucket, world: &World, manifest: &Value) -> PlanReport {
    request(bucket, manifest, &DOCUMENTS);
    invoke(bucket, world.function(), PlanMode::Plan).await.unwrap();
    report(bucket, CreatePermissionSets::FOLDER, PlanMode::Plan)
}

async fn run(bucket: &Bucket, world: &World) -> Result<PlanReport, (String, String)> {
    invoke(bucket, world.function(), PlanMode::Apply).await?;
    Ok(report(bucket, CreatePermissionSets::FOLDER, PlanMode::Apply))
}

/// Plans and runs a manifest, with all guarded changes. Returns the report of the run.
async fn applied(world: &World, manifest: &Value) -> PlanReport {
    let bucket = Bucket::default();
    let plan = plan(&bucket, world, manifest).await;
    assert_eq!(plan.blockers, []);
    allow(&bucket, &guarded(&plan).iter().map(String::as_str).collect::<Vec<_>>());
    let run = run(&bucket, world).await.unwrap();
    assert_eq!(run.changes, plan.changes);
    run
}

fn names(report: &PlanReport) -> Vec<String> {
    report.changes.iter().map(OrganizationChange::name).collect()
}

fn guarded(report: &PlanReport) -> Vec<String> {
    report.changes.iter().filter(|change| change.is_guarded()).map(OrganizationChange::name).collect()
}

fn notes(report: &PlanReport) -> Vec<&str> {
    report.notes.iter().map(|note| note.message.as_str()).collect()
}
