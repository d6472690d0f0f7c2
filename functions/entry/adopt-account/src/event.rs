//! The EventBridge events of new accounts.

use serde::Deserialize;
use serde_json::Value;
use vending_core::{AccountId, ErrorCode, StepError};

/// The fields of an EventBridge event that this function uses.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    detail_type: String,
    #[serde(default)]
    detail: Value,
}

/// Why the function runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trigger {
    /// The schedule, which finds accounts without an event.
    Scheduled,
    /// This account was added to the organization.
    Added(AccountId),
    /// An account was added, but its ID is not in a known field of the event.
    AddedUnknown,
    /// An account was not created.
    NotCreated,
}

const CLOUDTRAIL: [&str; 2] = ["AWS Service Event via CloudTrail", "AWS API Call via CloudTrail"];

impl Event {
    pub(crate) fn trigger(&self) -> Result<Trigger, StepError> {
        let detail = &self.detail;
        let name = detail["eventName"].as_str().unwrap_or_default();
        let service_event = &detail["serviceEventDetails"];
        match (self.detail_type.as_str(), name) {
            ("Scheduled Event", _) => Ok(Trigger::Scheduled),
            (detail_type, "CreateAccountResult") if CLOUDTRAIL.contains(&detail_type) => {
                Ok(ended(&service_event["createAccountStatus"], "/accountId"))
            }
            (detail_type, "CreateManagedAccount") if CLOUDTRAIL.contains(&detail_type) => {
                Ok(ended(&service_event["createManagedAccountStatus"], "/account/accountId"))
            }
            (detail_type, "UpdateManagedAccount") if CLOUDTRAIL.contains(&detail_type) => {
                Ok(ended(&service_event["updateManagedAccountStatus"], "/account/accountId"))
            }
            (detail_type, "AccountJoinedOrganization") if CLOUDTRAIL.contains(&detail_type) => Ok(joined(detail)),
            (detail_type, name) => {
                let message = format!("unsupported event type `{detail_type}` {name}");
                Err(StepError::new(ErrorCode::InvalidRequest, message))
            }
        }
    }
}

fn ended(status: &Value, account_id: &str) -> Trigger {
    if status["state"] != "SUCCEEDED" {
        return Trigger::NotCreated;
    }
    account(status.pointer(account_id)).map_or(Trigger::AddedUnknown, Trigger::Added)
}

/// AWS publishes no sample of this event and documents only that it has the account ID, so all fields are searched.
fn joined(detail: &Value) -> Trigger {
    let parts = ["serviceEventDetails", "requestParameters", "responseElements"];
    let found = parts.iter().find_map(|part| find_account(&detail[*part]));
    found.map_or(Trigger::AddedUnknown, Trigger::Added)
}

fn find_account(value: &Value) -> Option<AccountId> {
    let fields = value.as_object()?;
    let direct = ["accountId", "memberAccountId"].iter().find_map(|name| account(fields.get(*name)));
    direct.or_else(|| fields.values().find_map(find_account))
}

fn account(value: Option<&Value>) -> Option<AccountId> {
    value?.as_str()?.parse().ok()
}
