//! Tests with an in-memory bucket and a management account that remembers what is changed in it.

use serde_json::{Value, json};
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

mod account;
mod contacts;
mod guard_duty;
mod recorder;
mod world;

use world::World;

/// A manifest with two Regions, whose other fields are those of `value`.
fn manifest(value: &Value) -> Value {
    let audit = json!({ "purpose": "audit", "email": "audit@example.com" });
    let mut manifest = json!({
        "version": 1, "governedRegions": ["us-east-1", "eu-west-1"],
        "root": { "organizationalUnits": { "Security": { "accounts": { "audit": audit } } } },
    });
    manifest.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    manifest
}

async fn plan(bucket: &Bucket, world: &World, value: &Value) -> PlanReport {
    request(bucket, &manifest(value), &[]);
    let before = world.writes();
    invoke(bucket, world.function(), PlanMode::Plan).await.unwrap();
    assert_eq!(world.writes(), before, "a plan changed something");
    report(bucket, ConfigureManagement::FOLDER, PlanMode::Plan)
}

async fn run(bucket: &Bucket, world: &World) -> Result<PlanReport, (String, String)> {
    invoke(bucket, world.function(), PlanMode::Apply).await?;
    Ok(report(bucket, ConfigureManagement::FOLDER, PlanMode::Apply))
}

/// Plans and applies a manifest. Asserts that the run makes exactly what the plan lists, and that nothing is left.
async fn applied(world: &World, value: &Value) -> PlanReport {
    let bucket = Bucket::default();
    let planned = plan(&bucket, world, value).await;
    assert_eq!(planned.blockers, []);
    let run = run(&bucket, world).await.unwrap();
    assert_eq!(run.changes, planned.changes);
    assert_eq!(plan(&Bucket::default(), world, value).await.changes, []);
    run
}

fn names(report: &PlanReport) -> Vec<String> {
    by_name(&report.changes).into_keys().collect()
}

fn notes(report: &PlanReport) -> Vec<&str> {
    report.notes.iter().map(|note| note.message.as_str()).collect()
}
