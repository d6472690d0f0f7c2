//! Steps that the stack leaves out, everywhere or in some organizational units.

use vending_core::OrganizationalUnitPath;
use vending_runtime::{Environment, StartError};

/// The steps of the baseline and of access, each by its folder and as its report names it. What is not among them, each
/// vend stands on.
pub const SWITCHABLE: &[(&str, &str)] = &[
    ("enable-cloudtrail", "EnableCloudtrail"),
    ("enable-config", "EnableConfig"),
    ("enroll-security-services", "EnrollSecurityServices"),
    ("grant-access", "GrantAccess"),
    ("harden-account", "HardenAccount"),
    ("harden-compute", "HardenCompute"),
    ("request-quotas", "RequestQuotas"),
    ("retire-bootstrap", "RetireBootstrap"),
    ("set-budget", "SetBudget"),
    ("set-contacts", "SetContacts"),
    ("trust-github", "TrustGithub"),
];

const VARIABLE: &str = "SWITCHED_OFF_STEPS";

#[derive(Debug, Default)]
pub(crate) struct Switches(Vec<Switch>);

#[derive(Debug)]
struct Switch {
    step: &'static str,
    /// With all below it; none for everywhere.
    unit: Option<OrganizationalUnitPath>,
}

impl Switches {
    pub(crate) fn read(environment: &Environment) -> Result<Self, StartError> {
        let entries = environment.list(VARIABLE);
        let switches = entries.iter().map(|entry| {
            Switch::read(entry).map_err(|why| StartError::Invalid { name: VARIABLE, why: format!("`{entry}` {why}") })
        });
        Ok(Self(switches.collect::<Result<_, _>>()?))
    }

    /// The names of the steps that are left out for accounts in an OU.
    pub(crate) fn off_in(&self, unit: &OrganizationalUnitPath) -> Vec<String> {
        let off = self.0.iter().filter(|switch| switch.is_off_in(unit));
        let mut steps: Vec<String> = off.map(|switch| switch.step.to_owned()).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}

impl Switch {
    fn read(entry: &str) -> Result<Self, String> {
        let (folder, unit) = match entry.split_once('@') {
            Some((folder, unit)) => (folder.trim(), Some(unit.trim())),
            None => (entry, None),
        };
        let Some((_, step)) = SWITCHABLE.iter().find(|(known, _)| *known == folder) else {
            let all = SWITCHABLE.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
            return Err(format!("must name a step that can be left out, alone or with @ and an OU path: {all}"));
        };
        let unit = unit.map(str::parse).transpose().map_err(|error| format!("{error}"))?;
        Ok(Self { step, unit })
    }

    fn is_off_in(&self, unit: &OrganizationalUnitPath) -> bool {
        self.unit.as_ref().is_none_or(|switched| unit.is_within(switched.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off_in(variables: fn(&str) -> Option<String>, unit: &str) -> Vec<String> {
        Switches::read(&Environment::of(variables)).unwrap().off_in(&unit.parse().unwrap())
    }

    #[test]
    fn a_step_is_left_out_everywhere_or_in_an_organizational_unit_with_all_below_it() {
        let in_units = |_: &str| Some("request-quotas, set-budget @ Sandbox,trust-github@Workloads/Dev".to_owned());
        assert_eq!(off_in(in_units, "Workloads"), ["RequestQuotas"]);
        assert_eq!(off_in(in_units, "sandbox/Teams"), ["RequestQuotas", "SetBudget"]);
        assert_eq!(off_in(in_units, "Workloads/Dev"), ["RequestQuotas", "TrustGithub"]);
        assert_eq!(off_in(|_| None, "Workloads"), [""; 0]);
    }

    #[test]
    fn a_step_that_is_left_out_twice_is_named_once() {
        let twice = |_: &str| Some("set-budget@Sandbox,request-quotas,set-budget".to_owned());
        assert_eq!(off_in(twice, "Sandbox"), ["RequestQuotas", "SetBudget"]);
    }

    #[test]
    fn what_is_wrong_is_named_at_the_start() {
        type Variables = fn(&str) -> Option<String>;
        let cases: [(Variables, &str); 3] = [
            (|_| Some("set-budget,set-budgets".to_owned()), "`set-budgets` must name a step that can be left out"),
            (|_| Some("create-account".to_owned()), "`create-account` must name a step that can be left out"),
            (|_| Some("set-budget@a//b".to_owned()), "`set-budget@a//b` must be OU names"),
        ];
        for (variables, expected) in cases {
            let error = Switches::read(&Environment::of(variables)).unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && error.contains(expected), "{error}");
        }
    }
}
