//! The body of a response to CloudFormation.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vending_core::StepError;

use crate::ResponseTarget;

/// CloudFormation rejects a longer body.
const MAX_BODY_BYTES: usize = 4096;
/// The maximum length of a remedy in the body.
const MAX_REMEDY_BYTES: usize = 1024;
const ORGANIZATIONAL_UNIT: &str = "OrganizationalUnit";

/// A response to CloudFormation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Response {
    /// The attributes of the resource, which `Fn::GetAtt` returns.
    Success(BTreeMap<&'static str, String>),
    Failed(FailureReason),
}

/// Why a resource failed, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FailureReason {
    /// Starts with the request ID, because the end is cut off if the body is too long.
    pub message: String,
    pub remedy: String,
}

impl Response {
    pub fn from_error(error: &StepError) -> Self {
        let message = format!("{}: {error}", error.code());
        Self::Failed(FailureReason { message, remedy: error.remedy().to_owned() })
    }

    /// The status in the terms of CloudFormation.
    pub(crate) const fn status(&self) -> &'static str {
        match self {
            Self::Success(_) => "SUCCESS",
            Self::Failed(_) => "FAILED",
        }
    }

    pub(crate) fn body(&self, to: &ResponseTarget) -> Vec<u8> {
        match self {
            Self::Success(data) => {
                let unit = data.get(ORGANIZATIONAL_UNIT).map_or("", String::as_str);
                shorten_to_fit(unit, |unit| {
                    let mut data = json!(data);
                    if !unit.is_empty() {
                        data[ORGANIZATIONAL_UNIT] = unit.into();
                    }
                    self.serialize(to, &[("Data", data)])
                })
            }
            Self::Failed(FailureReason { message, remedy }) => {
                let remedy = &remedy[..remedy.floor_char_boundary(MAX_REMEDY_BYTES)];
                shorten_to_fit(message, |message| {
                    self.serialize(to, &[("Reason", format!("{message}. Remedy: {remedy}").into())])
                })
            }
        }
    }

    fn serialize(&self, to: &ResponseTarget, fields: &[(&str, Value)]) -> Vec<u8> {
        let mut body = json!({
            "Status": self.status(),
            "PhysicalResourceId": to.physical_id(matches!(self, Self::Success(_))),
            "StackId": to.stack_id,
            "RequestId": to.request_id,
            "LogicalResourceId": to.logical_resource_id,
        });
        for (name, value) in fields {
            body[*name] = value.clone();
        }
        body.to_string().into_bytes()
    }
}

/// Shortens a string, from its end and as little as possible, so that the body with it is not too long.
fn shorten_to_fit(text: &str, body: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let complete = body(text);
    if complete.len() <= MAX_BODY_BYTES {
        return complete;
    }
    let cut = |length: usize| body(&format!("{}…", &text[..text.floor_char_boundary(length)]));
    // JSON escapes some characters, so the length is found by binary search.
    let (mut fits, mut too_long) = (0, text.len());
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        if cut(middle).len() <= MAX_BODY_BYTES {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    cut(fits)
}

#[cfg(test)]
mod tests {
    use vending_core::ErrorCode;

    use super::*;
    use crate::ResponseUrl;

    fn to() -> ResponseTarget {
        ResponseTarget {
            response_url: ResponseUrl::new("https://s3.us-east-1.amazonaws.com/secret"),
            stack_id: "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b".to_owned(),
            request_id: "5f3d1f6e".to_owned(),
            logical_resource_id: "Account".to_owned(),
            physical_resource_id: "nsitwn5ke2shymhizrnj".to_owned(),
            creates: false,
        }
    }

    fn read(response: &Response) -> Value {
        let body = response.body(&to());
        assert!(body.len() <= MAX_BODY_BYTES, "{}", body.len());
        serde_json::from_slice(&body).unwrap()
    }

    fn failed(message: impl Into<String>, remedy: impl Into<String>) -> Response {
        Response::Failed(FailureReason { message: message.into(), remedy: remedy.into() })
    }

    #[test]
    fn response_has_the_ids_and_not_the_url() {
        let response = read(&Response::Success([("AccountId", "1".to_owned())].into()));
        assert_eq!(response["Status"], "SUCCESS");
        assert_eq!(response["StackId"], to().stack_id);
        assert_eq!(response["RequestId"], "5f3d1f6e");
        assert_eq!(response["LogicalResourceId"], "Account");
        assert_eq!(response["PhysicalResourceId"], "nsitwn5ke2shymhizrnj");
        assert_eq!(response["Data"]["AccountId"], "1");
        assert!(!response.to_string().contains("secret"));
    }

    #[test]
    fn failed_creation_refers_to_no_account() {
        let to = ResponseTarget { creates: true, ..to() };
        let physical_id = |response: &Response| {
            serde_json::from_slice::<Value>(&response.body(&to)).unwrap()["PhysicalResourceId"].clone()
        };
        assert_eq!(physical_id(&failed("no", "do")), "not-created/nsitwn5ke2shymhizrnj");
        assert_eq!(physical_id(&Response::Success([].into())), "nsitwn5ke2shymhizrnj");
    }

    #[test]
    fn failure_has_message_and_remedy() {
        let error = StepError::new(ErrorCode::AccessDenied, "could not tag the account").with_remedy("allow it");
        let response = read(&Response::from_error(&error));
        assert_eq!(response["Status"], "FAILED");
        assert_eq!(response["Reason"], "AccessDenied: could not tag the account. Remedy: allow it");
    }

    #[test]
    fn long_reason_keeps_its_start_and_the_remedy() {
        for filler in ["x", "ü", "🙂", "\"", "\n", "\u{1}"] {
            let response = failed(format!("request a-1: {}", filler.repeat(5_000)), "do this");
            let reason = read(&response)["Reason"].as_str().unwrap().to_owned();
            assert!(response.body(&to()).len() > MAX_BODY_BYTES - 10, "more is cut than necessary");
            assert!(reason.starts_with("request a-1: ") && reason.ends_with("…. Remedy: do this"), "{reason}");
        }
        let reason = read(&failed("request a-1: no", "ü".repeat(9_000)))["Reason"].as_str().unwrap().to_owned();
        assert!(reason.starts_with("request a-1: no. Remedy: üü"));
    }

    #[test]
    fn longest_ou_path_is_shortened() {
        let path = ["🙂".repeat(128), "🙂".repeat(128)].join("/").repeat(4);
        let data = [("AccountId", "1".to_owned()), (ORGANIZATIONAL_UNIT, path)].into();
        let response = read(&Response::Success(data));
        assert!(response["Data"]["OrganizationalUnit"].as_str().unwrap().ends_with('…'));
        assert_eq!(response["Data"]["AccountId"], "1");
    }
}
