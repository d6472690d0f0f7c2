//! Reads the history of an execution.
//!
//! The report and the error of a step contain its name. The events of AWS also show their state or function. MiniStack
//! has no `previousEventId`, and shows the state only outside a Map. Both formats are supported.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{ErrorCode, Failure, StepName, StepReport, StepStatus};

use crate::steps::{StepView, Steps, step_name, steps};

/// What a running or ended execution has done.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct History {
    /// In the order in which they started.
    pub steps: Vec<StepView>,
    /// The reports of the runs that succeeded, in order. If there are too many, the first ones of a step are left out.
    pub reports: Vec<StepReport>,
    results: Results,
}

impl History {
    /// The last string in this field of the results of these steps.
    pub fn result(&self, steps: &[StepName], field: &str) -> Option<&str> {
        self.results.latest(steps, field, Value::as_str)
    }

    /// The last list of strings in this field of the results of these steps.
    pub fn list(&self, steps: &[StepName], field: &str) -> Vec<String> {
        let list = self.results.latest(steps, field, Value::as_array);
        list.into_iter().flatten().filter_map(|entry| Some(entry.as_str()?.to_owned())).collect()
    }
}

/// The results of the steps: the last value of each field, with the number of its run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Results {
    runs: usize,
    values: BTreeMap<(String, String), (usize, Value)>,
}

impl Results {
    fn add(&mut self, step: &str, result: Value) {
        self.runs += 1;
        let Value::Object(fields) = result else { return };
        for (field, value) in fields.into_iter().filter(|(_, value)| !value.is_null()) {
            self.values.insert((step.to_owned(), field), (self.runs, value));
        }
    }

    fn latest<'a, T>(&'a self, steps: &[StepName], field: &str, read: fn(&'a Value) -> Option<T>) -> Option<T> {
        let value = |step: &StepName| {
            let (run, value) = self.values.get(&(step.to_string(), field.to_owned()))?;
            Some((*run, read(value)?))
        };
        steps.iter().filter_map(value).max_by_key(|(run, _)| *run).map(|(_, value)| value)
    }
}

/// The maximum number of reports. A vend that waits for everything until its deadline has far fewer.
const MAX_REPORTS: usize = 500;

/// Reads a history event by event, without storing the events. A history can have 25,000 events, each with the input or
/// output of a state, which often contains the request.
///
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
#[derive(Default)]
pub(crate) struct HistoryReader {
    event_steps: EventSteps,
    steps: Steps,
    reports: Vec<StepReport>,
    results: Results,
}

impl HistoryReader {
    pub(crate) fn read(&mut self, event: &HistoryEvent) {
        let step = self.event_steps.add(event);
        match (event.r#type(), step) {
            (HistoryEventType::TaskStateEntered | HistoryEventType::TaskScheduled, Some(step)) => {
                let at = OffsetDateTime::from_unix_timestamp_nanos(event.timestamp().as_nanos());
                self.steps.start(step, at.ok());
            }
            (HistoryEventType::TaskSucceeded, _) => match output(event) {
                Some((report, result)) => self.succeed(report, result),
                None => self.steps.close(step, StepStatus::Succeeded),
            },
            (HistoryEventType::TaskFailed | HistoryEventType::TaskTimedOut, _) => self.fail(event, step),
            // If the step has not succeeded, its retries are used up and a `Catch` handles the error.
            (HistoryEventType::TaskStateExited, _) => self.steps.close(step, StepStatus::Failed),
            (HistoryEventType::WaitStateEntered, _) => self.steps.wait(),
            _ => {}
        }
    }

    /// The history of all events that were read. `running` says whether the execution is still running.
    pub(crate) fn finish(mut self, running: bool) -> History {
        if !running {
            self.steps.fail_open();
        }
        History { steps: self.steps.0, reports: self.reports, results: self.results }
    }

    fn succeed(&mut self, report: StepReport, result: Value) {
        if report.step == <&str>::from(StepName::ReportOutcome) {
            return;
        }
        self.steps.succeed(&report);
        self.results.add(&report.step, result);
        self.add_report(report);
    }

    fn add_report(&mut self, report: StepReport) {
        if self.reports.len() >= MAX_REPORTS
            && let Some(first) = self.reports.iter().position(|earlier| earlier.step == report.step)
        {
            self.reports.remove(first);
        }
        self.reports.push(report);
    }

    fn fail(&mut self, event: &HistoryEvent, step: Option<&'static str>) {
        let (error, cause) = error_and_cause(event);
        let failure = Failure::from_catch(step.unwrap_or_default(), error, cause);
        let status = match error.parse::<ErrorCode>() {
            Ok(code) if !code.is_retryable() => StepStatus::Failed,
            _ => StepStatus::Retrying,
        };
        if let Some(step) = step_name(&failure.step).or(step) {
            self.steps.fail(step, status, &failure.message);
        }
    }
}

/// The steps of the events.
#[derive(Default)]
struct EventSteps {
    /// For AWS: an event has the step of the previous event in its branch.
    by_event: HashMap<i64, Option<&'static str>>,
    /// For MiniStack: outside a Map, one state runs at a time.
    open: Option<&'static str>,
}

impl EventSteps {
    /// Adds an event, and returns its step.
    fn add(&mut self, event: &HistoryEvent) -> Option<&'static str> {
        let inherited = match event.previous_event_id() {
            0 => self.open,
            previous => self.by_event.get(&previous).copied().flatten(),
        };
        let step = match event.r#type() {
            HistoryEventType::TaskStateEntered => {
                event.state_entered_event_details().and_then(|details| step_name(details.name()))
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

/// The step whose function a task invokes.
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
    let is_named_after = |folder: &str| {
        let prefix = name.strip_suffix(folder);
        prefix.is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('-'))
    };
    let step = steps().find(|step| is_named_after(step.folder()));
    step.map(Into::into)
}

/// The output of the function, or `None` if Step Functions has truncated it.
fn output(event: &HistoryEvent) -> Option<(StepReport, Value)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        payload: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        report: StepReport,
        #[serde(default)]
        result: Value,
    }
    let output = event.task_succeeded_event_details()?.output()?;
    let Payload { report, result } = serde_json::from_str::<Output>(output).ok()?.payload;
    Some((report, result))
}

fn error_and_cause(event: &HistoryEvent) -> (&str, &str) {
    let failed = event.task_failed_event_details().map(|details| (details.error(), details.cause()));
    let timed_out = event.task_timed_out_event_details().map(|details| (details.error(), details.cause()));
    let (error, cause) = failed.or(timed_out).unwrap_or_default();
    (error.unwrap_or_default(), cause.unwrap_or_default())
}
