//! The events of CloudFormation.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html>

use serde::Deserialize;
use serde_json::{Map, Value};
use vending_cfn::{NOT_CREATED, ResponseTarget, ResponseUrl};
use vending_core::{AccountKey, ErrorCode, Requester, StepError, stack_id};

/// The physical ID if the account is unknown: CloudFormation requires an ID even if the creation failed.
const UNKNOWN: &str = "unknown";

/// An event of CloudFormation. Other fields are ignored.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    pub(crate) request_type: RequestType,
    request_id: String,
    #[serde(rename = "ResponseURL")]
    pub(crate) response_url: ResponseUrl,
    pub(crate) stack_id: String,
    pub(crate) logical_resource_id: String,
    /// The ID from the creation. The event of a creation has none.
    physical_resource_id: Option<String>,
    #[serde(default)]
    pub(crate) resource_properties: Map<String, Value>,
    /// For an update: the previous properties.
    #[serde(default)]
    pub(crate) old_resource_properties: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(crate) enum RequestType {
    Create,
    Update,
    Delete,
}

impl Event {
    /// The stack as the requester. Anything other than a stack ID is rejected, because it could be another principal.
    pub(crate) fn requester(&self) -> Result<Requester, StepError> {
        stack_id(&self.stack_id).map(Requester::new).ok_or_else(|| {
            StepError::new(
                ErrorCode::InvalidRequest,
                "the StackId is not a valid stack ID, so the event is not from CloudFormation",
            )
        })
    }

    /// The account of an existing resource. Its physical ID never changes: otherwise, CloudFormation would delete the
    /// resource with the old ID.
    pub(crate) fn account_key(&self) -> Option<AccountKey> {
        self.physical_resource_id.as_deref()?.parse().ok()
    }

    /// The account of a resource that was not created.
    pub(crate) fn not_created(&self) -> Option<AccountKey> {
        self.physical_resource_id.as_deref()?.strip_prefix(NOT_CREATED)?.parse().ok()
    }

    /// Where the response is sent. A creation sets the physical ID, which is the key of its account if it is known.
    pub(crate) fn response_target(&self, created: Option<&AccountKey>) -> ResponseTarget {
        let created = created.map(ToString::to_string);
        let physical_resource_id = self.physical_resource_id.clone().or(created).unwrap_or_else(|| UNKNOWN.to_owned());
        ResponseTarget {
            response_url: self.response_url.clone(),
            stack_id: self.stack_id.clone(),
            request_id: self.request_id.clone(),
            logical_resource_id: self.logical_resource_id.clone(),
            physical_resource_id,
            creates: self.request_type == RequestType::Create,
        }
    }
}
