//! What the states of the state machine hand to their functions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::id::{AccountId, OrganizationalUnitPath, RequestId};

/// The payload of every step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invocation<I> {
    pub request_id: RequestId,
    /// When the execution gives up: from then on an error that could be retried is final.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub deadline: OffsetDateTime,
    pub input: I,
}

/// What every baseline and access step works on.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaselineInput {
    pub account_id: AccountId,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub account_created_at: OffsetDateTime,
    pub organizational_unit: OrganizationalUnitPath,
    /// The role of `bootstrap-role`, which the step works with in the account.
    pub role_arn: String,
    pub governed_regions: Vec<String>,
}

/// Where the creation of an account stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    pub state: CreationState,
    /// `car-…`, as DescribeCreateAccountStatus takes it.
    pub creation_id: Option<String>,
    pub account_id: Option<AccountId>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub account_created_at: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CreationState {
    InProgress,
    Succeeded,
    /// AWS failed by its own fault: look for the account, then create it again.
    TryAgain,
}

/// How long AWS may take to make a new account usable everywhere: its role, its services, its regions.
///
/// AWS names no bound; tools report seconds to a few minutes.
const SETTLING: Duration = Duration::minutes(15);

/// Until when a denial in an account may only mean "not yet".
pub fn ready_by(account_created_at: OffsetDateTime) -> OffsetDateTime {
    account_created_at + SETTLING
}
