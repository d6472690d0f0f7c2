//! `demo`: vends one account through the API and shows each step.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use local_cloud::{Stack, root_credentials};
use serde_json::Value;
use vending_client::{Client, Document, IdempotencyKey, RequestView, StepView, Submission};
use vending_core::{RequestId, Status};

use crate::paths;
use crate::phases::Phases;
use crate::progress::{Activity, elapsed, pause, say};
use crate::up;

const BUILD: &str = "build the functions";
const CLOUD: &str = "start the local cloud";
const ACCOUNT: &str = "vend an account";

const REQUEST: &str = "events/account-request.json";
const POLL: Duration = Duration::from_millis(400);
/// Far longer than any vend on the local cloud takes.
const LIMIT: Duration = Duration::from_mins(10);

pub(crate) fn run() -> Result<()> {
    let mut phases = Phases::new(&[BUILD, CLOUD, ACCOUNT]);
    phases.run(BUILD, up::prepare)?;
    let stack = phases.run(CLOUD, up::ensure_any_up)?;
    let outcome = phases.run(ACCOUNT, || vend(&client(&stack)?, REQUEST, &read_request()?));
    phases.times();
    up::print_next_steps();
    outcome
}

/// Vends an account that does not exist, with the settings of the demo.
pub(crate) fn vend_new_account(stack: &Stack) -> Result<()> {
    let mut request = read_request()?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    request["accountName"] = Value::from(format!("another-{seconds}"));
    vend(&client(stack)?, "a new name", &request)
}

fn read_request() -> Result<Value> {
    let request = fs::read(paths::root().join(REQUEST)).with_context(|| format!("read {REQUEST}"))?;
    serde_json::from_slice(&request).with_context(|| format!("read {REQUEST}"))
}

fn client(stack: &Stack) -> Result<Client> {
    Ok(Client::new(stack.api_url.parse()?, root_credentials()))
}

fn vend(api: &Client, what: &str, request: &Value) -> Result<()> {
    say(format_args!("- POST /accounts with {what}, signed"));
    let submission = api.request_account(request, &IdempotencyKey::random()).context("POST /accounts")?;
    say(format_args!("  {}", explain(&submission)));
    let id = submission.request_id();
    let activity = Activity::start(format!("following /requests/{id}"));
    let vended = follow(api, id)?;
    activity.done();
    show_outcome(&vended)
}

/// Explains the response to the POST.
fn explain(submission: &Submission) -> &'static str {
    match submission {
        Submission::AlreadyVended(_) => "200: the account exists already; nothing is created",
        Submission::Accepted(_) => "202: accepted",
    }
}

fn follow(api: &Client, id: &RequestId) -> Result<Document<RequestView>> {
    let started = Instant::now();
    // Without the times, which the record of an ended request has from its steps, and not from its execution.
    let mut shown: HashMap<String, StepView> = HashMap::new();
    while started.elapsed() < LIMIT {
        let progress = api.request(id)?;
        for step in &progress.steps {
            let state = StepView { started_at: None, duration_ms: None, ..step.clone() };
            if shown.insert(step.step.clone(), state.clone()) != Some(state) {
                say(line(step));
            }
        }
        if !progress.status.is(&Status::InProgress) {
            return Ok(progress);
        }
        pause(POLL);
    }
    bail!("the vend did not end within {}; see the logs in target/local/logs", elapsed(LIMIT))
}

fn line(step: &StepView) -> String {
    let took = step.duration_ms.map(|ms| elapsed(Duration::from_millis(ms))).unwrap_or_default();
    let changed = match step.changed {
        Some(true) => "changed",
        Some(false) => "unchanged",
        None => "",
    };
    let detail = step.detail.as_deref().unwrap_or_default();
    format!("  {:<24} {:<12} {took:>8}  {changed:<9}  {detail}", step.step, step.status).trim_end().to_owned()
}

fn show_outcome(request: &Document<RequestView>) -> Result<()> {
    if request.status.is(&Status::Vended) {
        say(format_args!("The account is vended:\n{:#}", request.json()["account"]));
        return Ok(());
    }
    let Some(failure) = &request.failure else { bail!("the request ended as {}", request.status) };
    bail!(
        "the request ended as {}\n  step: {}\n  code: {}\n  cause: {}\n  remedy: {}\n  who can act: {}",
        request.status,
        failure.step,
        failure.code,
        failure.message,
        failure.remedy,
        failure.owner
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn step_is_shown_in_one_line() {
        let step = json!({ "step": "MoveAccount", "status": "SUCCEEDED", "startedAt": "2026-01-01T00:00:00Z",
                           "durationMs": 120, "changed": true, "detail": "moved to Workloads/Development" });
        let step: StepView = serde_json::from_value(step).unwrap();
        let words: Vec<_> = line(&step).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words.join(" "), "MoveAccount SUCCEEDED 0.1 s changed moved to Workloads/Development");
    }

    #[test]
    fn failure_shows_its_remedy() {
        let request = json!({ "requestId": "nsitwn5ke2shymhizrnj-1", "status": "FAILED", "requestedBy": "arn:jo",
            "submittedBy": "arn:jo", "requestedAt": "2026-01-01T00:00:00Z", "account": null, "steps": [],
            "failure": { "step": "CreateAccount", "code": "EmailAlreadyExists", "message": "taken", "remedy": "choose another", "owner": "requester" } });
        let error = show_outcome(&Document::from_json(request).unwrap()).unwrap_err().to_string();
        assert!(error.contains("remedy: choose another"), "{error}");
    }
}
