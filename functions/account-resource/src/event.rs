//! CloudFormation's events.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html>

use serde::Deserialize;
use serde_json::{Map, Value};
use vending_answers::{Addressee, ResponseUrl};
use vending_core::{AccountKey, ErrorCode, Requester, StepError, stack_id};

/// What stands for an account that cannot be told: CloudFormation asks for an id even where a creation failed.
pub(crate) const NO_ACCOUNT: &str = "no-account";

/// A request of CloudFormation. What else it sends is not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    pub(crate) request_type: RequestType,
    request_id: String,
    #[serde(rename = "ResponseURL")]
    pub(crate) response_url: ResponseUrl,
    pub(crate) stack_id: String,
    logical_resource_id: String,
    /// What the creation answered; a creation has none.
    physical_resource_id: Option<String>,
    #[serde(default)]
    pub(crate) resource_properties: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(crate) enum RequestType {
    Create,
    Update,
    Delete,
}

impl Event {
    /// The stack, as whoever asks. Anything that is no stack's id could claim somebody else's rights.
    pub(crate) fn requester(&self) -> Result<Requester, StepError> {
        stack_id(&self.stack_id).map(Requester::new).ok_or_else(|| {
            StepError::new(
                ErrorCode::InvalidRequest,
                "the StackId is no id of a stack, so the event is not CloudFormation's",
            )
        })
    }

    /// The account of a resource that was created before. Its id never changes: CloudFormation would delete what the
    /// old one stands for.
    pub(crate) fn account_key(&self) -> Option<AccountKey> {
        self.physical_resource_id.as_deref()?.parse().ok()
    }

    /// Whom the answer is for. A creation names its account here for the first time, if it can.
    pub(crate) fn addressee(&self, created: Option<&AccountKey>) -> Addressee {
        let created = created.map(ToString::to_string);
        let physical_resource_id =
            self.physical_resource_id.clone().or(created).unwrap_or_else(|| NO_ACCOUNT.to_owned());
        Addressee {
            response_url: self.response_url.clone(),
            stack_id: self.stack_id.clone(),
            request_id: self.request_id.clone(),
            logical_resource_id: self.logical_resource_id.clone(),
            physical_resource_id,
        }
    }
}
