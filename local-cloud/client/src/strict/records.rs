//! What the proxy records.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

/// A call to AWS, recorded when it completed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The number of the call in the order of completion, from 1.
    pub sequence: u64,
    /// When the call arrived.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// The signing name of the service: `organizations`, `states`, `sso`.
    pub service: String,
    /// Such as `CreateAccount`; for a REST operation without a known name, `POST /detector`.
    pub operation: String,
    pub region: Option<String>,
    /// The account of the caller.
    pub account: String,
    pub access_key_id: Option<String>,
    /// The role of the caller; `None` for the root of an account.
    pub role_arn: Option<String>,
    pub session_name: Option<String>,
    /// The calling function, whatever role it has assumed. Known on Linux, and for calls with the function's own role
    /// if the platform checks IAM.
    #[serde(default)]
    pub function: Option<String>,
    /// As sent, without secrets.
    pub parameters: Value,
    /// `None` if a rule cut the connection or killed the caller.
    pub status: Option<u16>,
    pub error_code: Option<String>,
    /// The ID of the rule that applied to the call.
    pub rule: Option<u64>,
    /// The decisions on the actions of the call, up to the first denial; empty while IAM is not evaluated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
}

impl Call {
    /// Whether the account, the session name, or the parameters of the call contain this string.
    pub fn mentions(&self, text: &str) -> bool {
        self.account == text
            || self.session_name.as_deref().is_some_and(|name| name.contains(text))
            || self.parameters.to_string().contains(text)
    }
}

/// The IAM decision on one action of a call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Such as `organizations:MoveAccount`.
    pub action: String,
    /// `*` for an action without a resource.
    pub resource: String,
    pub allowed: bool,
    /// The reason for a denial, as in the message of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The actions of a role that made calls while policies were evaluated.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleUsage {
    pub role_arn: String,
    /// The actions that its policies allow, as written there.
    pub allowed: BTreeSet<String>,
    /// The actions of allowed calls.
    pub used: BTreeSet<String>,
    /// The allowed actions that match no used action.
    pub unused: BTreeSet<String>,
}

/// An event that a function received.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// `CreateAccountResult` or `AccountJoinedOrganization`.
    pub event: String,
    /// The ID of the creation request, or of the handshake of an invitation.
    pub creation: String,
    pub function: String,
}
