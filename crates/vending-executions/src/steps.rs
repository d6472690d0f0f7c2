//! The progress of the steps of a request: one entry for each step, even if it ran several times.

use schemars::JsonSchema;
use serde::Serialize;
use strum::IntoEnumIterator;
use time::OffsetDateTime;
use vending_core::{Outcome, StepName, StepReport, StepStatus};

/// All steps except ReportOutcome, which reports the others.
pub(crate) fn steps() -> impl Iterator<Item = StepName> {
    StepName::iter().filter(|step| *step != StepName::ReportOutcome)
}

/// The name if it is that of a step.
pub(crate) fn step_name(name: &str) -> Option<&'static str> {
    let step = steps().find(|step| <&str>::from(step) == name);
    step.map(Into::into)
}

/// The progress of a step: the start of its first run, and the result of its last run.
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
    /// When the step last read its changes back from AWS.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub read_back_at: Option<OffsetDateTime>,
}

impl StepView {
    fn started(step: &str) -> Self {
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

/// The steps of a request that has ended, from its record.
pub fn recorded_steps(outcome: &Outcome) -> Vec<StepView> {
    let mut steps = Steps::default();
    for report in &outcome.steps {
        steps.succeed(report);
    }
    if let Some(failure) = &outcome.failure
        && let Some(step) = step_name(&failure.step)
    {
        steps.fail(step, StepStatus::Failed, &failure.message);
    }
    steps.0
}

/// Steps in the order in which they started.
#[derive(Default)]
pub(crate) struct Steps(pub(crate) Vec<StepView>);

impl Steps {
    pub(crate) fn start(&mut self, step: &str, at: Option<OffsetDateTime>) {
        let entry = self.entry(step);
        entry.started_at = entry.started_at.or(at);
        if matches!(entry.status, StepStatus::Succeeded | StepStatus::Pending | StepStatus::Skipped) {
            entry.status = StepStatus::InProgress;
        }
    }

    pub(crate) fn succeed(&mut self, report: &StepReport) {
        let entry = self.entry(&report.step);
        entry.started_at.get_or_insert(report.started_at);
        entry.status = report.status;
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

    /// Sets the status of a step that has not ended.
    pub(crate) fn close(&mut self, step: Option<&str>, status: StepStatus) {
        let open = self.0.iter_mut().find(|entry| Some(entry.step.as_str()) == step);
        if let Some(entry) = open.filter(|entry| entry.is_open()) {
            entry.status = status;
        }
    }

    /// Marks failed steps as retrying: the state machine waits only before a retry.
    pub(crate) fn wait(&mut self) {
        for entry in self.0.iter_mut().filter(|entry| entry.has_failed()) {
            entry.status = StepStatus::Retrying;
        }
    }

    /// Marks the steps that have not ended as failed, because the execution has ended.
    pub(crate) fn fail_open(&mut self) {
        for entry in self.0.iter_mut().filter(|entry| entry.is_open()) {
            entry.status = StepStatus::Failed;
            entry.detail.get_or_insert_with(|| "the execution ended while the step was in progress".to_owned());
        }
    }

    fn entry(&mut self, step: &str) -> &mut StepView {
        let index = self.0.iter().position(|entry| entry.step == step);
        let index = index.unwrap_or_else(|| {
            self.0.push(StepView::started(step));
            self.0.len() - 1
        });
        &mut self.0[index]
    }
}
