//! The organization's own state machines, by organizational unit.

use vending_core::{OuSettings, StateMachineArn};
use vending_runtime::{Environment, StartError};

const STATE_MACHINES: &str = "CUSTOMIZATION_STATE_MACHINE_ARNS";
const UNITS: &str = "CUSTOMIZATION_ORGANIZATIONAL_UNITS";

/// Reads two lists: the ARNs are a list of their own because the stack uses it in a policy.
pub(crate) fn from_environment(environment: &Environment) -> Result<OuSettings<StateMachineArn>, StartError> {
    let (arns, units) = (environment.list(STATE_MACHINES), environment.list(UNITS));
    let invalid = |why: String| StartError::Invalid { name: UNITS, why };
    if arns.len() != units.len() {
        let (arns, units) = (arns.len(), units.len());
        return Err(invalid(format!(
            "has {units} entries, but {STATE_MACHINES} has {arns}: each ARN needs one OU, in the same order"
        )));
    }
    let pairs = units.iter().map(String::as_str).zip(arns.iter().map(String::as_str));
    OuSettings::from_pairs(pairs, "the ARN of a state machine").map_err(|error| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(variables: fn(&str) -> Option<String>) -> Result<OuSettings<StateMachineArn>, String> {
        from_environment(&Environment::from_fn(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_are_paired_in_order() {
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
        let arn_for = |unit: &str| customizations.get(&unit.parse().unwrap()).unwrap().to_string();
        assert!(arn_for("Sandbox/Teams").ends_with(":sandbox"));
        assert!(arn_for("Workloads").ends_with(":all"));
    }

    #[test]
    fn empty_lists_are_allowed() {
        let none = read_from(|_| None).unwrap();
        assert_eq!(none.get(&"Sandbox".parse().unwrap()), None);
    }

    #[test]
    fn invalid_lists_are_rejected_at_startup() {
        let error = read_from(|name| (name == UNITS).then(|| "Sandbox".to_owned())).unwrap_err();
        assert!(error.contains("has 1 entries, but CUSTOMIZATION_STATE_MACHINE_ARNS has 0"), "{error}");
        let error = read_from(|_| Some("arn:aws:states:us-east-1:123456789012:stateMachine:".to_owned())).unwrap_err();
        assert!(error.contains("must have the ARN of a state machine"), "{error}");
    }
}
