//! The stored record of an account: its requester and the evidence of its last vend.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use strum::{Display, EnumString};
use time::{Duration, OffsetDateTime};

use crate::evidence::{Evidence, TimeToGuardrails};
use crate::id::{AccountId, EmailAddress, OrganizationalUnitPath, RequestId};
use crate::record::{Outcome, RequestRecord, SCHEMA_VERSION, Status, VendedAccount, schema_version};
use crate::report::StepReport;
use crate::request::AccountRequest;
use crate::steps::{Stage, StepName};

/// The version of the baseline, which is the version of the functions.
pub const BASELINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// `accounts/{accountId}.json`: to whom an account belongs, and the evidence of its last vend.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountRecord {
    #[serde(default = "schema_version")]
    pub schema_version: u32,
    pub account_id: AccountId,
    pub account_name: String,
    pub account_email: EmailAddress,
    /// The last request for the account.
    pub request_id: RequestId,
    /// The ARN of the principal, or the ID of the stack, that may change the account.
    pub requested_by: String,
    /// The email of the owner of the account.
    pub owner: Option<EmailAddress>,
    /// The path of the OU in the last request.
    pub organizational_unit: OrganizationalUnitPath,
    /// The ID of the OU that the account was vended into.
    pub organizational_unit_id: String,
    /// The state of the account in AWS when it was last seen.
    pub state: AccountState,
    /// When this state was first seen. The state is compared with AWS every hour.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub state_since: OffsetDateTime,
    /// The logical IDs of the resources that represent the account in the stack that requested it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stack_resources: BTreeSet<String>,
    /// Whether a stack resource has ever represented the account. Such an account is not given to another stack.
    #[serde(default)]
    pub had_stack_resource: bool,
    /// When its stack released the account.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub released_at: Option<OffsetDateTime>,
    /// The evidence of the last vend that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
}

/// The state of an account in AWS Organizations.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema, Display, EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    PendingActivation,
    #[default]
    Active,
    Suspended,
    PendingClosure,
    Closed,
    /// The account is not in the organization: it left, or was closed more than 90 days ago.
    Gone,
}

/// The evidence of a vend: the request, and the report of each step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// The request of the vend; also the name of its execution.
    pub request_id: RequestId,
    pub baseline_version: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded_at: OffsetDateTime,
    pub request: AccountRequest,
    pub account: VendedAccount,
    /// The report of each step. `readBackAt` is when the step last read its changes back from AWS.
    pub steps: Vec<StepReport>,
    /// How long the account was without its guardrails. Absent for adopted accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_guardrails: Option<TimeToGuardrails>,
    /// `sha256:` and the hexadecimal SHA-256 hash of `baseline` without its digest, as JSON with sorted names and no
    /// whitespace, as `jq --compact-output --sort-keys --join-output '.baseline | del(.digest)'` writes it.
    pub digest: String,
}

impl AccountRecord {
    /// The record of an account that has no record yet.
    pub fn new(record: &RequestRecord, account_id: AccountId, organizational_unit_id: String) -> Self {
        let request = &record.request;
        Self {
            schema_version: SCHEMA_VERSION,
            account_id,
            account_name: request.account_name.clone(),
            account_email: request.account_email.clone(),
            request_id: record.request_id.clone(),
            requested_by: record.requested_by.clone(),
            owner: request.owner.clone(),
            organizational_unit: request.organizational_unit.clone(),
            organizational_unit_id,
            state: AccountState::Active,
            state_since: OffsetDateTime::now_utc(),
            stack_resources: BTreeSet::new(),
            had_stack_resource: false,
            released_at: None,
            baseline: None,
        }
    }

    pub fn key(account: &AccountId) -> String {
        format!("accounts/{account}.json")
    }

    /// The record after a later request for the same account. It keeps the stack resources and the release, unless the
    /// requester has changed. A new request by the stack itself ends the release.
    #[must_use]
    pub fn with_next_request(&self, record: &RequestRecord, organizational_unit_id: String) -> Self {
        let next = Self::new(record, self.account_id.clone(), organizational_unit_id);
        let state_since = if self.state == next.state { self.state_since } else { next.state_since };
        let next =
            Self { state_since, baseline: self.baseline.clone(), had_stack_resource: self.had_stack_resource, ..next };
        if self.requested_by != record.requested_by {
            return next;
        }
        let is_new_request = record.submitted_by == self.requested_by;
        Self {
            stack_resources: self.stack_resources.clone(),
            released_at: self.released_at.filter(|_| !is_new_request),
            ..next
        }
    }

    /// The record after AWS showed this state.
    #[must_use]
    pub fn with_state(self, state: AccountState, at: OffsetDateTime) -> Self {
        if self.state == state { self } else { Self { state, state_since: at, ..self } }
    }

    /// Whether this resource of the stack represents the account.
    pub fn has_stack_resource(&self, stack_id: &str, logical_id: &str) -> bool {
        self.requested_by == stack_id && self.stack_resources.contains(logical_id)
    }

    /// The location of the evidence, if the account was vended.
    pub fn evidence(&self) -> Option<Evidence> {
        self.baseline.as_ref().map(|baseline| Evidence {
            key: Self::key(&self.account_id),
            baseline_version: baseline.baseline_version.clone(),
            digest: baseline.digest.clone(),
            time_to_guardrails: baseline.time_to_guardrails,
        })
    }
}

impl Baseline {
    /// The evidence of a vend, or `None` if the vend failed. The time to guardrails comes from the `earlier` evidence, if
    /// there is any.
    pub fn from_outcome(record: &RequestRecord, outcome: &Outcome, earlier: Option<&Self>) -> Option<Self> {
        let account = outcome.account.clone().filter(|_| outcome.status == Status::Vended)?;
        let time_to_guardrails = match earlier {
            Some(earlier) => earlier.time_to_guardrails,
            None if record.adopt => None,
            None => account.created_at.and_then(|created_at| TimeToGuardrails::from_steps(created_at, &outcome.steps)),
        };
        let mut new = Self {
            request_id: record.request_id.clone(),
            baseline_version: BASELINE_VERSION.to_owned(),
            recorded_at: outcome.ended_at,
            request: record.request.clone(),
            account,
            steps: outcome.steps.clone(),
            time_to_guardrails,
            digest: String::new(),
        };
        new.digest = new.computed_digest()?;
        Some(new)
    }

    /// Whether the digest matches the content.
    pub fn verify_digest(&self) -> bool {
        self.computed_digest().as_ref() == Some(&self.digest)
    }

    fn computed_digest(&self) -> Option<String> {
        let mut value = serde_json::to_value(self).ok()?;
        value.as_object_mut()?.remove("digest");
        let hash = Sha256::digest(sorted(value).to_string());
        Some(format!("sha256:{}", data_encoding::HEXLOWER.encode(&hash)))
    }
}

impl TimeToGuardrails {
    fn from_steps(created_at: OffsetDateTime, steps: &[StepReport]) -> Option<Self> {
        let end = |step: &StepReport| {
            let end = step.started_at + Duration::milliseconds(step.duration_ms.try_into().ok()?);
            u64::try_from((end - created_at).whole_milliseconds()).ok()
        };
        let moved = steps.iter().find(|step| step.step == <&str>::from(StepName::MoveAccount) && step.changed);
        let baseline = steps.iter().filter(|step| !is_after_baseline(&step.step));
        Some(Self {
            organizational_unit_after_ms: moved.and_then(end),
            baseline_after_ms: baseline.filter_map(end).max()?,
        })
    }
}

/// Sorts the names of all objects.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.into_iter().collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members.into_iter().map(|(name, value)| (name, sorted(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// The customization and the access steps run after the baseline.
fn is_after_baseline(step: &str) -> bool {
    let step = step.parse::<StepName>();
    step.is_ok_and(|step| step == StepName::RunCustomization || step.stage() == Stage::Access)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> RequestRecord {
        let record = json!({
            "requestId": "abcdefghijklmnopqrst-1",
            "request": { "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Sandbox" },
            "requestedBy": "arn:jane", "submittedBy": "arn:jane", "requesterSince": "2026-11-22T10:00:00Z",
            "requestedAt": "2026-11-22T10:00:00Z",
        });
        serde_json::from_value(record).unwrap()
    }

    fn outcome(status: &str) -> Outcome {
        let step = |name: &str, at: &str, changed: bool| {
            json!({
                "step": name, "status": "SUCCEEDED", "changed": changed, "detail": "", "startedAt": at, "durationMs": 500
            })
        };
        let outcome = json!({
            "status": status, "endedAt": "2026-11-22T10:02:00Z", "creationId": null, "failure": null,
            "account": {
                "id": "111111111111", "name": "a", "email": "a@example.com", "organizationalUnit": "Sandbox",
                "vendingRoleArn": null, "engineerRoleArn": null, "createdAt": "2026-11-22T10:00:10Z"
            },
            "steps": [
                step("CreateAccount", "2026-11-22T10:00:01Z", true),
                step("MoveAccount", "2026-11-22T10:00:12Z", true),
                step("EnableConfig", "2026-11-22T10:00:20Z", true),
                step("SetBudget", "2026-11-22T10:00:19Z", true),
                step("GrantAccess", "2026-11-22T10:01:00Z", true),
            ],
        });
        serde_json::from_value(outcome).unwrap()
    }

    #[test]
    fn vend_records_the_time_to_guardrails() {
        let record = Baseline::from_outcome(&record(), &outcome("VENDED"), None).unwrap();
        let time_to_guardrails = record.time_to_guardrails.unwrap();
        assert_eq!(time_to_guardrails.organizational_unit_after_ms, Some(2_500));
        assert_eq!(time_to_guardrails.baseline_after_ms, 10_500);
        assert_eq!(record.baseline_version, BASELINE_VERSION);
    }

    #[test]
    fn failed_vend_has_no_evidence() {
        assert!(Baseline::from_outcome(&record(), &outcome("FAILED"), None).is_none());
    }

    #[test]
    fn time_to_guardrails_is_set_once() {
        let first = Baseline::from_outcome(&record(), &outcome("VENDED"), None).unwrap();
        let mut later = outcome("VENDED");
        later.steps.clear();
        let second = Baseline::from_outcome(&record(), &later, Some(&first)).unwrap();
        assert_eq!(second.time_to_guardrails, first.time_to_guardrails);
        let adopted = RequestRecord { adopt: true, ..record() };
        assert_eq!(Baseline::from_outcome(&adopted, &outcome("VENDED"), None).unwrap().time_to_guardrails, None);
    }

    #[test]
    fn changed_record_fails_digest_check() {
        let mut record = Baseline::from_outcome(&record(), &outcome("VENDED"), None).unwrap();
        assert!(record.digest.starts_with("sha256:"));
        assert!(record.verify_digest());
        let read: Baseline = serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
        assert!(read.verify_digest());
        record.steps[0].detail = "other".to_owned();
        assert!(!record.verify_digest());
    }

    fn stack_request(attempt: u32, stack: &str) -> RequestRecord {
        let stack = format!("arn:aws:cloudformation:us-east-1:111111111111:stack/{stack}/1");
        let request_id = RequestId::new(record().request_id.account_key, attempt);
        RequestRecord { request_id, requested_by: stack.clone(), submitted_by: stack, ..record() }
    }

    #[test]
    fn new_requester_does_not_keep_stack_resources() {
        let mut first =
            AccountRecord::new(&stack_request(1, "pay"), "111111111111".parse().unwrap(), "ou-1".to_owned());
        first.stack_resources.insert("Account".to_owned());
        let changed = first.with_next_request(&stack_request(2, "pay"), "ou-2".to_owned());
        assert!(changed.has_stack_resource(&first.requested_by, "Account"));
        assert_eq!((changed.request_id.attempt, changed.organizational_unit_id.as_str()), (2, "ou-2"));
        let transferred = first.with_next_request(&stack_request(2, "other"), "ou-1".to_owned());
        assert!(transferred.stack_resources.is_empty() && transferred.released_at.is_none());
    }

    #[test]
    fn new_request_by_the_stack_ends_the_release() {
        let mut released =
            AccountRecord::new(&stack_request(1, "pay"), "111111111111".parse().unwrap(), "ou-1".to_owned());
        released.released_at = Some(OffsetDateTime::UNIX_EPOCH);
        let operator_request = RequestRecord { submitted_by: "arn:operator".to_owned(), ..stack_request(2, "pay") };
        assert!(released.with_next_request(&operator_request, "ou-1".to_owned()).released_at.is_some());
        assert!(released.with_next_request(&stack_request(2, "pay"), "ou-1".to_owned()).released_at.is_none());
    }
}
