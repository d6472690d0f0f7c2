//! The steps of an execution, read from its history.
//!
//! A step names itself in its report and in its error. AWS also says which state or function an event belongs
//! to; MiniStack does so outside of a Map only, and without `previousEventId`. Both shapes are read.

use std::collections::HashMap;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{ErrorCode, Failure, Outcome, StepReport};

/// The folder in `functions/` and the name of every step. Functions are named `{stack}-{folder}`.
pub const STEPS: &[(&str, &str)] = &[
    ("validate-request", "ValidateRequest"),
    ("create-account", "CreateAccount"),
    ("check-account-creation", "CheckAccountCreation"),
    ("move-account", "MoveAccount"),
    ("bootstrap-role", "BootstrapRole"),
    ("enable-cloudtrail", "EnableCloudtrail"),
    ("enable-config", "EnableConfig"),
    ("grant-access", "GrantAccess"),
];

/// The function that reports the others is not shown as a step of its own.
const REPORTER: &str = "ReportOutcome";

/// A step as the API shows it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepView {
    pub(crate) step: String,
    status: StepStatus,
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    duration_ms: Option<u64>,
    changed: Option<bool>,
    detail: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum StepStatus {
    InProgress,
    /// It failed with an error that the state machine tries again.
    Retrying,
    Succeeded,
    Failed,
}

impl StepView {
    pub(crate) fn has_failed(&self) -> bool {
        self.status == StepStatus::Failed
    }
}

/// The steps of a request that has ended, as its record tells them.
pub(crate) fn recorded_steps(outcome: &Outcome) -> Vec<StepView> {
    let mut steps = Steps::default();
    for report in &outcome.steps {
        steps.succeed(report.clone());
    }
    if let Some(failure) = &outcome.failure
        && let Some(step) = known(&failure.step)
    {
        steps.fail(step, StepStatus::Failed, &failure.message);
    }
    steps.0
}

/// The steps of an execution so far, in the order in which they began.
pub(crate) fn steps(events: &[HistoryEvent], running: bool) -> Vec<StepView> {
    let mut steps = Steps::default();
    let mut trail = Trail::default();
    for event in events {
        steps.read(event, trail.step(event));
    }
    if !running {
        steps.end();
    }
    steps.0
}

/// One entry for each step, however often it ran: the last run counts, from the first one's start.
#[derive(Default)]
struct Steps(Vec<StepView>);

impl Steps {
    fn read(&mut self, event: &HistoryEvent, step: Option<&'static str>) {
        match (event.r#type(), step) {
            (HistoryEventType::TaskStateEntered | HistoryEventType::TaskScheduled, Some(step)) => {
                self.begin(step, event);
            }
            (HistoryEventType::TaskSucceeded, _) => match report(event) {
                Some(report) => self.succeed(report),
                None => self.settle(step, StepStatus::Succeeded),
            },
            (HistoryEventType::TaskFailed | HistoryEventType::TaskTimedOut, _) => {
                self.read_failure(event, step);
            }
            // Its retries are used up, and a `Catch` took the error.
            (HistoryEventType::TaskStateExited, _) => self.settle(step, StepStatus::Failed),
            _ => {}
        }
    }

    fn read_failure(&mut self, event: &HistoryEvent, step: Option<&'static str>) {
        let (error, cause) = error_and_cause(event);
        let failure = Failure::caught(step.unwrap_or_default(), error, cause);
        let status = match error.parse::<ErrorCode>() {
            Ok(code) if !code.is_retryable() => StepStatus::Failed,
            _ => StepStatus::Retrying,
        };
        if let Some(step) = known(&failure.step).or(step) {
            self.fail(step, status, &failure.message);
        }
    }

    fn begin(&mut self, step: &str, event: &HistoryEvent) {
        let at = OffsetDateTime::from_unix_timestamp_nanos(event.timestamp().as_nanos()).ok();
        let entry = self.entry(step);
        entry.started_at = entry.started_at.or(at);
        if entry.status == StepStatus::Succeeded {
            entry.status = StepStatus::InProgress;
        }
    }

    fn succeed(&mut self, report: StepReport) {
        if report.step == REPORTER {
            return;
        }
        let entry = self.entry(&report.step);
        entry.started_at.get_or_insert(report.started_at);
        entry.status = StepStatus::Succeeded;
        entry.duration_ms = Some(report.duration_ms);
        entry.changed = Some(report.changed);
        entry.detail = Some(report.detail);
    }

    fn fail(&mut self, step: &str, status: StepStatus, message: &str) {
        let entry = self.entry(step);
        entry.status = status;
        entry.duration_ms = None;
        entry.changed = None;
        entry.detail = Some(message.to_owned());
    }

    /// Ends a step that is still going on.
    fn settle(&mut self, step: Option<&str>, status: StepStatus) {
        let open = self.0.iter_mut().find(|entry| Some(entry.step.as_str()) == step);
        if let Some(entry) = open.filter(|entry| entry.is_open()) {
            entry.status = status;
        }
    }

    /// Ends whatever is still going on when the execution is not.
    fn end(&mut self) {
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

impl StepView {
    fn begun(step: &str) -> Self {
        Self {
            step: step.to_owned(),
            status: StepStatus::InProgress,
            started_at: None,
            duration_ms: None,
            changed: None,
            detail: None,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.status, StepStatus::InProgress | StepStatus::Retrying)
    }
}

/// Which step each event belongs to.
#[derive(Default)]
struct Trail {
    /// AWS: an event belongs where the one before it in its branch did.
    by_event: HashMap<i64, Option<&'static str>>,
    /// MiniStack: outside of a Map there is one state at a time.
    open: Option<&'static str>,
}

impl Trail {
    fn step(&mut self, event: &HistoryEvent) -> Option<&'static str> {
        let inherited = match event.previous_event_id() {
            0 => self.open,
            previous => self.by_event.get(&previous).copied().flatten(),
        };
        let step = match event.r#type() {
            HistoryEventType::TaskStateEntered => {
                event.state_entered_event_details().and_then(|details| known(details.name()))
            }
            HistoryEventType::TaskScheduled => function_step(event).or(inherited),
            _ => inherited,
        };
        match event.r#type() {
            HistoryEventType::TaskStateEntered => self.open = step,
            HistoryEventType::TaskStateExited => self.open = None,
            _ => {}
        }
        self.by_event.insert(event.id(), step);
        step
    }
}

fn known(name: &str) -> Option<&'static str> {
    let mut names = STEPS.iter().map(|(_, step)| *step);
    names.find(|step| *step == name)
}

/// The step whose function a task calls.
fn function_step(event: &HistoryEvent) -> Option<&'static str> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parameters {
        function_name: String,
    }
    let details = event.task_scheduled_event_details()?;
    let parameters: Parameters = serde_json::from_str(details.parameters()).ok()?;
    let (_, name) = parameters.function_name.rsplit_once(":function:").unwrap_or(("", &parameters.function_name));
    let name = name.split(':').next()?;
    let is_its = |folder: &str| {
        let stack = name.strip_suffix(folder);
        stack.is_some_and(|stack| stack.is_empty() || stack.ends_with('-'))
    };
    let found = STEPS.iter().find(|(folder, _)| is_its(folder));
    found.map(|(_, step)| *step)
}

/// What the function answered; nothing where Step Functions cut it short.
fn report(event: &HistoryEvent) -> Option<StepReport> {
    let output = event.task_succeeded_event_details()?.output()?;
    let mut output: Value = serde_json::from_str(output).ok()?;
    serde_json::from_value(output.get_mut("Payload")?.take()).ok()
}

fn error_and_cause(event: &HistoryEvent) -> (&str, &str) {
    let failed = event.task_failed_event_details().map(|details| (details.error(), details.cause()));
    let timed_out = event.task_timed_out_event_details().map(|details| (details.error(), details.cause()));
    let (error, cause) = failed.or(timed_out).unwrap_or_default();
    (error.unwrap_or_default(), cause.unwrap_or_default())
}

#[cfg(test)]
#[path = "tests/history.rs"]
mod tests;
