//! Follows a plan or a run of the organization manifest.

use std::time::Duration;

use time::OffsetDateTime;
use vending_client::{Client, Document, Error, Open, OrganizationPlan, OrganizationRun};
use vending_core::{PlanId, PlanStatus};

use super::{Followed, follow, frame};
use crate::console::Console;
use crate::json::{Entry, Raw};

/// Looks at a plan each `interval` until it has ended.
pub(crate) fn follow_plan(
    client: &Client,
    id: &PlanId,
    interval: Duration,
    console: &mut Console,
) -> Result<Document<OrganizationPlan>, Error> {
    let mut seen = None;
    let report = |plan: &Document<OrganizationPlan>, console: &mut Console| {
        let (plan_id, status) = (plan.plan_id.clone(), Raw::from(&plan.status));
        report(&mut seen, &plan.status, &format!("plan {plan_id}"), console, || Entry::OrganizationPlanStatus {
            plan_id,
            status,
        });
    };
    follow(|| client.organization_plan(id), report, interval, console)
}

/// Looks at a run each `interval` until it has ended.
pub(crate) fn follow_run(
    client: &Client,
    id: &PlanId,
    interval: Duration,
    console: &mut Console,
) -> Result<Document<OrganizationRun>, Error> {
    let mut seen = None;
    let report = |run: &Document<OrganizationRun>, console: &mut Console| {
        let (run_id, status) = (run.run_id.clone(), Raw::from(&run.status));
        report(&mut seen, &run.status, &format!("run {run_id}"), console, || Entry::OrganizationRunStatus {
            run_id,
            status,
        });
    };
    follow(|| client.organization_run(id), report, interval, console)
}

impl Followed for OrganizationPlan {
    fn has_ended(&self) -> bool {
        !self.status.is(&PlanStatus::InProgress)
    }

    fn lines(&self, now: OffsetDateTime, width: usize) -> Vec<String> {
        vec![frame::head(&format!("plan {}", self.plan_id), &self.status, self.requested_at, now, width)]
    }
}

impl Followed for OrganizationRun {
    fn has_ended(&self) -> bool {
        !self.status.is(&PlanStatus::InProgress)
    }

    fn lines(&self, now: OffsetDateTime, width: usize) -> Vec<String> {
        vec![frame::head(&format!("run {}", self.run_id), &self.status, self.requested_at, now, width)]
    }
}

/// Reports a status that is new. A display shows it anyway.
fn report(
    seen: &mut Option<Open<PlanStatus>>,
    status: &Open<PlanStatus>,
    name: &str,
    console: &mut Console,
    entry: impl FnOnce() -> Entry,
) {
    if seen.as_ref() == Some(status) {
        return;
    }
    *seen = Some(status.clone());
    console.stream(entry);
    if !console.is_live() {
        console.message(&format!("{name}  {status}"));
    }
}
