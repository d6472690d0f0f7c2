//! Amazon Resource Names.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The parts of an ARN.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Empty if the ARN is valid without an account, like that of an S3 bucket.
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Returns `None` if the text is not an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let ("arn", partition, service) = (parts.next()?, parts.next()?, parts.next()?) else { return None };
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let is_complete = !partition.is_empty() && !service.is_empty() && !resource.is_empty();
        is_complete.then_some(Self { partition, service, region, account, resource })
    }

    /// The rest of the resource after this prefix, such as `role/`.
    pub fn resource_after(&self, prefix: &str) -> Option<&'a str> {
        self.resource.strip_prefix(prefix)
    }
}

impl Display for Arn<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The ARN of a state machine, which determines the ARNs of its executions.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^arn:[^:]+:states:[^:]*:[^:]*:stateMachine:.+$"))]
#[schemars(description = "The ARN of a state machine.")]
pub struct StateMachineArn(String);

impl StateMachineArn {
    /// The ARN of an execution.
    pub fn execution(&self, name: &impl Display) -> String {
        format!("{}:{name}", self.0.replacen(":stateMachine:", ":execution:", 1))
    }
}

impl FromStr for StateMachineArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let arn = Arn::parse(text).filter(|arn| arn.service == "states");
        if arn.and_then(|arn| arn.resource_after("stateMachine:")).is_some_and(|name| !name.is_empty()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "`{text}` is not the ARN of a state machine, like arn:aws:states:us-east-1:123456789012:stateMachine:name"
        ))
    }
}

impl TryFrom<String> for StateMachineArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<StateMachineArn> for String {
    fn from(arn: StateMachineArn) -> Self {
        arn.0
    }
}

impl Display for StateMachineArn {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arn_round_trips() {
        for text in [
            "arn:aws:iam::111122223333:role/team/Platform",
            "arn:aws:s3:::bucket/key",
            "arn:aws:states:us-east-1:111122223333:execution:vend:a-1",
            "arn:aws:cloudformation:us-east-1:111122223333:stack/pay/0a1b2c3d",
        ] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
        let role = Arn::parse("arn:aws:iam::111122223333:role/team/Platform").unwrap();
        assert_eq!((role.account, role.resource_after("role/")), ("111122223333", Some("team/Platform")));
    }

    #[test]
    fn other_text_is_not_an_arn() {
        for text in
            ["", "arn", "arn:aws:iam::111122223333", "arn::iam::1:role/a", "urn:aws:iam::1:role/a", "arn:aws:s3:::"]
        {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn state_machine_has_executions() {
        let state_machine: StateMachineArn = "arn:aws:states:us-east-1:111122223333:stateMachine:vend".parse().unwrap();
        let id = "abcdefghijklmnopqrst-1";
        let execution = "arn:aws:states:us-east-1:111122223333:execution:vend:abcdefghijklmnopqrst-1";
        assert_eq!(state_machine.execution(&id), execution);
    }

    #[test]
    fn other_arn_is_not_of_a_state_machine() {
        for text in [
            "",
            "vend",
            "arn:aws:states:us-east-1:111122223333:stateMachine:",
            "arn:aws:states:us-east-1:111122223333:activity:vend",
            "arn:aws:lambda:us-east-1:111122223333:stateMachine:vend",
        ] {
            assert!(text.parse::<StateMachineArn>().is_err(), "{text}");
        }
    }
}
