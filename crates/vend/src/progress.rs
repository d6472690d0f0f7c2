//! Follows a request, a plan, or a run: a display that is redrawn on a terminal, one line for each change elsewhere.

mod frame;
mod organization;
mod request;

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use vending_client::{Document, Error};

use crate::console::{self, Console};

pub(crate) use organization::{follow_plan, follow_run};
pub(crate) use request::follow_request;

/// How often the times of a display are brought up to date.
const TICK: Duration = Duration::from_millis(500);

/// What can be followed.
trait Followed {
    fn has_ended(&self) -> bool;
    /// The lines of the display. None is longer than the terminal is wide.
    fn lines(&self, now: OffsetDateTime, width: usize) -> Vec<String>;
}

/// Reads each `interval`, and reports what was read, until it has ended.
fn follow<T: Followed>(
    read: impl Fn() -> Result<Document<T>, Error>,
    mut report: impl FnMut(&Document<T>, &mut Console),
    interval: Duration,
    console: &mut Console,
) -> Result<Document<T>, Error> {
    let mut display = Display::default();
    loop {
        let current = read().inspect_err(|_| display.clear())?;
        report(&current, console);
        if current.has_ended() {
            display.clear();
            return Ok(current);
        }
        wait(interval, || display.draw(&*current, console));
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

/// The lines at the end of the terminal that are redrawn.
#[derive(Default)]
struct Display {
    lines: usize,
}

impl Display {
    fn draw(&mut self, followed: &impl Followed, console: &Console) {
        if !console.is_live() {
            return;
        }
        let lines = followed.lines(OffsetDateTime::now_utc(), console::width());
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
