//! Tests of plans and runs with a step that sets numbers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use vending_core::{ErrorCode, PlanBlocker, PlanMode, PlanRecord, PlanReport, StepError};
use vending_records::testing::Bucket;

use super::testing::{allow, input, invoke, manifest, report, request};
use super::*;

mod run;
mod stored;
mod units;

/// Sets the budget of each OU. Budgets over 1000 are guarded, and a budget of 13 cannot be set.
#[derive(Clone, Debug, Default)]
struct SetBudgets {
    budgets: Arc<Mutex<BTreeMap<String, u32>>>,
    /// Whether AWS shows what was set.
    is_delayed: bool,
}

const FOLDER: &str = "set-budgets";

impl OrganizationStep for SetBudgets {
    const NAME: &'static str = "SetBudgets";
    const FOLDER: &'static str = FOLDER;

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        for unit in desired.manifest.units() {
            let Some(wanted) = unit.unit.vending.as_ref().and_then(|block| block.monthly_budget_usd) else { continue };
            let path = unit.path.to_string();
            let known = self.budget(&path);
            if wanted == 13 {
                let (detail, remedy) = ("must not be 13".to_owned(), "choose another number".to_owned());
                changes.block(PlanBlocker { pointer: pointer(&unit.path), detail, remedy });
            } else if known != Some(wanted) {
                let change = changes.change(&path, "budget", json!(known), json!(wanted));
                let change = if wanted > 1000 { change.guarded("it is expensive") } else { change };
                let set = async {
                    self.set(path.clone(), wanted);
                    Ok(())
                };
                changes.make(change, set).await?;
            }
        }
        Ok(())
    }
}

impl SetBudgets {
    fn budget(&self, path: &str) -> Option<u32> {
        self.budgets.lock().unwrap().get(path).copied()
    }

    fn set(&self, path: String, budget: u32) {
        if !self.is_delayed {
            self.budgets.lock().unwrap().insert(path, budget);
        }
    }
}

/// A manifest in which OUs have these budgets.
fn with_budgets(budgets: &[(&str, u32)]) -> Value {
    let unit =
        |(name, budget): &(&str, u32)| ((*name).to_owned(), json!({ "vending": { "monthlyBudgetUsd": budget } }));
    manifest(&json!({ "organizationalUnits": budgets.iter().map(unit).collect::<serde_json::Map<_, _>>() }))
}

/// Plans a manifest.
async fn planned(bucket: &Bucket, step: &SetBudgets, manifest: &Value) {
    request(bucket, manifest, &[]);
    invoke(bucket, step.clone(), PlanMode::Plan).await.unwrap();
}

async fn run(bucket: &Bucket, step: &SetBudgets) -> Result<Value, (String, String)> {
    invoke(bucket, step.clone(), PlanMode::Apply).await
}

fn of_run(bucket: &Bucket) -> PlanReport {
    report(bucket, FOLDER, PlanMode::Apply)
}

fn of_plan(bucket: &Bucket) -> PlanReport {
    report(bucket, FOLDER, PlanMode::Plan)
}
