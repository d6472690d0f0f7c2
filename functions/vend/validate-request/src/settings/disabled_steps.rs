//! The steps that the stack disables, everywhere or in some organizational units.

use strum::IntoEnumIterator;
use vending_core::{OrganizationalUnitPath, Stage, StepName};
use vending_runtime::{Environment, StartError};

const VARIABLE: &str = "SWITCHED_OFF_STEPS";

#[derive(Debug, Default)]
pub(crate) struct DisabledSteps(Vec<DisabledStep>);

#[derive(Debug)]
struct DisabledStep {
    step: StepName,
    /// The OU in which and below which the step is disabled; `None` for everywhere.
    unit: Option<OrganizationalUnitPath>,
}

impl DisabledSteps {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, StartError> {
        let entries = environment.list(VARIABLE);
        let steps = entries.iter().map(|entry| {
            DisabledStep::parse(entry)
                .map_err(|why| StartError::Invalid { name: VARIABLE, why: format!("`{entry}` {why}") })
        });
        Ok(Self(steps.collect::<Result<_, _>>()?))
    }

    /// The names of the steps that are disabled for accounts in an OU.
    pub(crate) fn names_in(&self, unit: &OrganizationalUnitPath) -> Vec<String> {
        let disabled = self.0.iter().filter(|disabled| disabled.applies_to(unit));
        let mut names: Vec<String> = disabled.map(|disabled| disabled.step.to_string()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl DisabledStep {
    fn parse(entry: &str) -> Result<Self, String> {
        let (folder, unit) = match entry.split_once('@') {
            Some((folder, unit)) => (folder.trim(), Some(unit.trim())),
            None => (entry, None),
        };
        let Some(step) = can_be_disabled().find(|step| step.folder() == folder) else {
            let all = can_be_disabled().map(StepName::folder).collect::<Vec<_>>().join(", ");
            return Err(format!("must name a step that can be disabled, optionally with @ and an OU path: {all}"));
        };
        let unit = unit.map(str::parse).transpose().map_err(|error| format!("{error}"))?;
        Ok(Self { step, unit })
    }

    fn applies_to(&self, unit: &OrganizationalUnitPath) -> bool {
        self.unit.as_ref().is_none_or(|parent| unit.is_within(parent.as_str()))
    }
}

/// The baseline and access steps. Every vend needs the others.
fn can_be_disabled() -> impl Iterator<Item = StepName> {
    StepName::iter().filter(|step| matches!(step.stage(), Stage::Baseline | Stage::Access))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(variables: fn(&str) -> Option<String>, unit: &str) -> Vec<String> {
        DisabledSteps::from_environment(&Environment::from_fn(variables)).unwrap().names_in(&unit.parse().unwrap())
    }

    #[test]
    fn step_is_disabled_everywhere_or_below_an_ou() {
        let in_units = |_: &str| {
            Some("request-quota-increases, set-budget @ Sandbox,configure-github-oidc@Workloads/Dev".to_owned())
        };
        assert_eq!(names_in(in_units, "Workloads"), ["RequestQuotaIncreases"]);
        assert_eq!(names_in(in_units, "sandbox/Teams"), ["RequestQuotaIncreases", "SetBudget"]);
        assert_eq!(names_in(in_units, "Workloads/Dev"), ["ConfigureGithubOidc", "RequestQuotaIncreases"]);
        assert_eq!(names_in(|_| None, "Workloads"), [""; 0]);
    }

    #[test]
    fn step_disabled_twice_is_listed_once() {
        let twice = |_: &str| Some("set-budget@Sandbox,request-quota-increases,set-budget".to_owned());
        assert_eq!(names_in(twice, "Sandbox"), ["RequestQuotaIncreases", "SetBudget"]);
    }

    #[test]
    fn invalid_entry_is_rejected_at_startup() {
        type Variables = fn(&str) -> Option<String>;
        let cases: [(Variables, &str); 3] = [
            (|_| Some("set-budget,set-budgets".to_owned()), "`set-budgets` must name a step that can be disabled"),
            (|_| Some("create-account".to_owned()), "`create-account` must name a step that can be disabled"),
            (|_| Some("set-budget@a//b".to_owned()), "`set-budget@a//b` must be OU names"),
        ];
        for (variables, expected) in cases {
            let error = DisabledSteps::from_environment(&Environment::from_fn(variables)).unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && error.contains(expected), "{error}");
        }
    }
}
