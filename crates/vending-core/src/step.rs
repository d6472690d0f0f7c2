//! What the states of the state machine hand to their functions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::id::{AccountId, RequestId};
use crate::request::AccountRequest;

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
    /// When the last came to be that AWS has to spread: the account, a Region of it, or the role.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub settles_from: OffsetDateTime,
    pub request: AccountRequest,
    /// The role of `bootstrap-role`, which the step works with in the account.
    pub role_arn: String,
    pub governed_regions: Vec<String>,
    /// Every region that is enabled in the account, governed or not.
    pub enabled_regions: Vec<String>,
    /// What the request's `access` comes to in IAM Identity Center.
    pub assignments: Vec<Assignment>,
    /// The steps that the stack leaves out in the account's organizational unit.
    pub switched_off: Vec<String>,
}

/// A group or user of IAM Identity Center that gets a permission set in the account.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignment {
    pub instance_arn: String,
    pub permission_set_arn: String,
    pub principal_type: PrincipalType,
    pub principal_id: String,
    /// Whose it is, for messages: a group by its name, a user by its place in the request.
    pub label: String,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PrincipalType {
    Group,
    User,
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

/// How long AWS may take to make what is new usable everywhere: an account, its services, a Region, a role.
///
/// AWS names no bound; tools report seconds to a few minutes.
const SETTLING: Duration = Duration::minutes(15);

/// Until when a denial may only mean "not yet", of something that is as old as this.
pub fn ready_by(created_at: OffsetDateTime) -> OffsetDateTime {
    created_at + SETTLING
}

impl BaselineInput {
    /// Until when a denial in the account may only mean "not yet". An account may be old, and its role new.
    pub fn ready_by(&self) -> OffsetDateTime {
        ready_by(self.settles_from)
    }
}
