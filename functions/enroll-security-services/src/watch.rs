//! What is watched, in words.

use std::collections::BTreeMap;

use vending_runtime::Converged;

use crate::enrolment::Service;
use crate::guard_duty::GuardDuty;
use crate::security_hub::SecurityHub;

/// What was found of a service in a region.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Found {
    pub(crate) service: &'static str,
    /// Why the service does not watch the account there, unless it does.
    pub(crate) missing: Option<String>,
}

/// The same reason is the same in many regions, as a rule: it is told once.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    regions: Vec<&'a str>,
    missing: BTreeMap<(&'static str, &'a str), Vec<&'a str>>,
}

impl<'a> Watch<'a> {
    pub(crate) fn of(found: &'a [(String, [Found; 2])]) -> Self {
        let mut missing: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (region, services) in found {
            for Found { service, missing: why } in services {
                if let Some(why) = why {
                    missing.entry((*service, why.as_str())).or_default().push(region.as_str());
                }
            }
        }
        Self { regions: found.iter().map(|(region, _)| region.as_str()).collect(), missing }
    }

    pub(crate) fn converged(&self) -> Converged {
        if self.missing.is_empty() {
            return Converged::new(format!("{} watch the account in {}", both(), self.regions.join(", ")));
        }
        let why = |((service, why), regions): (&(&str, &str), &Vec<&str>)| {
            format!("{service} in {}: {why}", regions.join(", "))
        };
        pending(&self.missing.iter().map(why).collect::<Vec<_>>().join("; "))
    }
}

pub(crate) fn closed(why: &str) -> Converged {
    pending(&format!(
        "{why}; account-vending works in the security account with the role that it makes there: adopt that account"
    ))
}

fn pending(note: &str) -> Converged {
    let found = format!("{} do not watch the account everywhere yet", both());
    Converged::new(found).with_note(note).pending()
}

fn both() -> String {
    format!("{} and {}", GuardDuty::NAME, SecurityHub::NAME)
}
