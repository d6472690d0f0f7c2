//! The steps of a request, as they are shown: one entry for each, however often it ran.

use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use vending_core::{Outcome, Standing, StepReport};

use crate::history::known;

/// A step as it is shown. The last run counts, from the first one's start.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    pub step: String,
    pub status: StepStatus,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub started_at: Option<OffsetDateTime>,
    pub duration_ms: Option<u64>,
    pub changed: Option<bool>,
    pub detail: Option<String>,
    /// When AWS last showed everything as the step wants it.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub read_back_at: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepStatus {
    InProgress,
    /// It failed with an error that the state machine tries again.
    Retrying,
    Succeeded,
    /// It is asked for, and AWS takes its time; the vend does not wait for it.
    Pending,
    /// The stack or the request does not want it.
    Skipped,
    Failed,
}

impl From<Standing> for StepStatus {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Done => Self::Succeeded,
            Standing::Pending => Self::Pending,
            Standing::Skipped => Self::Skipped,
        }
    }
}

impl StepView {
    fn begun(step: &str) -> Self {
        Self {
            step: step.to_owned(),
            status: StepStatus::InProgress,
            started_at: None,
            duration_ms: None,
            changed: None,
            detail: None,
            read_back_at: None,
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.status == StepStatus::Failed
    }

    fn is_open(&self) -> bool {
        matches!(self.status, StepStatus::InProgress | StepStatus::Retrying)
    }
}

/// The steps of a request that has ended, as its record tells them.
pub fn recorded_steps(outcome: &Outcome) -> Vec<StepView> {
    let mut steps = Steps::default();
    for report in &outcome.steps {
        steps.succeed(report);
    }
    if let Some(failure) = &outcome.failure
        && let Some(step) = known(&failure.step)
    {
        steps.fail(step, StepStatus::Failed, &failure.message);
    }
    steps.0
}

/// Steps in the order in which they began.
#[derive(Default)]
pub(crate) struct Steps(pub(crate) Vec<StepView>);

impl Steps {
    pub(crate) fn begin(&mut self, step: &str, at: Option<OffsetDateTime>) {
        let entry = self.entry(step);
        entry.started_at = entry.started_at.or(at);
        if matches!(entry.status, StepStatus::Succeeded | StepStatus::Pending | StepStatus::Skipped) {
            entry.status = StepStatus::InProgress;
        }
    }

    pub(crate) fn succeed(&mut self, report: &StepReport) {
        let entry = self.entry(&report.step);
        entry.started_at.get_or_insert(report.started_at);
        entry.status = report.standing.into();
        entry.read_back_at = report.read_back_at;
        entry.duration_ms = Some(report.duration_ms);
        entry.changed = Some(report.changed);
        entry.detail = Some(report.detail.clone());
    }

    pub(crate) fn fail(&mut self, step: &str, status: StepStatus, message: &str) {
        let entry = self.entry(step);
        entry.status = status;
        entry.duration_ms = None;
        entry.changed = None;
        entry.read_back_at = None;
        entry.detail = Some(message.to_owned());
    }

    /// Ends a step that is still going on.
    pub(crate) fn settle(&mut self, step: Option<&str>, status: StepStatus) {
        let open = self.0.iter_mut().find(|entry| Some(entry.step.as_str()) == step);
        if let Some(entry) = open.filter(|entry| entry.is_open()) {
            entry.status = status;
        }
    }

    /// The state machine waits only in order to go on: whatever failed before is tried again.
    pub(crate) fn wait(&mut self) {
        for entry in self.0.iter_mut().filter(|entry| entry.has_failed()) {
            entry.status = StepStatus::Retrying;
        }
    }

    /// Ends whatever is still going on when the execution is not.
    pub(crate) fn end(&mut self) {
        for entry in self.0.iter_mut().filter(|entry| entry.is_open()) {
            entry.status = StepStatus::Failed;
            entry.detail.get_or_insert_with(|| "the execution ended before this step did".to_owned());
        }
    }

    fn entry(&mut self, step: &str) -> &mut StepView {
        let place = self.0.iter().position(|entry| entry.step == step);
        let place = place.unwrap_or_else(|| {
            self.0.push(StepView::begun(step));
            self.0.len() - 1
        });
        &mut self.0[place]
    }
}
