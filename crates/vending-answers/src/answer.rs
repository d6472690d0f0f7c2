//! What CloudFormation is told, in its own form and size.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vending_core::StepError;

use crate::Addressee;

/// CloudFormation refuses a longer body.
const MAXIMUM_BYTES: usize = 4096;
/// What a remedy may take of it.
const MAXIMUM_REMEDY: usize = 1024;
const ORGANIZATIONAL_UNIT: &str = "OrganizationalUnit";

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// With what `Fn::GetAtt` shows of the resource.
    Success(BTreeMap<&'static str, String>),
    Failed(Reason),
}

/// Why a resource failed, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reason {
    /// With the request's id at the front, since the end is cut off where there is no room.
    pub what: String,
    pub remedy: String,
}

impl Answer {
    pub fn failed(error: &StepError) -> Self {
        let what = format!("{}: {error}", error.code());
        Self::Failed(Reason { what, remedy: error.remedy().to_owned() })
    }

    pub(crate) fn body(&self, to: &Addressee) -> Vec<u8> {
        match self {
            Self::Success(data) => {
                let unit = data.get(ORGANIZATIONAL_UNIT).map_or("", String::as_str);
                shortened(unit, |unit| {
                    let mut data = json!(data);
                    if !unit.is_empty() {
                        data[ORGANIZATIONAL_UNIT] = unit.into();
                    }
                    write(to, "SUCCESS", &[("Data", data)])
                })
            }
            Self::Failed(Reason { what, remedy }) => {
                let remedy = &remedy[..remedy.floor_char_boundary(MAXIMUM_REMEDY)];
                shortened(what, |what| write(to, "FAILED", &[("Reason", format!("{what}. Remedy: {remedy}").into())]))
            }
        }
    }
}

fn write(to: &Addressee, status: &str, more: &[(&str, Value)]) -> Vec<u8> {
    let mut body = json!({
        "Status": status,
        "PhysicalResourceId": to.physical_resource_id,
        "StackId": to.stack_id,
        "RequestId": to.request_id,
        "LogicalResourceId": to.logical_resource_id,
    });
    for (name, value) in more {
        body[*name] = value.clone();
    }
    body.to_string().into_bytes()
}

/// Cuts as little as possible off the end of a text for the body that has it to fit.
fn shortened(text: &str, body: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let whole = body(text);
    if whole.len() <= MAXIMUM_BYTES {
        return whole;
    }
    let cut = |length: usize| body(&format!("{}…", &text[..text.floor_char_boundary(length)]));
    // JSON writes some characters longer than they are: how much fits is found by halving.
    let (mut fits, mut too_long) = (0, text.len());
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        if cut(middle).len() <= MAXIMUM_BYTES {
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

    fn to() -> Addressee {
        Addressee {
            response_url: ResponseUrl::new("https://s3.us-east-1.amazonaws.com/secret"),
            stack_id: "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b".to_owned(),
            request_id: "5f3d1f6e".to_owned(),
            logical_resource_id: "Account".to_owned(),
            physical_resource_id: "nsitwn5ke2shymhizrnj".to_owned(),
        }
    }

    fn read(answer: &Answer) -> Value {
        let body = answer.body(&to());
        assert!(body.len() <= MAXIMUM_BYTES, "{}", body.len());
        serde_json::from_slice(&body).unwrap()
    }

    fn failed(what: impl Into<String>, remedy: impl Into<String>) -> Answer {
        Answer::Failed(Reason { what: what.into(), remedy: remedy.into() })
    }

    #[test]
    fn an_answer_repeats_what_it_answers_and_not_the_url() {
        let answer = read(&Answer::Success([("AccountId", "1".to_owned())].into()));
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(answer["StackId"], to().stack_id);
        assert_eq!(answer["RequestId"], "5f3d1f6e");
        assert_eq!(answer["LogicalResourceId"], "Account");
        assert_eq!(answer["PhysicalResourceId"], "nsitwn5ke2shymhizrnj");
        assert_eq!(answer["Data"]["AccountId"], "1");
        assert!(!answer.to_string().contains("secret"));
    }

    #[test]
    fn a_failure_says_what_and_what_to_do() {
        let error = StepError::new(ErrorCode::AccessDenied, "could not tag the account").with_remedy("allow it");
        let answer = read(&Answer::failed(&error));
        assert_eq!(answer["Status"], "FAILED");
        assert_eq!(answer["Reason"], "AccessDenied: could not tag the account. Remedy: allow it");
    }

    #[test]
    fn a_long_reason_keeps_its_beginning_and_the_remedy() {
        for filler in ["x", "ü", "🙂", "\"", "\n", "\u{1}"] {
            let answer = failed(format!("request a-1: {}", filler.repeat(5_000)), "do this");
            let reason = read(&answer)["Reason"].as_str().unwrap().to_owned();
            assert!(answer.body(&to()).len() > MAXIMUM_BYTES - 10, "no more is cut than must be");
            assert!(reason.starts_with("request a-1: ") && reason.ends_with("…. Remedy: do this"), "{reason}");
        }
        let reason = read(&failed("request a-1: no", "ü".repeat(9_000)))["Reason"].as_str().unwrap().to_owned();
        assert!(reason.starts_with("request a-1: no. Remedy: üü"));
    }

    #[test]
    fn the_longest_path_of_organizational_units_fits() {
        let path = ["🙂".repeat(128), "🙂".repeat(128)].join("/").repeat(4);
        let data = [("AccountId", "1".to_owned()), (ORGANIZATIONAL_UNIT, path)].into();
        let answer = read(&Answer::Success(data));
        assert!(answer["Data"]["OrganizationalUnit"].as_str().unwrap().ends_with('…'));
        assert_eq!(answer["Data"]["AccountId"], "1");
    }
}
