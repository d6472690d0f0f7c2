//! `demo`: vends one account through the API and shows each step.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use local_cloud::{ApiClient, ApiResponse, Stack};
use serde::Deserialize;
use serde_json::Value;

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
    let outcome = phases.run(ACCOUNT, || {
        let request = fs::read(paths::root().join(REQUEST)).with_context(|| format!("read {REQUEST}"))?;
        vend(&ApiClient::new(&stack.api_url), REQUEST, request)
    });
    phases.times();
    up::print_next_steps();
    outcome
}

/// Vends an account that does not exist, with the settings of the demo.
pub(crate) fn vend_new_account(stack: &Stack) -> Result<()> {
    let request = fs::read(paths::root().join(REQUEST)).with_context(|| format!("read {REQUEST}"))?;
    let mut request: Value = serde_json::from_slice(&request).with_context(|| format!("read {REQUEST}"))?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    request["accountName"] = Value::from(format!("another-{seconds}"));
    vend(&ApiClient::new(&stack.api_url), "a new name", request.to_string().into_bytes())
}

fn vend(api: &ApiClient, what: &str, request: Vec<u8>) -> Result<()> {
    say(format_args!("- POST /accounts with {what}, signed"));
    let response = api.send(api.request("POST", "/accounts"), request)?;
    say(format_args!("  {}", accepted(&response)?));
    let request_id = response.body["requestId"].as_str().context("the response of the API has no requestId")?;
    let location = format!("/requests/{request_id}");
    let activity = Activity::start(format!("following {location}"));
    let vended = follow(api, &location)?;
    activity.done();
    show_outcome(&vended)
}

/// Explains the response to the POST.
fn accepted(response: &ApiResponse) -> Result<&'static str> {
    match response.status {
        200 => Ok("200: the account exists already; nothing is created"),
        201 | 202 => Ok("202: accepted"),
        status => bail!("POST /accounts returned {status}: {:#}", response.body),
    }
}

/// The response of `GET /requests/{requestId}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    status: String,
    account: Option<Value>,
    #[serde(default)]
    steps: Vec<Step>,
    failure: Option<Failure>,
}

#[derive(Clone, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Step {
    #[serde(rename = "step")]
    name: String,
    status: String,
    duration_ms: Option<u64>,
    changed: Option<bool>,
    detail: Option<Value>,
}

#[derive(Deserialize)]
struct Failure {
    step: Option<String>,
    code: Option<String>,
    message: Option<String>,
    remedy: Option<String>,
    owner: Option<String>,
}

fn follow(api: &ApiClient, location: &str) -> Result<Progress> {
    let started = Instant::now();
    let mut shown: HashMap<String, Step> = HashMap::new();
    while started.elapsed() < LIMIT {
        let response = api.send(api.request("GET", location), Vec::new())?;
        if response.status != 200 {
            bail!("GET {location} returned {}: {:#}", response.status, response.body);
        }
        let text = response.body.to_string();
        let progress: Progress = serde_json::from_value(response.body)
            .with_context(|| format!("read the response of GET {location}: {text}"))?;
        for step in &progress.steps {
            if shown.get(&step.name) != Some(step) {
                say(step.line());
                shown.insert(step.name.clone(), step.clone());
            }
        }
        if progress.status != "IN_PROGRESS" {
            return Ok(progress);
        }
        pause(POLL);
    }
    bail!("the vend did not end within {}; see the logs in target/local/logs", elapsed(LIMIT))
}

impl Step {
    fn line(&self) -> String {
        let took = self.duration_ms.map(|ms| elapsed(Duration::from_millis(ms))).unwrap_or_default();
        let changed = match self.changed {
            Some(true) => "changed",
            Some(false) => "unchanged",
            None => "",
        };
        let detail = match &self.detail {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        format!("  {:<24} {:<12} {took:>8}  {changed:<9}  {detail}", self.name, self.status).trim_end().to_owned()
    }
}

fn show_outcome(progress: &Progress) -> Result<()> {
    if progress.status == "VENDED" {
        let account = progress.account.as_ref().context("the response of the API has status VENDED and no account")?;
        say(format_args!("The account is vended:\n{account:#}"));
        return Ok(());
    }
    let Some(failure) = &progress.failure else { bail!("the request ended as {}", progress.status) };
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".into());
    bail!(
        "the request ended as {}\n  step: {}\n  code: {}\n  cause: {}\n  remedy: {}\n  who can act: {}",
        progress.status,
        or_unknown(&failure.step),
        or_unknown(&failure.code),
        or_unknown(&failure.message),
        or_unknown(&failure.remedy),
        or_unknown(&failure.owner)
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
        let step: Step = serde_json::from_value(step).unwrap();
        let words: Vec<_> = step.line().split_whitespace().map(str::to_owned).collect();
        assert_eq!(words.join(" "), "MoveAccount SUCCEEDED 0.1 s changed moved to Workloads/Development");
    }

    #[test]
    fn failure_shows_its_remedy() {
        let progress = json!({ "status": "FAILED", "account": null, "steps": [],
            "failure": { "step": "CreateAccount", "code": "EmailAlreadyExists", "message": "taken", "remedy": "choose another", "owner": "requester" } });
        let error = show_outcome(&serde_json::from_value(progress).unwrap()).unwrap_err().to_string();
        assert!(error.contains("remedy: choose another"), "{error}");
    }
}
