//! The payloads that the state machine sends to the functions of the steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::account_settings::AccountSettings;
use crate::error::{ErrorCode, StepError};
use crate::id::{AccountId, OuId, RequestId};
use crate::request::AccountRequest;
use crate::settings::GroupAccess;

/// The payload of every step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invocation<I> {
    pub request_id: RequestId,
    /// The deadline of the execution. After it, retryable errors are permanent.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub deadline: OffsetDateTime,
    pub input: I,
}

/// The input of every baseline and access step.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaselineInput {
    pub account_id: AccountId,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub account_created_at: OffsetDateTime,
    /// When the newest of the account, its Regions, and its vending role was created. Starts the propagation window.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub propagation_started_at: OffsetDateTime,
    pub request: AccountRequest,
    /// The ARN of the vending role that `bootstrap-role` created.
    pub role_arn: String,
    pub settings: Box<AccountSettings>,
    /// Every Region that is enabled in the account, governed or not.
    pub enabled_regions: Vec<String>,
    /// The IAM Identity Center assignments for `access` in the request and in the settings.
    pub assignments: Vec<Assignment>,
    /// The groups of `access` in the settings that cannot be assigned yet, each with the reason.
    pub pending_access: Vec<String>,
}

/// A group or user of IAM Identity Center that is assigned a permission set in the account.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assignment {
    pub instance_arn: String,
    pub permission_set_arn: String,
    pub principal_type: PrincipalType,
    pub principal_id: String,
    /// The principal in messages: the name of a group, or the position of a user in the request.
    pub label: String,
    /// What the settings grant to every account in the OU, if it is that. `None` if only the request asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by_settings: Option<GroupAccess>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PrincipalType {
    Group,
    User,
}

/// A validated request: what `validate-request` recorded for the later steps.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validated {
    /// The request from its record. The input of an execution is not trusted.
    pub request: AccountRequest,
    /// Whether the request adopts an existing account.
    pub adopt: bool,
    /// The IDs of the root, the OUs on the way, and the OU of the request, in this order.
    pub organizational_unit_ids: Vec<OuId>,
    /// The settings for accounts in the OU.
    pub settings: Box<AccountSettings>,
    /// The IAM Identity Center assignments for `access` in the request and in the settings.
    pub assignments: Vec<Assignment>,
    /// The groups of `access` in the settings that cannot be assigned yet, each with the reason.
    pub pending_access: Vec<String>,
    /// The ARN of the customization state machine for the OU, if any.
    pub customization_state_machine_arn: Option<String>,
}

impl Validated {
    /// The ID of the OU of the request.
    pub fn organizational_unit_id(&self) -> Result<&OuId, StepError> {
        let missing = || StepError::new(ErrorCode::Unexpected, "the validated request has no OU");
        self.organizational_unit_ids.last().ok_or_else(missing)
    }
}

/// The state of the creation of an account.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    pub state: CreationState,
    /// The ID (`car-…`) for DescribeCreateAccountStatus.
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
    /// AWS failed with an internal error. Check whether the account exists, then create it again.
    TryAgain,
}

/// How long AWS may need until a new account, service, Region, or role is usable everywhere.
///
/// AWS documents no limit. It usually takes seconds to a few minutes.
const PROPAGATION_WINDOW: Duration = Duration::minutes(15);

/// The end of the propagation window. Until then, a denial may mean "not yet".
pub fn propagation_end(created_at: OffsetDateTime) -> OffsetDateTime {
    created_at + PROPAGATION_WINDOW
}

impl BaselineInput {
    /// The end of the propagation window of the account. It can be later than that of the account alone, because its
    /// role may be new.
    pub fn propagation_end(&self) -> OffsetDateTime {
        propagation_end(self.propagation_started_at)
    }
}
