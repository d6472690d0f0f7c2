//! `demo`: vends one account through the API and shows how it comes about.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::aws::{ApiAnswer, Client};
use crate::cloud::{Cloud, Options};
use crate::functions::build_functions;
use crate::paths;
use crate::progress::{Activity, elapsed, pause, say};
use crate::stack::Stack;
use crate::tools::{self, MINISTACK, MOTO, SAM};
use crate::up;

const REQUEST: &str = "events/account-request.json";
const POLL: Duration = Duration::from_millis(400);
/// Far longer than any vend against the emulators takes.
const LIMIT: Duration = Duration::from_mins(10);

pub(crate) fn run() -> Result<()> {
    tools::install(&[MINISTACK, MOTO, SAM])?;
    build_functions()?;
    let options = Cloud::load()?.filter(Cloud::is_alive).map_or_else(Options::default, |cloud| cloud.options);
    let stack = up::ensure_up(&options)?;
    let request = fs::read(paths::root().join(REQUEST)).with_context(|| format!("read {REQUEST}"))?;
    let outcome = vend(&Client::new(&stack.api_url), REQUEST, request);
    up::how_to_go_on();
    outcome
}

/// Vends an account that was not there before, like the demo's.
pub(crate) fn vend_anew(stack: &Stack) -> Result<()> {
    let request = fs::read(paths::root().join(REQUEST)).with_context(|| format!("read {REQUEST}"))?;
    let mut request: Value = serde_json::from_slice(&request).with_context(|| format!("read {REQUEST}"))?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    request["accountName"] = Value::from(format!("another-{seconds}"));
    vend(&Client::new(&stack.api_url), "a new name", request.to_string().into_bytes())
}

fn vend(api: &Client, what: &str, request: Vec<u8>) -> Result<()> {
    say(format_args!("- POST /accounts with {what}, signed"));
    let answer = api.api("POST", "/accounts", request)?;
    say(format_args!("  {}", accepted(&answer)?));
    let request_id = answer.body["requestId"].as_str().context("the API's answer names no requestId to follow")?;
    let location = format!("/accounts/{request_id}");
    let activity = Activity::start(format!("following {location}"));
    let vended = follow(api, &location)?;
    activity.done();
    show_outcome(&vended)
}

/// What the answer to the POST means.
fn accepted(answer: &ApiAnswer) -> Result<&'static str> {
    match answer.status {
        200 => Ok("200: this account already stands, nothing is made a second time"),
        201 | 202 => Ok("202: accepted"),
        status => bail!("POST /accounts answered {status}: {:#}", answer.body),
    }
}

/// The answer of `GET /accounts/{requestId}`. States it does not know yet are shown as they are.
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

fn follow(api: &Client, location: &str) -> Result<Progress> {
    let started = Instant::now();
    let mut shown: HashMap<String, Step> = HashMap::new();
    while started.elapsed() < LIMIT {
        let answer = api.api("GET", location, Vec::new())?;
        if answer.status != 200 {
            bail!("GET {location} answered {}: {:#}", answer.status, answer.body);
        }
        let text = answer.body.to_string();
        let progress: Progress =
            serde_json::from_value(answer.body).with_context(|| format!("GET {location} answered {text}"))?;
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
    bail!("the vend did not end within {}; look into target/local/logs", elapsed(LIMIT))
}

impl Step {
    fn line(&self) -> String {
        let took = self.duration_ms.map(|ms| elapsed(Duration::from_millis(ms))).unwrap_or_default();
        let changed = match self.changed {
            Some(true) => "changed",
            Some(false) => "as it was",
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
        let account = progress.account.as_ref().context("the API says VENDED and names no account")?;
        say(format_args!("The account is vended:\n{account:#}"));
        return Ok(());
    }
    let Some(failure) = &progress.failure else { bail!("the request ended as {}", progress.status) };
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".into());
    bail!(
        "the request ended as {}\n  step: {}\n  code: {}\n  what: {}\n  what to do: {}\n  who: {}",
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
    fn shows_a_step_in_one_line() {
        let step = json!({ "step": "MoveAccount", "status": "SUCCEEDED", "startedAt": "2026-01-01T00:00:00Z",
                           "durationMs": 120, "changed": true, "detail": "moved to Workloads/Development" });
        let step: Step = serde_json::from_value(step).unwrap();
        let words: Vec<_> = step.line().split_whitespace().map(str::to_owned).collect();
        assert_eq!(words.join(" "), "MoveAccount SUCCEEDED 0.1 s changed moved to Workloads/Development");
    }

    #[test]
    fn a_failure_names_its_remedy() {
        let progress = json!({ "status": "FAILED", "account": null, "steps": [],
            "failure": { "step": "CreateAccount", "code": "EmailAlreadyExists", "message": "taken", "remedy": "ask for another", "owner": "requester" } });
        let error = show_outcome(&serde_json::from_value(progress).unwrap()).unwrap_err().to_string();
        assert!(error.contains("what to do: ask for another"), "{error}");
    }
}
