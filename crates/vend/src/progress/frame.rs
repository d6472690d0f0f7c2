//! One picture of the display.

use std::fmt::Display;
use std::time::Duration;

use time::OffsetDateTime;
use vending_client::{RequestView, StepView};

use crate::moment::{since, took};
use crate::style;

/// More lines would scroll out of a small terminal, and could not be redrawn.
const MOST_STEPS: usize = 20;
const MARK: char = '…';

/// The request with its age, and its last steps with their times. No line is longer than the terminal is wide.
pub(super) fn request(request: &RequestView, now: OffsetDateTime, width: usize) -> Vec<String> {
    let head = head(&request.request_id, &request.status, request.requested_at, now, width);
    let skipped = request.steps.len().saturating_sub(MOST_STEPS);
    let name = request.steps.iter().map(|step| step.step.chars().count()).max().unwrap_or_default();
    let steps = request.steps.iter().skip(skipped).map(|step| line(step, name, now, width));
    let earlier = (skipped > 0).then(|| format!("  {MARK} {skipped} earlier steps"));
    [head].into_iter().chain(earlier).chain(steps).collect()
}

/// A name with its status and its age.
pub(super) fn head(
    name: &impl Display,
    status: &impl Display,
    requested_at: OffsetDateTime,
    now: OffsetDateTime,
    width: usize,
) -> String {
    let age = took(since(requested_at, now));
    let status = status.to_string();
    cut(&format!("{name}  {status}  {age}"), width).replacen(&status, &style::state(&status, 0), 1)
}

fn line(step: &StepView, name: usize, now: OffsetDateTime, width: usize) -> String {
    let ended = step.duration_ms.map(Duration::from_millis);
    let runs = step.started_at.map(|started| since(started, now));
    let time = ended.or(runs).map(took).unwrap_or_default();
    let status = format!("{:<11}", step.status);
    let detail = step.detail.as_deref().unwrap_or_default();
    let plain = cut(format!("  {:<name$}  {status}  {time:>11}  {detail}", step.step).trim_end(), width);
    plain.replacen(&status, &style::state(&status, 0), 1)
}

fn cut(text: &str, width: usize) -> String {
    let text = style::clean(text).replace('\n', " ");
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain([MARK]).collect()
}

/// Moves to the start of the lines that were drawn, and erases from there.
pub(super) fn erase(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}F\x1b[J") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;

    fn view(steps: &[(&str, &str, Option<u64>)]) -> RequestView {
        let step = |(name, status, duration): &(&str, &str, Option<u64>)| {
            json!({ "step": name, "status": status, "startedAt": "2026-11-22T10:00:06Z", "durationMs": duration,
                    "changed": null, "detail": "a detail that is longer than the terminal is wide" })
        };
        let steps: Vec<_> = steps.iter().map(step).collect();
        let view = json!({ "requestId": "nsitwn5ke2shymhizrnj-1", "status": "IN_PROGRESS", "requestedBy": "arn:jo",
            "submittedBy": "arn:jo", "requestedAt": "2026-11-22T10:00:00Z", "steps": steps });
        serde_json::from_value(view).unwrap()
    }

    fn now() -> OffsetDateTime {
        let requested = view(&[]).requested_at;
        requested + Duration::from_secs(65)
    }

    fn plain(lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    #[test]
    fn picture_has_times_and_fits_the_terminal() {
        let request = view(&[("CreateAccount", "SUCCEEDED", Some(5_900)), ("MoveAccount", "IN_PROGRESS", None)]);
        let expected = [
            "nsitwn5ke2shymhizrnj-1  IN_PROGRESS  1 min 05 s",
            "  CreateAccount  SUCCEEDED          5.9 s  a detail that i…",
            "  MoveAccount    IN_PROGRESS         59 s  a detail that i…",
        ];
        assert_eq!(plain(&super::request(&request, now(), 59)), expected);
    }

    #[test]
    fn long_request_shows_its_last_steps() {
        let steps: Vec<_> = (0..25).map(|_| ("Step", "SUCCEEDED", Some(1))).collect();
        let lines = plain(&request(&view(&steps), now(), 200));
        assert_eq!((lines.len(), lines[1].as_str()), (22, "  … 5 earlier steps"));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(cut("a\u{1b}[2Jb\nc", 80), "a [2Jb c");
    }

    #[test]
    fn redrawing_starts_where_drawing_did() {
        assert_eq!((erase(0).as_str(), erase(3).as_str()), ("", "\x1b[3F\x1b[J"));
    }
}
