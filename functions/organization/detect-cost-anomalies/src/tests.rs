//! Tests with an in-memory bucket and a Cost Explorer that remembers its monitors and subscriptions.

use serde_json::{Value, json};
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

mod alerts;
mod delete;
mod errors;
mod world;

use world::{MONITOR_OF_OTHERS, World};

fn manifest(subscribers: &[&str], from_usd: &Value) -> Value {
    let anomalies = json!({ "subscribers": subscribers, "fromUsd": from_usd });
    json!({ "version": 1, "root": {}, "costs": { "anomalies": anomalies } })
}

/// With a subscriber, from 100 US dollars.
fn sample() -> Value {
    manifest(&["finance@example.com"], &json!(100))
}

fn without_alerts() -> Value {
    json!({ "version": 1, "root": {} })
}

async fn plan(bucket: &Bucket, world: &World, manifest: &Value) -> PlanReport {
    request(bucket, manifest, &[]);
    invoke(bucket, world.function(), PlanMode::Plan).await.unwrap();
    report(bucket, DetectCostAnomalies::FOLDER, PlanMode::Plan)
}

async fn run(bucket: &Bucket, world: &World) -> Result<PlanReport, (String, String)> {
    invoke(bucket, world.function(), PlanMode::Apply).await?;
    Ok(report(bucket, DetectCostAnomalies::FOLDER, PlanMode::Apply))
}

/// Plans and runs a manifest. Returns the report of the run.
async fn applied(world: &World, manifest: &Value) -> PlanReport {
    let bucket = Bucket::default();
    let plan = plan(&bucket, world, manifest).await;
    let run = run(&bucket, world).await.unwrap();
    assert_eq!(run.changes, plan.changes);
    run
}

fn names(report: &PlanReport) -> Vec<String> {
    let names = report.changes.iter().map(OrganizationChange::name);
    names.map(|name| name.replace("organization:costs.anomalies.", "")).collect()
}
