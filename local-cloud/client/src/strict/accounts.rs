//! The states of accounts, and the tag policies that apply to them.

use serde::{Deserialize, Serialize};

/// The state of an account.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    PendingActivation,
    Active,
    /// AWS has restricted access.
    Suspended,
    /// The account is still usable.
    PendingClosure,
    Closed,
    /// 90 days after the closure. AWS does not return the account.
    PermanentlyClosed,
}

/// The values that a tag can have. Accounts without the tag comply.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagPolicy {
    /// A tag with this key in another case does not comply.
    pub key: String,
    /// A value can contain one `*`, which matches any string. `None` allows any value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

impl TagPolicy {
    pub fn new(key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Self { key: key.to_owned(), values: Some(values) }
    }
}
