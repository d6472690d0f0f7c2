//! The ARN of a state machine, from which those of its executions follow.

use std::fmt;
use std::str::FromStr;

use vending_core::RequestId;

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateMachineArn(String);

const STATE_MACHINE: &str = ":stateMachine:";

impl StateMachineArn {
    /// `arn:…:stateMachine:NAME` has the executions `arn:…:execution:NAME:ID`.
    pub(crate) fn execution(&self, id: &RequestId) -> String {
        format!("{}:{id}", self.0.replacen(STATE_MACHINE, ":execution:", 1))
    }
}

impl FromStr for StateMachineArn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("arn:") && text.contains(STATE_MACHINE) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is no ARN of a state machine"))
        }
    }
}

impl fmt::Display for StateMachineArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
