//! A plan and its run in an in-memory bucket, for the tests of the functions.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use time::OffsetDateTime;
use vending_core::{ManifestDocument, OrganizationChange, PlanInput, PlanMode, PlanRecord, PlanReport};
use vending_records::testing::Bucket;
use vending_records::{Objects, Plans};
use vending_runtime::handle;

use crate::{OrganizationRunner, OrganizationStep, PlannedChanges};

const PLAN: &str = "20261130t140102z-0a1b2c3d";

/// The changes of a plan.
pub fn changes(function: &'static str) -> PlannedChanges {
    PlannedChanges::list(function, PlanMode::Plan)
}

/// The input of a function in the plan, or in its run.
pub fn input(mode: PlanMode) -> PlanInput {
    PlanInput { mode, plan_id: PLAN.parse().unwrap() }
}

/// The plans and runs in a bucket.
pub fn plans(bucket: &Bucket) -> Plans {
    Plans::new(Objects::new(bucket.client(), "records".to_owned()))
}

/// A manifest with this root.
pub fn manifest(root: &Value) -> Value {
    json!({ "version": 1, "root": root })
}

/// Stores a manifest with its documents, and the records of its plan and its run.
pub fn request(bucket: &Bucket, manifest: &Value, documents: &[(&str, &str)]) {
    let documents = documents.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let document = ManifestDocument { manifest: manifest.clone(), documents: documents.collect() };
    let (text, manifest_digest) = document.canonical();
    bucket.put(&manifest_digest.key(), &serde_json::from_str::<Value>(&text).unwrap());
    for mode in [PlanMode::Plan, PlanMode::Apply] {
        let record = PlanRecord {
            schema_version: PlanRecord::SCHEMA_VERSION,
            mode,
            plan_id: input(mode).plan_id,
            manifest_digest: manifest_digest.clone(),
            requested_by: "arn:jane".to_owned(),
            requested_at: OffsetDateTime::UNIX_EPOCH,
            allowed: BTreeSet::new(),
        };
        bucket.put(&input(mode).record_key(), &record);
    }
}

/// Makes the run allow these guarded changes.
pub fn allow(bucket: &Bucket, names: &[&str]) {
    let key = input(PlanMode::Apply).record_key();
    let record: PlanRecord = bucket.read(&key);
    let allowed = names.iter().map(|name| (*name).to_owned()).collect();
    bucket.put(&key, &PlanRecord { allowed, ..record });
}

/// Invokes the function as Lambda does. Returns its output, or the code and the message of its error.
pub async fn invoke<S: OrganizationStep>(bucket: &Bucket, step: S, mode: PlanMode) -> Result<Value, (String, String)> {
    let payload = serde_json::to_value(input(mode)).unwrap();
    let runner = OrganizationRunner::new(plans(bucket), step);
    let result = Box::pin(handle(&runner, payload)).await;
    result.map_err(|failure| (failure.error_type, failure.error_message))
}

/// The report of a function.
pub fn report(bucket: &Bucket, function: &str, mode: PlanMode) -> PlanReport {
    bucket.read(&input(mode).report_key(function))
}

/// The changes by their names, as `from → to`.
pub fn by_name(changes: &[OrganizationChange]) -> BTreeMap<String, String> {
    changes.iter().map(|change| (change.name(), format!("{} → {}", change.from, change.to))).collect()
}
