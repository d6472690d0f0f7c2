//! Tests with an in-memory bucket and an account that may have an organization.

use serde_json::Value;
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{allow, by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

mod create;
mod features;
mod handshakes;
mod quota;
mod world;

use world::World;

/// The name of the only change.
const CHANGE: &str = "organization:featureSet";

/// A manifest with core accounts.
fn manifest(core_accounts: &[&str]) -> Value {
    let purposes = ["logArchive", "audit", "sharedServices"];
    let account = |(name, purpose): (&&str, &str)| {
        let email = format!("{}@example.com", name.to_lowercase());
        ((*name).to_owned(), json!({ "purpose": purpose, "email": email }))
    };
    let accounts: serde_json::Map<_, _> = core_accounts.iter().zip(purposes).map(account).collect();
    json!({ "version": 1, "root": { "organizationalUnits": { "Security": { "accounts": accounts } } } })
}

async fn plan_of(bucket: &Bucket, world: &World, manifest: &Value) -> PlanReport {
    request(bucket, manifest, &[]);
    invoke(bucket, world.function(), PlanMode::Plan).await.unwrap();
    report(bucket, CreateOrganization::FOLDER, PlanMode::Plan)
}

async fn plan(bucket: &Bucket, world: &World) -> PlanReport {
    plan_of(bucket, world, &manifest(&[])).await
}

async fn run(bucket: &Bucket, world: &World) -> Result<PlanReport, (String, String)> {
    invoke(bucket, world.function(), PlanMode::Apply).await?;
    Ok(report(bucket, CreateOrganization::FOLDER, PlanMode::Apply))
}

/// Plans, and allows the change.
async fn allowed(world: &World) -> Bucket {
    let bucket = Bucket::default();
    plan(&bucket, world).await;
    allow(&bucket, &[CHANGE]);
    bucket
}
