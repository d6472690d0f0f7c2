//! What is kept about an account that stands: the auditor's evidence, and what it is held to later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use crate::id::{AccountId, RequestId};
use crate::record::{Account, Outcome, RequestRecord, Status};
use crate::report::StepReport;
use crate::request::AccountRequest;

/// The version of the baseline: that of the functions which put it up.
pub const BASELINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The steps that come after the baseline.
pub const AFTER_THE_BASELINE: &[&str] = &["RunCustomization", "GrantAccess", "TrustGithub"];

/// `accounts/{account id}.json`: what was asked for, what each step set, and what AWS showed of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountRecord {
    pub account_id: AccountId,
    /// The request whose execution set it, and its name.
    pub request_id: RequestId,
    pub baseline_version: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded_at: OffsetDateTime,
    pub request: AccountRequest,
    pub account: Account,
    /// `readBackAt` says when AWS showed everything as the step wants it.
    pub steps: Vec<StepReport>,
    /// How long the account was without its guardrails; not of adopted accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_birth: Option<FromBirth>,
    /// `sha256:` and the hexadecimal SHA-256 of this record without its digest, as JSON with sorted names and no white
    /// space: `jq --compact-output --sort-keys --join-output 'del(.digest)'` writes it so.
    pub digest: String,
}

/// How long it took from the creation of the account.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FromBirth {
    /// Until it was in its organizational unit, under the unit's SCPs; absent where an earlier attempt moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizational_unit_after_ms: Option<u64>,
    /// Until its baseline stood.
    pub baseline_after_ms: u64,
}

/// Where the record of an account is, and what it was when this request had ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The key in the records bucket, which keeps all versions.
    pub key: String,
    pub baseline_version: String,
    pub digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_birth: Option<FromBirth>,
}

impl AccountRecord {
    /// Of a vend that succeeded; `earlier` is the record that it replaces, which keeps what happened at birth.
    pub fn of(record: &RequestRecord, outcome: &Outcome, earlier: Option<&Self>) -> Option<Self> {
        let account = outcome.account.clone().filter(|_| outcome.status == Status::Vended)?;
        let from_birth = match earlier {
            Some(earlier) => earlier.from_birth,
            None if record.adopt => None,
            None => account.created_at.and_then(|birth| FromBirth::of(birth, &outcome.steps)),
        };
        let mut new = Self {
            account_id: account.id.parse().ok()?,
            request_id: record.request_id.clone(),
            baseline_version: BASELINE_VERSION.to_owned(),
            recorded_at: outcome.ended_at,
            request: record.request.clone(),
            account,
            steps: outcome.steps.clone(),
            from_birth,
            digest: String::new(),
        };
        new.digest = new.computed_digest()?;
        Some(new)
    }

    pub fn key(account: &AccountId) -> String {
        format!("accounts/{account}.json")
    }

    pub fn evidence(&self) -> Evidence {
        Evidence {
            key: Self::key(&self.account_id),
            baseline_version: self.baseline_version.clone(),
            digest: self.digest.clone(),
            from_birth: self.from_birth,
        }
    }

    /// Whether the record is as it was written.
    pub fn is_intact(&self) -> bool {
        self.computed_digest().as_ref() == Some(&self.digest)
    }

    fn computed_digest(&self) -> Option<String> {
        let mut value = serde_json::to_value(self).ok()?;
        value.as_object_mut()?.remove("digest");
        let hash = Sha256::digest(sorted(value).to_string());
        Some(format!("sha256:{}", data_encoding::HEXLOWER.encode(&hash)))
    }
}

impl FromBirth {
    fn of(birth: OffsetDateTime, steps: &[StepReport]) -> Option<Self> {
        let end = |step: &StepReport| {
            let end = step.started_at + Duration::milliseconds(step.duration_ms.try_into().ok()?);
            u64::try_from((end - birth).whole_milliseconds()).ok()
        };
        let moved = steps.iter().find(|step| step.step == "MoveAccount" && step.changed);
        let baseline = steps.iter().filter(|step| !AFTER_THE_BASELINE.contains(&step.step.as_str()));
        Some(Self {
            organizational_unit_after_ms: moved.and_then(end),
            baseline_after_ms: baseline.filter_map(end).max()?,
        })
    }
}

/// With all names in order, whatever order the maps of this build keep.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> RequestRecord {
        let record = json!({
            "requestId": "abcdefghijklmnopqrst-1",
            "request": { "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Sandbox" },
            "requestedBy": "arn:jane", "submittedBy": "arn:jane", "requestedAt": "2026-11-22T10:00:00Z",
        });
        serde_json::from_value(record).unwrap()
    }

    fn outcome(status: &str) -> Outcome {
        let step = |name: &str, at: &str, changed: bool| json!({ "step": name, "changed": changed, "detail": "", "startedAt": at, "durationMs": 500 });
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
    fn a_vended_account_is_recorded_with_its_time_from_birth() {
        let record = AccountRecord::of(&record(), &outcome("VENDED"), None).unwrap();
        let from_birth = record.from_birth.unwrap();
        assert_eq!(from_birth.organizational_unit_after_ms, Some(2_500));
        assert_eq!(from_birth.baseline_after_ms, 10_500);
        assert_eq!(record.evidence().key, "accounts/111111111111.json");
        assert_eq!(record.baseline_version, BASELINE_VERSION);
    }

    #[test]
    fn a_failed_vend_leaves_the_record_alone() {
        assert!(AccountRecord::of(&record(), &outcome("FAILED"), None).is_none());
    }

    #[test]
    fn an_account_is_born_once() {
        let first = AccountRecord::of(&record(), &outcome("VENDED"), None).unwrap();
        let mut later = outcome("VENDED");
        later.steps.clear();
        let second = AccountRecord::of(&record(), &later, Some(&first)).unwrap();
        assert_eq!(second.from_birth, first.from_birth);
        let adopted = RequestRecord { adopt: true, ..record() };
        assert_eq!(AccountRecord::of(&adopted, &outcome("VENDED"), None).unwrap().from_birth, None);
    }

    #[test]
    fn a_changed_record_does_not_fit_its_digest() {
        let mut record = AccountRecord::of(&record(), &outcome("VENDED"), None).unwrap();
        assert!(record.digest.starts_with("sha256:"));
        assert!(record.is_intact());
        let read: AccountRecord = serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
        assert!(read.is_intact());
        record.steps[0].detail = "other".to_owned();
        assert!(!record.is_intact());
    }
}
