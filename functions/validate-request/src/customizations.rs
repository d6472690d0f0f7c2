//! The organization's own state machines, by organizational unit.

use std::fmt;
use std::str::FromStr;

use vending_core::PerUnit;
use vending_runtime::{Environment, StartError};

const STATE_MACHINES: &str = "CUSTOMIZATION_STATE_MACHINE_ARNS";
const UNITS: &str = "CUSTOMIZATION_ORGANIZATIONAL_UNITS";

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StateMachineArn(String);

/// The ARNs are a list of their own, since the stack's permissions are made of it.
pub(crate) fn read(environment: &Environment) -> Result<PerUnit<StateMachineArn>, StartError> {
    let (arns, units) = (environment.list(STATE_MACHINES), environment.list(UNITS));
    let wrong = |why: String| StartError::Invalid { name: UNITS, why };
    if arns.len() != units.len() {
        let (arns, units) = (arns.len(), units.len());
        return Err(wrong(format!("has {units} entries, and {STATE_MACHINES} has {arns}: they go together in order")));
    }
    let entries: Vec<String> = units.iter().zip(&arns).map(|(unit, arn)| format!("{unit}={arn}")).collect();
    PerUnit::parse(&entries, "the ARN of a state machine").map_err(|error| wrong(error.to_string()))
}

impl FromStr for StateMachineArn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", "aws", "states", _, _, "stateMachine", name, ..] if !name.is_empty() => Ok(Self(text.to_owned())),
            _ => Err("one is like arn:aws:states:us-east-1:123456789012:stateMachine:name"),
        }
    }
}

impl fmt::Display for StateMachineArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(variables: fn(&str) -> Option<String>) -> Result<PerUnit<StateMachineArn>, String> {
        read(&Environment::of(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_two_lists_go_together_in_order() {
        let customizations = read_from(|name| {
            let list = match name {
                UNITS => "*, Sandbox",
                _ => {
                    "arn:aws:states:us-east-1:123456789012:stateMachine:all,arn:aws:states:us-east-1:123456789012:stateMachine:sandbox"
                }
            };
            Some(list.to_owned())
        });
        let customizations = customizations.unwrap();
        let of = |unit: &str| customizations.of(&unit.parse().unwrap()).unwrap().to_string();
        assert!(of("Sandbox/Teams").ends_with(":sandbox"));
        assert!(of("Workloads").ends_with(":all"));
    }

    #[test]
    fn there_may_be_none() {
        let none = read_from(|_| None).unwrap();
        assert_eq!(none.of(&"Sandbox".parse().unwrap()), None);
    }

    #[test]
    fn what_is_wrong_is_named_at_the_start() {
        let error = read_from(|name| (name == UNITS).then(|| "Sandbox".to_owned())).unwrap_err();
        assert!(error.contains("has 1 entries, and CUSTOMIZATION_STATE_MACHINE_ARNS has 0"), "{error}");
        let error = read_from(|_| Some("arn:aws:states:us-east-1:123456789012:stateMachine:".to_owned())).unwrap_err();
        assert!(error.contains("must have the ARN of a state machine"), "{error}");
    }
}
