//! The report about the enrollment.

use std::collections::BTreeMap;

use vending_runtime::Converged;

use crate::enrollment::{EnrollmentStatus, Service};
use crate::guard_duty::GuardDuty;
use crate::security_hub::SecurityHub;

/// The enrollment in all Regions. Regions with the same reason are reported together.
#[derive(Debug)]
pub(crate) struct EnrollmentReport<'a> {
    regions: Vec<&'a str>,
    missing: BTreeMap<(&'static str, &'a str), Vec<&'a str>>,
}

impl<'a> EnrollmentReport<'a> {
    pub(crate) fn new(statuses: &'a [(String, [EnrollmentStatus; 2])]) -> Self {
        let mut missing: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (region, services) in statuses {
            for EnrollmentStatus { service, missing: reason } in services {
                if let Some(reason) = reason {
                    missing.entry((*service, reason.as_str())).or_default().push(region.as_str());
                }
            }
        }
        Self { regions: statuses.iter().map(|(region, _)| region.as_str()).collect(), missing }
    }

    pub(crate) fn converged(&self) -> Converged {
        if self.missing.is_empty() {
            return Converged::new(format!("the account is enrolled in {} in {}", both(), self.regions.join(", ")));
        }
        let note = |((service, reason), regions): (&(&str, &str), &Vec<&str>)| {
            format!("{service} in {}: {reason}", regions.join(", "))
        };
        pending(&self.missing.iter().map(note).collect::<Vec<_>>().join("; "))
    }
}

/// The report if account-vending cannot access the security account.
pub(crate) fn no_access(reason: &str) -> Converged {
    pending(&format!(
        "{reason}; account-vending needs its vending role in the security account: adopt the security account"
    ))
}

fn pending(note: &str) -> Converged {
    let summary = format!("the account is not yet enrolled in {} in every Region", both());
    Converged::new(summary).with_note(note).pending()
}

fn both() -> String {
    format!("{} and {}", GuardDuty::NAME, SecurityHub::NAME)
}
