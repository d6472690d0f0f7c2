//! Makes the changes of a plan, and no others.

use vending_core::{ErrorCode, OrganizationChange, PlanBlocker, PlanInput, PlanMode, PlanReport, StepError};

use crate::{Comparison, WriteSettings};

impl WriteSettings {
    /// Writes the settings. Returns the report of the run, which lists what the run changed.
    pub(crate) async fn apply(&self, input: &PlanInput, comparison: Comparison) -> Result<PlanReport, StepError> {
        let Comparison { stored, wanted, report } = comparison;
        self.check(input, &report).await?;
        if report.changes.is_empty() {
            // An earlier invocation, whose response was lost, may have made the changes that it announced.
            let announced = self.store.report(input).await?.map(|report| report.changes).unwrap_or_default();
            return Ok(PlanReport { changes: announced, is_applied: true, ..report });
        }
        self.store.put_report(input, &report).await?;
        self.store.write_settings(&wanted, &stored).await?;
        tracing::info!(changes = report.changes.len(), "wrote the settings");
        Ok(PlanReport { is_applied: true, ..report })
    }

    /// Rejects what the plan does not show.
    async fn check(&self, run: &PlanInput, report: &PlanReport) -> Result<(), StepError> {
        let plan = PlanInput { mode: PlanMode::Plan, plan_id: run.plan_id.clone() };
        let plan = self.store.report(&plan).await?;
        let plan = plan.ok_or_else(|| outdated(format!("the plan {} has no report", run.plan_id)))?;
        if let Some(blocker) = report.blockers.first() {
            return Err(outdated(blocked(blocker, report.blockers.len())));
        }
        match report.changes.iter().find(|change| !plan.changes.contains(change)) {
            Some(change) => Err(outdated(unplanned(change))),
            None => Ok(()),
        }
    }
}

fn outdated(message: String) -> StepError {
    StepError::new(ErrorCode::PlanOutdated, message)
}

fn blocked(first: &PlanBlocker, count: usize) -> String {
    let others = match count - 1 {
        0 => String::new(),
        others => format!("; {others} more"),
    };
    format!("the plan can no longer be applied: {} {}{others}", first.pointer, first.detail)
}

/// Names the field only: values can be contacts.
fn unplanned(change: &OrganizationChange) -> String {
    let OrganizationChange { target, field, .. } = change;
    format!("the run would change `{field}` of {target} in a way that the plan does not list")
}
