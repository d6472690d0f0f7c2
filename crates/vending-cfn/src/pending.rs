//! Pending responses: what CloudFormation stacks wait for.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vending_core::{AccountKey, InvalidId, RequestId};

use crate::ResponseUrl;

/// A response that a stack waits for: `responses/{accountKey}/{name}.json`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PendingResponse {
    pub account_key: AccountKey,
    /// The request whose outcome is the response. `None` until the request is submitted.
    pub request_id: Option<RequestId>,
    pub to: ResponseTarget,
}

/// Where a response is sent, in the terms of CloudFormation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResponseTarget {
    pub response_url: ResponseUrl,
    pub stack_id: String,
    /// The request ID of CloudFormation, not of account-vending.
    pub request_id: String,
    pub logical_resource_id: String,
    /// The key of the account.
    pub physical_resource_id: String,
    /// Whether the resource is being created. If the creation fails, the response has a physical ID that refers to no
    /// account: CloudFormation deletes the failed resource, which must not release an account of another resource.
    #[serde(default)]
    pub creates: bool,
}

/// The prefix of the physical ID of a resource that was not created. The key of the account follows, if it is known.
pub const NOT_CREATED: &str = "not-created/";

impl PendingResponse {
    pub fn name(&self) -> ResponseId {
        self.to.name()
    }
}

impl ResponseTarget {
    pub(crate) fn physical_id(&self, is_success: bool) -> String {
        let id = &self.physical_resource_id;
        if self.creates && !is_success { format!("{NOT_CREATED}{id}") } else { id.clone() }
    }

    pub fn name(&self) -> ResponseId {
        ResponseId::from_request_id(&self.request_id)
    }
}

/// The name of a pending response and of its timer. All deliveries of a CloudFormation request have the same ID.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ResponseId(String);

const LENGTH: usize = 32;

impl ResponseId {
    /// A hash, because the ID is part of an object key and the name of an execution.
    fn from_request_id(request_id: &str) -> Self {
        let digest = Sha256::digest(request_id.as_bytes());
        Self(BASE32_NOPAD.encode(&digest)[..LENGTH].to_ascii_lowercase())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResponseId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let is_valid = text.len() == LENGTH && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if is_valid {
            Ok(Self(text))
        } else {
            Err(InvalidId(format!("`{text}` is not a valid response ID: expected {LENGTH} characters of a-z and 2-7")))
        }
    }
}

impl From<ResponseId> for String {
    fn from(id: ResponseId) -> Self {
        id.0
    }
}

impl fmt::Display for ResponseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_id_is_stable_and_safe() {
        let id = ResponseId::from_request_id("../../5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10");
        assert_eq!(id, ResponseId::from_request_id("../../5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10"));
        assert_ne!(id, ResponseId::from_request_id("5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10"));
        assert_eq!(ResponseId::try_from(id.to_string()).unwrap(), id);
        for invalid in ["", "../other", &id.as_str()[1..], &id.as_str().to_uppercase()] {
            assert!(ResponseId::try_from(invalid.to_owned()).is_err(), "{invalid}");
        }
    }
}
