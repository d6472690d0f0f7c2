//! Follows a request: a display that is redrawn on a terminal, one line for each change elsewhere.

mod frame;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use time::OffsetDateTime;
use vending_client::{Client, Document, Error, Open, RequestView, StepView};
use vending_core::{RequestId, Status};

use crate::commands::step_line;
use crate::console::{self, Console};
use crate::json::{Entry, Raw};

/// How often the times of a display are brought up to date.
const TICK: Duration = Duration::from_millis(500);
/// Columns that fit the names of the steps and of their statuses.
const NAME: usize = 24;
const STATUS: usize = 11;

/// Looks at a request each `interval` until it has ended.
pub(crate) fn follow(
    client: &Client,
    id: &RequestId,
    interval: Duration,
    console: &mut Console,
) -> Result<Document<RequestView>, Error> {
    let mut seen = Seen::default();
    let mut display = Display::default();
    loop {
        let request = client.request(id).inspect_err(|_| display.clear())?;
        seen.report(&request, console);
        if !request.status.is(&Status::InProgress) {
            display.clear();
            return Ok(request);
        }
        wait(interval, || display.draw(&request, console));
    }
}

/// Waits, and draws in the meantime.
fn wait(interval: Duration, mut draw: impl FnMut()) {
    let until = Instant::now() + interval;
    loop {
        draw();
        let Some(rest) = until.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else { break };
        pause(rest.min(TICK));
    }
}

#[expect(clippy::disallowed_methods, reason = "a command line waits; only functions must not")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
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

/// The lines at the end of the terminal that are redrawn.
#[derive(Default)]
struct Display {
    lines: usize,
}

impl Display {
    fn draw(&mut self, request: &RequestView, console: &Console) {
        if !console.is_live() {
            return;
        }
        let lines = frame::lines(request, OffsetDateTime::now_utc(), console::width());
        console::draw(&format!("{}{}\n", frame::erase(self.lines), lines.join("\n")));
        self.lines = lines.len();
    }

    fn clear(&mut self) {
        if self.lines > 0 {
            console::draw(&frame::erase(self.lines));
            self.lines = 0;
        }
    }
}
