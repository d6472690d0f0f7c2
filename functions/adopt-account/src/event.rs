//! The EventBridge events that say that an account came, as AWS sends them.

use serde::Deserialize;
use serde_json::Value;
use vending_core::{AccountId, ErrorCode, StepError};

/// The envelope of every EventBridge event, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    detail_type: String,
    #[serde(default)]
    detail: Value,
}

/// Why the function runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Occasion {
    /// It is time to look for what no event brought.
    Scheduled,
    /// This account came.
    Came(AccountId),
    /// An account came, and the event does not say which in words that are known here.
    Somebody,
    /// An account was asked for and did not come.
    Nobody,
}

const CLOUDTRAIL: [&str; 2] = ["AWS Service Event via CloudTrail", "AWS API Call via CloudTrail"];

impl Event {
    pub(crate) fn occasion(&self) -> Result<Occasion, StepError> {
        let detail = &self.detail;
        let name = detail["eventName"].as_str().unwrap_or_default();
        let status = &detail["serviceEventDetails"];
        match (self.detail_type.as_str(), name) {
            ("Scheduled Event", _) => Ok(Occasion::Scheduled),
            (via, "CreateAccountResult") if CLOUDTRAIL.contains(&via) => {
                Ok(ended(&status["createAccountStatus"], "/accountId"))
            }
            (via, "CreateManagedAccount") if CLOUDTRAIL.contains(&via) => {
                Ok(ended(&status["createManagedAccountStatus"], "/account/accountId"))
            }
            (via, "UpdateManagedAccount") if CLOUDTRAIL.contains(&via) => {
                Ok(ended(&status["updateManagedAccountStatus"], "/account/accountId"))
            }
            (via, "AccountJoinedOrganization") if CLOUDTRAIL.contains(&via) => Ok(joined(detail)),
            (other, name) => {
                let message = format!("`{other}` {name} is no event of this function");
                Err(StepError::new(ErrorCode::InvalidRequest, message))
            }
        }
    }
}

fn ended(status: &Value, account_id: &str) -> Occasion {
    if status["state"] != "SUCCEEDED" {
        return Occasion::Nobody;
    }
    account(status.pointer(account_id)).map_or(Occasion::Somebody, Occasion::Came)
}

/// AWS publishes no sample of this event, and says only that it names the account: wherever it does so is fine.
fn joined(detail: &Value) -> Occasion {
    let parts = ["serviceEventDetails", "requestParameters", "responseElements"];
    let found = parts.iter().find_map(|part| named_account(&detail[*part]));
    found.map_or(Occasion::Somebody, Occasion::Came)
}

fn named_account(value: &Value) -> Option<AccountId> {
    let fields = value.as_object()?;
    let own = ["accountId", "memberAccountId"].iter().find_map(|name| account(fields.get(*name)));
    own.or_else(|| fields.values().find_map(named_account))
}

fn account(value: Option<&Value>) -> Option<AccountId> {
    value?.as_str()?.parse().ok()
}
