//! What CloudFormation waits for.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vending_core::{AccountKey, InvalidId, RequestId};

use crate::ResponseUrl;

/// An answer that a stack waits for: `answers/{accountKey}/{name}.json`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PendingAnswer {
    pub account_key: AccountKey,
    /// The request whose end is the answer; not known before it is asked for.
    pub request_id: Option<RequestId>,
    /// Whether a success makes a released account the stack's own: it does for a resource that is created.
    pub takes_over: bool,
    pub to: Addressee,
}

/// Whom an answer is for, in CloudFormation's own terms.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Addressee {
    pub response_url: ResponseUrl,
    pub stack_id: String,
    /// CloudFormation's id of its request, which is not ours.
    pub request_id: String,
    pub logical_resource_id: String,
    pub physical_resource_id: String,
}

impl PendingAnswer {
    pub fn name(&self) -> AnswerName {
        self.to.name()
    }
}

impl Addressee {
    pub fn name(&self) -> AnswerName {
        AnswerName::of(&self.request_id)
    }
}

/// The name of an answer and of its timer: one for each request of CloudFormation, however often it is delivered.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct AnswerName(String);

const LENGTH: usize = 32;

impl AnswerName {
    /// Hashed, since it becomes the name of an object and of an execution.
    fn of(request_id: &str) -> Self {
        let digest = Sha256::digest(request_id.as_bytes());
        Self(BASE32_NOPAD.encode(&digest)[..LENGTH].to_ascii_lowercase())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AnswerName {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let fits = text.len() == LENGTH && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if fits {
            Ok(Self(text))
        } else {
            Err(InvalidId(format!("`{text}` is no name of an answer: {LENGTH} characters of a-z and 2-7 are expected")))
        }
    }
}

impl From<AnswerName> for String {
    fn from(name: AnswerName) -> Self {
        name.0
    }
}

impl fmt::Display for AnswerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_cloudformation_has_one_safe_name() {
        let name = AnswerName::of("../../5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10");
        assert_eq!(name, AnswerName::of("../../5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10"));
        assert_ne!(name, AnswerName::of("5f3d1f6e-5d0c-4c8f-8a86-3f6c0d1b2a10"));
        assert_eq!(AnswerName::try_from(name.to_string()).unwrap(), name);
        for other in ["", "../other", &name.as_str()[1..], &name.as_str().to_uppercase()] {
            assert!(AnswerName::try_from(other.to_owned()).is_err(), "{other}");
        }
    }
}
