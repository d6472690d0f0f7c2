//! Organizations as AWS has it, where moto is laxer: creation takes time, emails are unique, moves are checked.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use hyper::http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::answer::{self, Answer, error_code};
use crate::call::AwsRequest;
use crate::forward::Upstreams;
use crate::proxy::lock;
use crate::rules::AwsError;

/// What a test may set. What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// How long a creation is in progress; 1000 at start. For creations from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_millis: Option<u64>,
    /// Emails of AWS accounts outside the organization. Added to the known ones, since tests run side by side.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub strangers: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct Organization {
    /// Lower-cased emails of the organization's accounts; empty until first needed.
    /// Held from looking an email up until its account is created, so that of ten at once one succeeds.
    emails: tokio::sync::Mutex<HashSet<String>>,
    creations: Mutex<Creations>,
}

impl Organization {
    pub(crate) fn set(&self, settings: &Settings) -> Settings {
        lock(&self.creations).set(settings)
    }

    pub(crate) async fn answer(
        &self,
        upstreams: &Upstreams,
        request: &AwsRequest,
        parts: Parts,
        body: Bytes,
    ) -> Answer {
        let forward = upstreams.forward("organizations", parts, body);
        match request.operation.as_str() {
            "CreateAccount" => self.create_account(upstreams, request, forward).await,
            "DescribeCreateAccountStatus" => self.describe_creation(request, forward).await,
            "ListCreateAccountStatus" => self.list_creations(upstreams, request).await,
            "MoveAccount" => move_account(upstreams, request, forward).await,
            _ => forward.await,
        }
    }

    async fn create_account(
        &self,
        upstreams: &Upstreams,
        request: &AwsRequest,
        forward: impl Future<Output = Answer>,
    ) -> Answer {
        let email = request.text("Email").unwrap_or_default().to_lowercase();
        let mut emails = self.emails.lock().await;
        if emails.is_empty() {
            match organization_emails(upstreams).await {
                Ok(known) => *emails = known,
                Err(answer) => return answer,
            }
        }
        if emails.contains(&email) || lock(&self.creations).is_stranger(&email) {
            let name = request.text("AccountName").unwrap_or_default();
            return answer::ok(&lock(&self.creations).refuse(name));
        }
        let answer = forward.await;
        if !answer.status().is_success() {
            return answer;
        }
        emails.insert(email);
        lock(&self.creations).begin(&answer).map_or(answer, |pending| answer::ok(&pending))
    }

    async fn describe_creation(&self, request: &AwsRequest, forward: impl Future<Output = Answer>) -> Answer {
        let id = request.text("CreateAccountRequestId").unwrap_or_default();
        let known = lock(&self.creations).status(id, Instant::now());
        if let Some(status) = known {
            return answer::ok(&json!({"CreateAccountStatus": status}));
        }
        let answer = forward.await;
        if error_code(&answer).as_deref() == Some("AccountNotFoundException") {
            let message = "You specified a create account request that doesn't exist.";
            return refusal(request, "CreateAccountStatusNotFoundException", message);
        }
        answer
    }

    async fn list_creations(&self, upstreams: &Upstreams, request: &AwsRequest) -> Answer {
        // In one page: moto's own page tokens go round in circles.
        let mut listed = match upstreams.ask("ListCreateAccountStatus", &json!({"MaxResults": 1_000_000})).await {
            Ok(listed) => listed,
            Err(answer) => return answer,
        };
        let statuses = match listed["CreateAccountStatuses"].take() {
            Value::Array(statuses) => statuses,
            _ => Vec::new(),
        };
        let statuses = lock(&self.creations).overlay(statuses, Instant::now());
        answer::ok(&page(in_wanted_states(statuses, request), request))
    }
}

async fn organization_emails(upstreams: &Upstreams) -> Result<HashSet<String>, Answer> {
    let mut emails = HashSet::new();
    let mut parameters = json!({});
    loop {
        let listed = upstreams.ask("ListAccounts", &parameters).await?;
        let accounts = listed["Accounts"].as_array().into_iter().flatten();
        emails.extend(accounts.filter_map(|account| account["Email"].as_str()).map(str::to_lowercase));
        match listed["NextToken"].as_str() {
            Some(token) => parameters = json!({"NextToken": token}),
            None => return Ok(emails),
        }
    }
}

async fn move_account(upstreams: &Upstreams, request: &AwsRequest, forward: impl Future<Output = Answer>) -> Answer {
    // An account without a parent is unknown, and the emulator says so itself.
    let parameters = json!({"ChildId": request.text("AccountId")});
    if let Ok(listed) = upstreams.ask("ListParents", &parameters).await {
        let parent = listed["Parents"][0]["Id"].as_str();
        if parent == request.text("DestinationParentId") {
            let message = "You specified an account that is already present in the destination.";
            return refusal(request, "DuplicateAccountException", message);
        }
        if parent != request.text("SourceParentId") {
            let message = "You specified a source parent that the account isn't in.";
            return refusal(request, "SourceParentNotFoundException", message);
        }
    }
    let answer = forward.await;
    // The source was right, so it is the destination that moto misses.
    if error_code(&answer).as_deref() == Some("ParentNotFoundException") {
        let message = "You specified a destination parent that doesn't exist.";
        return refusal(request, "DestinationParentNotFoundException", message);
    }
    answer
}

fn refusal(request: &AwsRequest, code: &str, message: &str) -> Answer {
    let (code, message) = (code.to_owned(), message.to_owned());
    answer::error(request, &AwsError { status: 400, code, message, reason: None })
}

fn in_wanted_states(mut statuses: Vec<Value>, request: &AwsRequest) -> Vec<Value> {
    if let Some(states) = request.parameters["States"].as_array().filter(|states| !states.is_empty()) {
        statuses.retain(|status| states.contains(&status["State"]));
    }
    statuses
}

/// Pages of at most 20, as on AWS; the token is the number of statuses already given.
fn page(statuses: Vec<Value>, request: &AwsRequest) -> Value {
    let start = request.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let size = request.parameters["MaxResults"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(20);
    let end = start.saturating_add(size.clamp(1, 20));
    let next = (end < statuses.len()).then(|| end.to_string());
    let page: Vec<Value> = statuses.into_iter().skip(start).take(end - start).collect();
    json!({"CreateAccountStatuses": page, "NextToken": next})
}

/// The creations that went through the proxy, by the id of their request.
struct Creations {
    settings: Settings,
    by_id: HashMap<String, Creation>,
    refused: u64,
}

struct Creation {
    settles_at: Instant,
    /// The status until then.
    pending: Value,
    /// The status from then on, of a creation that the emulator doesn't know.
    settled: Option<Value>,
}

impl Default for Creations {
    fn default() -> Self {
        let settings = Settings { settle_millis: Some(1000), strangers: BTreeSet::new() };
        Self { settings, by_id: HashMap::new(), refused: 0 }
    }
}

impl Creations {
    fn set(&mut self, settings: &Settings) -> Settings {
        self.settings.settle_millis = settings.settle_millis.or(self.settings.settle_millis);
        self.settings.strangers.extend(settings.strangers.iter().map(|email| email.to_lowercase()));
        self.settings.clone()
    }

    fn is_stranger(&self, email: &str) -> bool {
        self.settings.strangers.contains(email)
    }

    /// Hides from the emulator's answer that the account stands already.
    fn begin(&mut self, answer: &Answer) -> Option<Value> {
        let answer: Value = serde_json::from_slice(answer.body()).ok()?;
        let created = answer.get("CreateAccountStatus")?;
        let pending = json!({
            "Id": created["Id"],
            "AccountName": created["AccountName"],
            "State": "IN_PROGRESS",
            "RequestedTimestamp": created["RequestedTimestamp"],
        });
        Some(self.keep(created["Id"].as_str()?, pending, None))
    }

    /// As AWS does it: the request is accepted, and fails when it settles.
    fn refuse(&mut self, account_name: &str) -> Value {
        self.refused += 1;
        let id = format!("car-strict{:010}", self.refused);
        let requested = OffsetDateTime::now_utc().unix_timestamp();
        let pending = json!({
            "Id": id,
            "AccountName": account_name,
            "State": "IN_PROGRESS",
            "RequestedTimestamp": requested,
        });
        let settled = json!({
            "Id": id,
            "AccountName": account_name,
            "State": "FAILED",
            "RequestedTimestamp": requested,
            "CompletedTimestamp": requested,
            "FailureReason": "EMAIL_ALREADY_EXISTS",
        });
        self.keep(&id, pending, Some(settled))
    }

    fn keep(&mut self, id: &str, pending: Value, settled: Option<Value>) -> Value {
        let settles_at = Instant::now() + Duration::from_millis(self.settings.settle_millis.unwrap_or_default());
        let answer = json!({"CreateAccountStatus": pending});
        self.by_id.insert(id.to_owned(), Creation { settles_at, pending, settled });
        answer
    }

    /// None where the emulator knows better.
    fn status(&self, id: &str, now: Instant) -> Option<Value> {
        let creation = self.by_id.get(id)?;
        if now < creation.settles_at { Some(creation.pending.clone()) } else { creation.settled.clone() }
    }

    fn overlay(&self, mut statuses: Vec<Value>, now: Instant) -> Vec<Value> {
        for status in &mut statuses {
            if let Some(known) = status["Id"].as_str().and_then(|id| self.status(id, now)) {
                *status = known;
            }
        }
        let mut refused: Vec<&String> =
            self.by_id.iter().filter(|(_, creation)| creation.settled.is_some()).map(|(id, _)| id).collect();
        refused.sort();
        statuses.extend(refused.into_iter().filter_map(|id| self.status(id, now)));
        statuses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn created(id: &str) -> Answer {
        answer::ok(&json!({"CreateAccountStatus": {
            "Id": id, "AccountName": "a", "State": "SUCCEEDED", "AccountId": "111111111111",
            "RequestedTimestamp": 1, "CompletedTimestamp": 1,
        }}))
    }

    #[test]
    fn a_creation_is_in_progress_until_it_settles() {
        let mut creations = Creations::default();
        let answer = creations.begin(&created("car-1")).unwrap();
        let pending = json!({"Id": "car-1", "AccountName": "a", "State": "IN_PROGRESS", "RequestedTimestamp": 1});
        assert_eq!(answer["CreateAccountStatus"], pending);
        assert_eq!(creations.status("car-1", Instant::now()), Some(pending));
        assert_eq!(creations.status("car-1", Instant::now() + SECOND), None);
        assert_eq!(creations.status("car-2", Instant::now()), None);
    }

    #[test]
    fn a_refused_creation_is_accepted_and_then_fails() {
        let mut creations = Creations::default();
        let answer = creations.refuse("a");
        let id = answer["CreateAccountStatus"]["Id"].as_str().unwrap();
        assert_eq!(creations.status(id, Instant::now()).unwrap()["State"], "IN_PROGRESS");
        let settled = creations.status(id, Instant::now() + SECOND).unwrap();
        assert_eq!((&settled["State"], &settled["FailureReason"]), (&json!("FAILED"), &json!("EMAIL_ALREADY_EXISTS")));
    }

    #[test]
    fn the_list_agrees_with_the_single_statuses() {
        let mut creations = Creations::default();
        creations.begin(&created("car-1")).unwrap();
        creations.refuse("b");
        let upstream =
            || vec![json!({"Id": "car-0", "State": "SUCCEEDED"}), json!({"Id": "car-1", "State": "SUCCEEDED"})];
        let states = |now| -> Vec<Value> {
            creations.overlay(upstream(), now).iter().map(|status| status["State"].clone()).collect()
        };
        assert_eq!(states(Instant::now()), ["SUCCEEDED", "IN_PROGRESS", "IN_PROGRESS"]);
        assert_eq!(states(Instant::now() + SECOND), ["SUCCEEDED", "SUCCEEDED", "FAILED"]);
    }

    #[test]
    fn settings_add_up() {
        let mut creations = Creations::default();
        let one = Settings { settle_millis: None, strangers: BTreeSet::from(["One@example.com".to_owned()]) };
        assert_eq!(creations.set(&one).settle_millis, Some(1000));
        creations.set(&Settings { settle_millis: Some(0), strangers: BTreeSet::from(["two@example.com".to_owned()]) });
        assert!(creations.is_stranger("one@example.com") && creations.is_stranger("two@example.com"));
        creations.begin(&created("car-1")).unwrap();
        assert_eq!(creations.status("car-1", Instant::now()), None);
    }
}
