//! Follows a request.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use vending_client::{Client, Document, Error, Open, RequestView, StepView};
use vending_core::{RequestId, Status};

use super::{Followed, follow, frame};
use crate::commands::step_line;
use crate::console::Console;
use crate::json::{Entry, Raw};

/// Columns that fit the names of the steps and of their statuses.
const NAME: usize = 24;
const STATUS: usize = 11;

/// Looks at a request each `interval` until it has ended.
pub(crate) fn follow_request(
    client: &Client,
    id: &RequestId,
    interval: Duration,
    console: &mut Console,
) -> Result<Document<RequestView>, Error> {
    let mut seen = Seen::default();
    follow(|| client.request(id), |request, console| seen.report(request, console), interval, console)
}

impl Followed for RequestView {
    fn has_ended(&self) -> bool {
        !self.status.is(&Status::InProgress)
    }

    fn lines(&self, now: OffsetDateTime, width: usize) -> Vec<String> {
        frame::request(self, now, width)
    }
}

/// What was reported already.
#[derive(Default)]
struct Seen {
    status: Option<Open<Status>>,
    steps: HashMap<String, StepView>,
}

impl Seen {
    /// Reports what changed. A display shows it anyway.
    fn report(&mut self, request: &Document<RequestView>, console: &mut Console) {
        // The start comes before its steps, and the end after them.
        if request.status.is(&Status::InProgress) {
            self.report_status(request, console);
        }
        self.report_steps(request, console);
        self.report_status(request, console);
    }

    fn report_steps(&mut self, request: &Document<RequestView>, console: &mut Console) {
        for (index, step) in request.steps.iter().enumerate() {
            if self.steps.get(&step.step) != Some(step) {
                let json = request.json()["steps"].get(index).cloned().unwrap_or(Value::Null);
                let request_id = request.request_id.clone();
                console.stream(|| Entry::Step { request_id, step: Raw::new(json) });
                if !console.is_live() {
                    console.message(&step_line(step, NAME, STATUS));
                }
                self.steps.insert(step.step.clone(), step.clone());
            }
        }
    }

    fn report_status(&mut self, request: &RequestView, console: &mut Console) {
        if self.status.as_ref() != Some(&request.status) {
            let (request_id, status) = (request.request_id.clone(), Raw::from(&request.status));
            console.stream(|| Entry::Status { request_id, status });
            if !console.is_live() {
                console.message(&format!("{}  {}", request.request_id, request.status));
            }
            self.status = Some(request.status.clone());
        }
    }
}
