//! What an execution did, read from its history.
//!
//! A step names itself in its report and in its error. AWS also says which state or function an event belongs
//! to; MiniStack does so outside of a Map only, and without `previousEventId`. Both shapes are read.

use std::collections::HashMap;

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{ErrorCode, Failure, StepReport};

use crate::steps::{StepStatus, StepView, Steps};

/// The folder in `functions/` and the name of every step. Functions are named `{stack}-{folder}`.
pub const STEPS: &[(&str, &str)] = &[
    ("validate-request", "ValidateRequest"),
    ("create-account", "CreateAccount"),
    ("check-account-creation", "CheckAccountCreation"),
    ("move-account", "MoveAccount"),
    ("enable-regions", "EnableRegions"),
    ("bootstrap-role", "BootstrapRole"),
    ("enable-cloudtrail", "EnableCloudtrail"),
    ("enable-config", "EnableConfig"),
    ("harden-account", "HardenAccount"),
    ("harden-compute", "HardenCompute"),
    ("set-contacts", "SetContacts"),
    ("set-budget", "SetBudget"),
    ("enroll-security-services", "EnrollSecurityServices"),
    ("request-quotas", "RequestQuotas"),
    ("retire-bootstrap", "RetireBootstrap"),
    ("run-customization", "RunCustomization"),
    ("grant-access", "GrantAccess"),
    ("trust-github", "TrustGithub"),
    ("report-outcome", REPORTER),
];

/// The step that reports the others is not shown among them.
const REPORTER: &str = "ReportOutcome";

/// What an execution did, while it runs or after it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct History {
    /// In the order in which they began.
    pub steps: Vec<StepView>,
    /// The reports of all runs that succeeded, in order.
    pub reports: Vec<StepReport>,
    /// What those runs handed on, by step.
    results: Vec<(String, Value)>,
}

impl History {
    pub fn read(events: &[HistoryEvent], running: bool) -> Self {
        let mut reader = Reader::default();
        for event in events {
            reader.read(event);
        }
        if !running {
            reader.steps.end();
        }
        Self { steps: reader.steps.0, reports: reader.reports, results: reader.results }
    }

    /// The last text that one of these steps handed on under a name.
    pub fn result(&self, steps: &[&str], field: &str) -> Option<&str> {
        self.latest(steps, |result| result.get(field)?.as_str())
    }

    /// The last list of texts that one of these steps handed on under a name.
    pub fn list(&self, steps: &[&str], field: &str) -> Vec<String> {
        let list = self.latest(steps, |result| result.get(field)?.as_array());
        list.into_iter().flatten().filter_map(|entry| Some(entry.as_str()?.to_owned())).collect()
    }

    fn latest<'a, T>(&'a self, steps: &[&str], read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        let mut latest = self.results.iter().rev().filter(|(step, _)| steps.contains(&step.as_str()));
        latest.find_map(|(_, result)| read(result))
    }
}

#[derive(Default)]
struct Reader {
    trail: Trail,
    steps: Steps,
    reports: Vec<StepReport>,
    results: Vec<(String, Value)>,
}

impl Reader {
    fn read(&mut self, event: &HistoryEvent) {
        let step = self.trail.step(event);
        match (event.r#type(), step) {
            (HistoryEventType::TaskStateEntered | HistoryEventType::TaskScheduled, Some(step)) => {
                let at = OffsetDateTime::from_unix_timestamp_nanos(event.timestamp().as_nanos());
                self.steps.begin(step, at.ok());
            }
            (HistoryEventType::TaskSucceeded, _) => match answer(event) {
                Some((report, result)) => self.succeed(report, result),
                None => self.steps.settle(step, StepStatus::Succeeded),
            },
            (HistoryEventType::TaskFailed | HistoryEventType::TaskTimedOut, _) => self.fail(event, step),
            // Its retries are used up, and a `Catch` took the error.
            (HistoryEventType::TaskStateExited, _) => self.steps.settle(step, StepStatus::Failed),
            (HistoryEventType::WaitStateEntered, _) => self.steps.wait(),
            _ => {}
        }
    }

    fn succeed(&mut self, report: StepReport, result: Value) {
        if report.step == REPORTER {
            return;
        }
        self.steps.succeed(&report);
        self.results.push((report.step.clone(), result));
        self.reports.push(report);
    }

    fn fail(&mut self, event: &HistoryEvent, step: Option<&'static str>) {
        let (error, cause) = error_and_cause(event);
        let failure = Failure::caught(step.unwrap_or_default(), error, cause);
        let status = match error.parse::<ErrorCode>() {
            Ok(code) if !code.is_retryable() => StepStatus::Failed,
            _ => StepStatus::Retrying,
        };
        if let Some(step) = known(&failure.step).or(step) {
            self.steps.fail(step, status, &failure.message);
        }
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

/// The steps that are shown, by folder and name.
fn shown() -> impl Iterator<Item = (&'static str, &'static str)> {
    STEPS.iter().copied().filter(|(_, step)| *step != REPORTER)
}

pub(crate) fn known(name: &str) -> Option<&'static str> {
    let mut names = shown().map(|(_, step)| step);
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
    let found = shown().find(|(folder, _)| is_its(folder));
    found.map(|(_, step)| step)
}

/// What the function answered, and what it handed on; nothing where Step Functions cut it short.
fn answer(event: &HistoryEvent) -> Option<(StepReport, Value)> {
    let output = event.task_succeeded_event_details()?.output()?;
    let mut output: Value = serde_json::from_str(output).ok()?;
    let payload = output.get_mut("Payload")?;
    let result = payload.get_mut("result").map(Value::take).unwrap_or_default();
    Some((serde_json::from_value(payload.take()).ok()?, result))
}

fn error_and_cause(event: &HistoryEvent) -> (&str, &str) {
    let failed = event.task_failed_event_details().map(|details| (details.error(), details.cause()));
    let timed_out = event.task_timed_out_event_details().map(|details| (details.error(), details.cause()));
    let (error, cause) = failed.or(timed_out).unwrap_or_default();
    (error.unwrap_or_default(), cause.unwrap_or_default())
}
